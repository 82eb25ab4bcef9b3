using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>poll, epoll_create, epoll_ctl, epoll_wait.</summary>
internal sealed partial class ScriptProcess
{
    private PendingCall Poll(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(3);
        if (arguments[0] is not ListExpression list)
        {
            throw CallException.Mistake($"{CallText.Of(arguments[0])} where a list of {{fd=…, events=…, revents=…}} belongs");
        }

        List<PollDescriptorExpression> items = [];
        List<OpenFile> polled = [];
        foreach (Expression item in list.Items)
        {
            PollDescriptorExpression poll = item as PollDescriptorExpression
                ?? throw CallException.Mistake($"{CallText.Of(item)} where {{fd=…, events=…, revents=…}} belongs");
            items.Add(poll);
            polled.Add(File(CallArguments.Int(poll.Descriptor)));
        }

        int count = arguments.Int(1);
        if (count != items.Count)
        {
            throw CallException.Mistake($"{items.Count} descriptors and a count of {count}; they are the same");
        }

        uint[] asked = [.. items.Select(i => (uint)CallArguments.Int(i.Events) & 0xFFFF)];
        uint[] returned = new uint[items.Count];
        int milliseconds = arguments.Int(2);
        return new PendingCall
        {
            Deadline = PollDeadline(now, milliseconds),
            Expire = _ => CallResult.Ok(),
            Attempt = _ => TryPoll(polled, asked, returned),
            Verify = _ => ComparePolled(items, returned),
        };
    }

    private static Instant PollDeadline(Instant now, int milliseconds) =>
        milliseconds < 0 ? Instant.Never : After(now, Duration.FromMilliseconds(milliseconds));

    private static CallResult? TryPoll(List<OpenFile> polled, uint[] asked, uint[] returned)
    {
        int ready = 0;
        for (int i = 0; i < returned.Length; i++)
        {
            returned[i] = polled[i].Poll() & (asked[i] | PollMask.Always);
            ready += returned[i] != 0 ? 1 : 0;
        }

        return ready > 0 ? CallResult.Ok(ready) : null;
    }

    private static string? ComparePolled(List<PollDescriptorExpression> items, uint[] returned)
    {
        for (int i = 0; i < returned.Length; i++)
        {
            uint expected = items[i].Returned is { } written ? (uint)CallArguments.Int(written) & 0xFFFF : 0;
            if (returned[i] != expected)
            {
                string which = CallText.Of(items[i].Descriptor);
                return $"revents={LinuxSymbols.Flags("POLL", returned[i])} for fd {which}";
            }
        }

        return null;
    }

    private PendingCall EpollCreate(CallArguments arguments, bool withFlags)
    {
        arguments.RequireCount(1);
        int argument = arguments.Int(0);
        EpollFile? made = null;
        return new PendingCall
        {
            ReturnsDescriptor = true,
            Attempt = _ =>
            {
                bool wrong = withFlags ? (argument & ~SockCloseOnExec) != 0 : argument <= 0;
                made = new EpollFile { DescriptorFlags = withFlags && argument != 0 ? 1 : 0 };
                return wrong ? CallResult.Fail(LinuxErrno.EINVAL) : CallResult.Ok();
            },
            Accepted = descriptor => Register(descriptor, made!),
        };
    }

    private PendingCall EpollControl(CallArguments arguments)
    {
        const int Add = 1;
        const int Delete = 2;
        const int Modify = 3;
        arguments.RequireCount(4);
        OpenFile instance = File(arguments.Int(0));
        int operation = arguments.Int(1);
        int descriptor = arguments.Int(2);
        OpenFile file = File(descriptor);
        (uint events, ulong data) = EpollEvent(arguments[3], descriptor);
        return PendingCall.Immediate(_ => instance switch
        {
            _ when !file.HasWaitQueue => CallResult.Fail(LinuxErrno.EPERM),
            not EpollFile => CallResult.Fail(LinuxErrno.EINVAL),
            _ when instance == file => CallResult.Fail(LinuxErrno.EINVAL),
            EpollFile epoll => operation switch
            {
                Add => epoll.Add(file, descriptor, events, data),
                Delete => epoll.Delete(file, descriptor),
                Modify => epoll.Modify(file, descriptor, events, data),
                _ => CallResult.Fail(LinuxErrno.EINVAL),
            },
        });
    }

    private PendingCall EpollWait(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(4);
        OpenFile file = File(arguments.Int(0));
        (uint events, ulong data) = EpollEvent(arguments[1], descriptor: null);
        EpollEventExpression expected = (EpollEventExpression)arguments[1];
        int most = arguments.Int(2);
        int milliseconds = arguments.Int(3);
        (uint Events, ulong Data) first = default;
        return new PendingCall
        {
            Deadline = PollDeadline(now, milliseconds),
            Expire = _ => CallResult.Ok(),
            Attempt = _ =>
            {
                if (file is not EpollFile epoll || most <= 0)
                {
                    return CallResult.Fail(LinuxErrno.EINVAL);
                }

                List<(uint Events, ulong Data)> taken = epoll.Take(most);
                first = taken.Count > 0 ? taken[0] : default;
                return taken.Count > 0 ? CallResult.Ok(taken.Count) : null;
            },
            // Of several events the first is compared.
            Verify = _ =>
                first.Events != events ? $"events={LinuxSymbols.Flags("EPOLL", first.Events)}"
                : first.Data != data ? $"data {first.Data} instead of {CallText.Of(expected.Data)}"
                : null,
        };
    }

    /// <summary>Events and data of a struct epoll_event; for epoll_ctl its fd has to be the descriptor that the call is about.</summary>
    private (uint Events, ulong Data) EpollEvent(Expression expression, int? descriptor)
    {
        EpollEventExpression written = expression as EpollEventExpression
            ?? throw CallException.Mistake($"{CallText.Of(expression)} where {{events=…, fd=…}} belongs");
        uint events = (uint)CallArguments.Int(written.Events);
        long data = CallArguments.Long(written.Data);
        if (written.Member is not EpollDataMember.Descriptor)
        {
            return (events, written.Member is EpollDataMember.U32 ? (uint)data : (ulong)data);
        }

        if (descriptor is null)
        {
            File((int)data);
        }
        else if (data != descriptor)
        {
            throw CallException.Mistake($"fd={data} in the event; it is {descriptor}, as in the call");
        }

        return (events, (uint)data);
    }
}

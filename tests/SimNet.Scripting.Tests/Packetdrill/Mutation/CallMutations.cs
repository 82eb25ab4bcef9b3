using SimNet.Scripting.Packetdrill.Calls;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>Single changes to what a system call shall return and hand out.</summary>
internal static class CallMutations
{
    // POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLRDHUP; epoll's have the same numbers.
    private static readonly int[] PollBits = [0x1, 0x2, 0x4, 0x8, 0x10, 0x2000];

    public static IEnumerable<(MutationKind Kind, SystemCallSpec Call)> Of(SystemCallSpec call)
    {
        if (call.Result is not EllipsisExpression)
        {
            int result = CallArguments.Int(call.Result);
            SourcePosition at = call.Result.Position;
            yield return (MutationKind.CallResult, call with { Result = Number(at, result + 1) });
            yield return (MutationKind.CallResult, call with { Result = Number(at, result - 1) });
            yield return result >= 0
                ? (MutationKind.CallResult, call with { Result = Number(at, -1), Error = new SymbolExpression(at, "EDOM"), Note = null })
                : (MutationKind.CallResult, call with { Result = Number(at, 0), Error = null, Note = null });
        }

        if (call.Error is { } error)
        {
            foreach (string other in (string[])["EPERM", "EDOM", "EXDEV"])
            {
                if (other != error.Name)
                {
                    yield return (MutationKind.Errno, call with { Error = error with { Name = other }, Note = null });
                }
            }
        }

        for (int i = 0; i < call.Arguments.Count; i++)
        {
            foreach (Expression changed in OfAnswer(call.Name, i, call.Arguments[i]))
            {
                yield return (MutationKind.CallAnswer, call with { Arguments = [.. call.Arguments.Take(i), changed, .. call.Arguments.Skip(i + 1)] });
            }
        }
    }

    private static IEnumerable<Expression> OfAnswer(string call, int index, Expression argument) => (call, index, argument) switch
    {
        ("getsockopt", 3, ListExpression or StringExpression) => OfValue(argument),
        ("getsockopt", 4, _) or ("ioctl", 2, ListExpression) => OfValue(argument),
        ("poll", 0, ListExpression list) => OfItems(list, item => item is PollDescriptorExpression poll ? OfPoll(poll) : []),
        ("epoll_wait", 1, EpollEventExpression epoll) => OfEpoll(epoll),
        ("recvmsg", 1, MessageHeaderExpression message) => OfMessage(message),
        _ => [],
    };

    private static IEnumerable<Expression> OfValue(Expression value)
    {
        switch (value)
        {
            case ListExpression { Items: [var only] } list:
                yield return list with { Items = [Number(only.Position, CallArguments.Long(only) + 1)] };
                yield return list with { Items = [Number(only.Position, CallArguments.Long(only) - 1)] };
                break;
            case StringExpression { Value.Length: > 0 } text:
                yield return text with { Value = text.Value[..^1] + (text.Value[^1] == 'x' ? 'y' : 'x') };
                break;
            case IntegerExpression or SymbolExpression or BinaryExpression:
                yield return Number(value.Position, CallArguments.Long(value) + 1);
                yield return Number(value.Position, CallArguments.Long(value) - 1);
                break;
        }
    }

    private static IEnumerable<Expression> OfItems(ListExpression list, Func<Expression, IEnumerable<Expression>> changes)
    {
        for (int i = 0; i < list.Items.Count; i++)
        {
            foreach (Expression changed in changes(list.Items[i]))
            {
                yield return list with { Items = [.. list.Items.Take(i), changed, .. list.Items.Skip(i + 1)] };
            }
        }
    }

    private static IEnumerable<Expression> OfPoll(PollDescriptorExpression poll) =>
        FlipBits(poll.Returned ?? Number(poll.Position, 0)).Select(changed => poll with { Returned = changed });

    private static IEnumerable<Expression> OfEpoll(EpollEventExpression epoll)
    {
        foreach (Expression events in FlipBits(epoll.Events))
        {
            yield return epoll with { Events = events };
        }

        long data = CallArguments.Long(epoll.Data);
        yield return epoll with { Member = EpollDataMember.U64, Data = Number(epoll.Position, data + 1) };
    }

    private static IEnumerable<Expression> OfMessage(MessageHeaderExpression message)
    {
        const int Truncated = 0x20;
        const int ControlTruncated = 0x8;
        foreach (int bit in (int[])[Truncated, ControlTruncated])
        {
            yield return message with { Flags = Number(message.Flags.Position, CallArguments.Long(message.Flags) ^ bit) };
        }

        if (message.Control is { } control)
        {
            for (int i = 0; i < control.Items.Count; i++)
            {
                yield return message with { Control = control with { Items = [.. control.Items.Take(i), .. control.Items.Skip(i + 1)] } };
            }

            foreach (Expression changed in OfItems(control, item => item is ControlMessageExpression one ? OfControl(one) : []))
            {
                yield return message with { Control = (ListExpression)changed };
            }
        }
    }

    private static IEnumerable<Expression> OfControl(ControlMessageExpression control)
    {
        yield return control with { Level = Number(control.Position, CallArguments.Long(control.Level) + 1) };
        yield return control with { Type = Number(control.Position, CallArguments.Long(control.Type) + 1) };
        IEnumerable<Expression> data = control.Data switch
        {
            ExtendedErrorExpression error => OfError(error),
            TimestampingExpression time => [time with { Seconds = time.Seconds + 1 }, time with { Nanoseconds = time.Nanoseconds + 100_000_000 }],
            var value => OfValue(value),
        };
        foreach (Expression changed in data)
        {
            yield return control with { Data = changed };
        }
    }

    private static IEnumerable<Expression> OfError(ExtendedErrorExpression error)
    {
        yield return error with { Errno = Next(error.Errno) };
        yield return error with { Origin = Next(error.Origin) };
        yield return error with { Type = Next(error.Type) };
        yield return error with { Code = Next(error.Code) };
        yield return error with { Info = Next(error.Info) };
        yield return error with { Data = Next(error.Data) };
    }

    private static IEnumerable<Expression> FlipBits(Expression events) =>
        PollBits.Select(bit => (Expression)Number(events.Position, CallArguments.Long(events) ^ bit));

    private static IntegerExpression Next(Expression value) => Number(value.Position, CallArguments.Long(value) + 1);

    private static IntegerExpression Number(SourcePosition position, long value) => new(position, value, IsHexadecimal: false);
}

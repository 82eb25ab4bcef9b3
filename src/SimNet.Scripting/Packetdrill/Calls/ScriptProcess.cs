using System.Collections.Frozen;
using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Syntax;
using SimNet.Scripting.Yaml;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>
/// The process that a script's system calls run in: descriptors, what they stand for, and the one call that may block. Descriptors are
/// the script's own numbers. What a call returns and hands out is Linux's; what of it is compared is packetdrill's choice. SIGPIPE is
/// ignored.
/// </summary>
internal sealed partial class ScriptProcess(TestMachine machine, VirtualFiles files)
{
    // What one attempt of a call moves at most; no buffer of a socket is as large.
    private const int MostAtOnce = 64 << 20;

    private static readonly FrozenDictionary<string, Func<ScriptProcess, CallArguments, Instant, PendingCall>> Calls =
        new Dictionary<string, Func<ScriptProcess, CallArguments, Instant, PendingCall>>(StringComparer.Ordinal)
        {
            ["socket"] = (p, a, _) => p.Socket(a),
            ["bind"] = (p, a, _) => p.Bind(a),
            ["listen"] = (p, a, _) => p.Listen(a),
            ["accept"] = (p, a, now) => p.Accept(a, 3, now),
            ["accept4"] = (p, a, now) => p.Accept(a, 4, now),
            ["connect"] = (p, a, now) => p.Connect(a, now),
            ["close"] = (p, a, now) => p.Close(a, now),
            ["shutdown"] = (p, a, _) => p.Shutdown(a),
            ["read"] = (p, a, now) => p.Read(a, now),
            ["readv"] = (p, a, now) => p.ReadVector(a, now),
            ["recv"] = (p, a, now) => p.Receive(a, 4, now),
            ["recvfrom"] = (p, a, now) => p.Receive(a, 6, now),
            ["recvmsg"] = (p, a, now) => p.ReceiveMessage(a, now),
            ["write"] = (p, a, now) => p.Write(a, now),
            ["writev"] = (p, a, now) => p.WriteVector(a, now),
            ["send"] = (p, a, now) => p.Send(a, now),
            ["sendto"] = (p, a, now) => p.SendTo(a, now),
            ["sendmsg"] = (p, a, now) => p.SendMessage(a, now),
            ["getsockopt"] = (p, a, _) => p.GetSocketOption(a),
            ["setsockopt"] = (p, a, _) => p.SetSocketOption(a),
            ["fcntl"] = (p, a, _) => p.Control(a),
            ["ioctl"] = (p, a, _) => p.DeviceControl(a),
            ["poll"] = (p, a, now) => p.Poll(a, now),
            ["epoll_create"] = (p, a, _) => p.EpollCreate(a, withFlags: false),
            ["epoll_create1"] = (p, a, _) => p.EpollCreate(a, withFlags: true),
            ["epoll_ctl"] = (p, a, _) => p.EpollControl(a),
            ["epoll_wait"] = (p, a, now) => p.EpollWait(a, now),
            ["open"] = (p, a, _) => p.Open(a),
            ["pipe"] = (p, a, _) => p.Pipe(a),
            ["sendfile"] = (p, a, now) => p.SendFile(a, now),
            ["splice"] = (p, a, now) => p.Splice(a, now),
            ["cap_set"] = (p, a, _) => p.SetCapability(a),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly SortedDictionary<int, OpenFile> _descriptors = [];
    private PendingCall? _blocked;
    private byte[] _buffer = [];

    /// <summary>The file names that open() knows.</summary>
    public VirtualFiles Files => files;

    /// <summary>The line of the call that waits; null when none does.</summary>
    public SystemCallEvent? BlockedCall => _blocked?.Event;

    /// <summary>When the call that waits will wait no longer: a timeout of poll, SO_RCVTIMEO, SO_LINGER …; never without one.</summary>
    public Instant Deadline => _blocked?.Deadline ?? Instant.Never;

    /// <summary>The stack's socket behind a descriptor, or null.</summary>
    public HostSocket? SocketOf(int descriptor) => (_descriptors.GetValueOrDefault(descriptor) as SocketFile)?.Socket;

    /// <summary>Makes a call.</summary>
    /// <param name="event">The script's line. Whether it may block does not matter here: what would sleep does.</param>
    /// <param name="now">The machine's time.</param>
    public CallOutcome Start(SystemCallEvent @event, Instant now)
    {
        SystemCallSpec spec = @event.Call;
        TakeWakeUps();
        if (_blocked is { Event: { } earlier })
        {
            return new CallOutcome.Failed(
                CallText.WithResult(spec), $"{earlier.Call.Name} of line {earlier.Position.Line} that still blocks");
        }

        try
        {
            if (!Calls.TryGetValue(spec.Name, out Func<ScriptProcess, CallArguments, Instant, PendingCall>? make))
            {
                string hint = Suggestions.Nearest(spec.Name, Calls.Keys) is { } near ? $" (did you mean `{near}`?)" : "";
                throw CallException.Unsupported($"the system call {spec.Name}{hint}");
            }

            PendingCall call = make(this, new CallArguments(spec), now);
            call.Event = @event;
            return Try(call, now) ?? new CallOutcome.Blocked();
        }
        catch (CallException exception)
        {
            return Refused(spec, exception);
        }
    }

    /// <summary>Goes on with the call that waits, if any; to be called after everything that happens at the machine, and at
    /// <see cref="Deadline"/>.</summary>
    /// <returns>What became of it; null when none waits, or it still does.</returns>
    public CallOutcome? Resume(Instant now)
    {
        TakeWakeUps();
        if (_blocked is not { } call)
        {
            return null;
        }

        try
        {
            return Try(call, now);
        }
        catch (CallException exception)
        {
            _blocked = null;
            return Refused(call.Event!.Call, exception);
        }
    }

    private CallOutcome? Try(PendingCall call, Instant now)
    {
        CallResult? result = call.Attempt(now);
        if (result is null && call.Deadline <= now)
        {
            result = call.Expire!(now);
        }

        machine.Collect();
        TakeWakeUps();
        _blocked = result is null ? call : null;
        return result is { } returned ? Judge(call, returned) : null;
    }

    private CallOutcome Judge(PendingCall call, CallResult result)
    {
        SystemCallSpec spec = call.Event!.Call;
        if (spec.Result is EllipsisExpression)
        {
            if (call.ReturnsDescriptor && call.Accepted is not null && result.Succeeded)
            {
                throw CallException.Mistake("no number for the descriptor; the result says which one it is");
            }

            return Accept(call, result, -1);
        }

        int expected = CallArguments.Int(spec.Result);
        bool right = call.ReturnsDescriptor && expected >= 0 ? result.Succeeded : result.Value == expected;
        if (right && spec.Error is { } name)
        {
            right = LinuxErrno.TryGet(name.Name, out int errno)
                ? result.Errno == errno
                : throw CallException.Mistake($"{name.Name}, which is no errno");
        }

        string? difference = right ? call.Verify?.Invoke(result) : result.ToString();
        if (difference is not null)
        {
            return new CallOutcome.Failed(CallText.WithResult(spec), difference);
        }

        return Accept(call, result, expected);
    }

    private static CallOutcome.Finished Accept(PendingCall call, CallResult result, int expected)
    {
        if (result.Succeeded)
        {
            call.Accepted?.Invoke(expected);
        }

        return new CallOutcome.Finished(result);
    }

    private static CallOutcome Refused(SystemCallSpec spec, CallException exception) => exception.IsUnsupported
        ? new CallOutcome.Unsupported(exception.Message)
        : new CallOutcome.Failed(CallText.WithResult(spec), exception.Message);

    /// <summary>Passes on whom the stack's sockets woke.</summary>
    private void TakeWakeUps()
    {
        while (machine.Host.TryTakeReady(out HostSocket socket))
        {
            uint key = PollMask.KeyOf(socket.TakeWakeUps());
            (socket.Owner as SocketFile)?.Wake(key);
        }
    }

    private OpenFile File(int descriptor) => _descriptors.TryGetValue(descriptor, out OpenFile? file)
        ? file
        : throw CallException.Mistake($"descriptor {descriptor}, which is not open");

    private void Register(int descriptor, OpenFile file)
    {
        if (descriptor < 0)
        {
            throw CallException.Mistake($"descriptor {descriptor}; it is 0 or more");
        }

        if (!_descriptors.TryAdd(descriptor, file))
        {
            throw CallException.Mistake($"descriptor {descriptor} a second time; it is still open");
        }
    }

    /// <summary>Bytes to read into, or to write from: then they are zeros.</summary>
    private Span<byte> Buffer(long length, bool zeros)
    {
        int count = (int)Math.Min(length, MostAtOnce);
        if (_buffer.Length < count)
        {
            _buffer = new byte[count];
        }

        Span<byte> span = _buffer.AsSpan(0, count);
        if (zeros)
        {
            span.Clear();
        }

        return span;
    }

    private static Instant After(Instant now, Duration time) =>
        time == Duration.Infinite || time.Nanoseconds > long.MaxValue - now.Nanoseconds ? Instant.Never : now + time;
}

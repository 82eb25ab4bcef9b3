using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>sendmsg and recvmsg.</summary>
internal sealed partial class ScriptProcess
{
    private PendingCall SendMessage(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(3);
        int descriptor = arguments.Int(0);
        OpenFile file = File(descriptor);
        MessageHeaderExpression message = MessageHeader(arguments);
        long length = VectorLength(message.Vector, CallArguments.Int(message.VectorLength));
        if (CallArguments.Int(message.Flags) != 0)
        {
            throw CallException.Mistake($"msg_flags={CallText.Of(message.Flags)}; sendmsg ignores them, write 0");
        }

        List<ControlMessage> control = [.. message.Control?.Items.Select(ControlMessage.From) ?? []];
        int flags = arguments.Int(2);
        if (file is not SocketFile socket)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.ENOTSOCK));
        }

        MessageFlag.ForSend(flags);
        machine.Sockets.Connecting(descriptor);
        if (control.Count > 0 && socket.Tcp is null)
        {
            throw CallException.Unsupported("sendmsg with control messages on this kind of socket");
        }

        SendProgress progress = new(length)
        {
            Elements = [.. message.Vector.Items.OfType<IoVectorExpression>().Select(v => CallArguments.Int(v.Length))],
            Blocks = true,
            Timestamping = TimesAsked(control),
            HasWrongControl = !control.TrueForAll(MaySend),
        };
        return SendOn(socket, progress, isNull: false, flags, machine.ConnectEndpoint, now);
    }

    /// <summary>The last control message SO_TIMESTAMPING of a sendmsg: which times this call asks for.</summary>
    private static TimestampingFlags? TimesAsked(List<ControlMessage> control) =>
        control.FindLast(m => m is { Level: ControlMessage.LevelSocket, Type: ControlMessage.Timestamping or ControlMessage.TimestampingNew, Length: sizeof(int) })
            is { } asked ? (TimestampingFlags)asked.Values[0] : null;

    /// <summary>
    /// Of a TCP socket's control messages Linux looks at those of SOL_SOCKET alone (__sock_cmsg_send); mark and priority of a single call have no
    /// effect on a stream. Times of departure and names of times are not for it.
    /// </summary>
    private bool MaySend(ControlMessage message)
    {
        const int Rights = 1;
        const int Credentials = 2;
        const int Priority = 12;
        const int Mark = 36;
        if (message.Level != ControlMessage.LevelSocket)
        {
            return true;
        }

        bool isNumber = message.Length == sizeof(int);
        bool isPrivileged = _capabilities.Has(Capabilities.NetAdmin) || _capabilities.Has(Capabilities.NetRaw);
        return message.Type switch
        {
            Rights or Credentials => true,
            ControlMessage.Timestamping or ControlMessage.TimestampingNew => isNumber,
            Priority => isNumber && (isPrivileged || message.Values[0] is >= 0 and <= 6),
            Mark => isNumber && isPrivileged,
            _ => false,
        };
    }

    private PendingCall ReceiveMessage(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(3);
        OpenFile file = File(arguments.Int(0));
        MessageHeaderExpression message = MessageHeader(arguments);
        long length = VectorLength(message.Vector, CallArguments.Int(message.VectorLength));
        int flags = arguments.Int(2);
        if (file is not SocketFile socket)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.ENOTSOCK));
        }

        List<ControlMessage> expected = [.. message.Control?.Items.Select(ControlMessage.From) ?? []];
        int expectedFlags = CallArguments.Int(message.Flags);
        ReceiveCall call = new(socket, length, isNull: false, flags);
        return new PendingCall
        {
            Deadline = After(now, socket.ReceiveTimeout),
            Expire = _ => call.Expire(),
            Attempt = time => call.Attempt(this, time),
            // What failed leaves the message as it was, which is as the script has it.
            Verify = result => result.Succeeded ? CompareMessage(expectedFlags, expected, call, ControlOf(socket, call), flags) : null,
        };
    }

    private static MessageHeaderExpression MessageHeader(CallArguments arguments) => arguments[1] as MessageHeaderExpression
        ?? throw CallException.Mistake($"{CallText.Of(arguments[1])} where {{msg_name(...)=…, msg_iov(1)=…}} belongs");

    /// <summary>The control messages that Linux has for what was received.</summary>
    private List<ControlMessage> ControlOf(SocketFile socket, ReceiveCall call)
    {
        if (call.Error is { } error)
        {
            return ControlOf(socket, error);
        }

        List<ControlMessage> messages = [];
        if (socket.Tcp is not { } tcp)
        {
            return messages;
        }

        if (call.ArrivedAt is { } arrived && TimeAsked(tcp) is { } type)
        {
            messages.Add(ControlMessage.Time(type, (arrived - machine.ScriptStart).Nanoseconds));
        }

        // Nobody is told a time who did not ask for those that software takes (tcp_recv_timestamp).
        if (call.ArrivedAt is { } time && ((TimestampingFlags)tcp.GetOption(SocketOption.SO_TIMESTAMPING).Value & TimestampingFlags.SOF_TIMESTAMPING_SOFTWARE) != 0)
        {
            messages.Add(ControlMessage.Times(TimesType(socket), (time - machine.ScriptStart).Nanoseconds));
        }

        if (socket.KeptOptions.GetValueOrDefault("TCP_INQ") != 0)
        {
            messages.Add(ControlMessage.Int(ControlMessage.LevelTcp, ControlMessage.TcpInq, InQueue(tcp)));
        }

        return messages;
    }

    private static int? TimeAsked(TcpSocket tcp) =>
        tcp.GetOption(SocketOption.SO_TIMESTAMP).Value != 0 ? ControlMessage.Timestamp
        : tcp.GetOption(SocketOption.SO_TIMESTAMPNS).Value != 0 ? ControlMessage.TimestampNanoseconds
        : null;

    private static int TimesType(SocketFile socket) => socket.HasNewTimestamps ? ControlMessage.TimestampingNew : ControlMessage.Timestamping;

    private List<ControlMessage> ControlOf(SocketFile socket, ExtendedError error)
    {
        List<ControlMessage> messages = [];
        // Linux looks at the flags when the entry is read.
        bool told = socket.Tcp is { } tcp
            && ((TimestampingFlags)tcp.GetOption(SocketOption.SO_TIMESTAMPING).Value & TimestampingFlags.SOF_TIMESTAMPING_SOFTWARE) != 0;
        if (error.Origin is ErrorOrigin.Timestamping && told)
        {
            messages.Add(ControlMessage.Times(TimesType(socket), (error.Time - machine.ScriptStart).Nanoseconds));
        }

        messages.Add(ControlMessage.Error(
            socket.Socket.Family is AddressFamily.AF_INET,
            (int)error.Error, (int)error.Origin, error.Type, error.Code, error.Info, error.EeData));
        return messages;
    }

    /// <summary>What is left to read; the peer's FIN counts, so that the user reads on (Linux: tcp_inq_hint).</summary>
    private static int InQueue(TcpSocket tcp)
    {
        bool ended = tcp.State is TcpState.CloseWait or TcpState.LastAck or TcpState.Closing or TcpState.TimeWait;
        return tcp.ReadableCount + (ended ? 1 : 0);
    }

    /// <summary>
    /// The control buffer is as large as what the script expects: what finds no room is cut off, and MSG_CTRUNC says so.
    /// </summary>
    private string? CompareMessage(
        int expectedFlags, List<ControlMessage> expected, ReceiveCall call, List<ControlMessage> live, int callFlags)
    {
        int room = expected.Sum(m => m.Space);
        int returned = call.ReturnedFlags | (callFlags & MessageFlag.CloseOnExec);
        List<ControlMessage> fitting = [];
        foreach (ControlMessage message in live)
        {
            if (message.Space <= room)
            {
                fitting.Add(message);
                room -= message.Space;
            }
            else
            {
                returned |= MessageFlag.ControlTruncated;
            }
        }

        return returned != expectedFlags
            ? $"msg_flags={LinuxSymbols.Flags("MSG_", (uint)returned)}"
            : ControlMessage.Compare(expected, fitting, machine.TimestampTolerance);
    }
}

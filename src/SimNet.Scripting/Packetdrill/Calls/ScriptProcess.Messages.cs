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

        if (message.Control is { Items: [var first, ..] })
        {
            ControlMessage control = ControlMessage.From(first);
            throw CallException.Unsupported(
                $"sendmsg with a control message of {LinuxSymbols.Name("SOL_", control.Level)}, type {control.Type}");
        }

        int flags = arguments.Int(2);
        if (file is not SocketFile socket)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.ENOTSOCK));
        }

        MessageFlag.ForSend(flags);
        machine.Sockets.Connecting(descriptor);
        return SendOn(socket, length, isNull: false, flags, machine.ConnectEndpoint, now);
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
    private static List<ControlMessage> ControlOf(SocketFile socket, ReceiveCall call)
    {
        if (call.Error is { } error)
        {
            return
            [
                ControlMessage.Error(
                    error.Destination.Address.IsV4 && socket.Socket.Family is AddressFamily.AF_INET,
                    (int)error.Error, (int)error.Origin, error.Type, error.Code, error.Info, 0),
            ];
        }

        return socket.Tcp is { } tcp && socket.KeptOptions.GetValueOrDefault("TCP_INQ") != 0
            ? [ControlMessage.Int(ControlMessage.LevelTcp, ControlMessage.TcpInq, InQueue(tcp))]
            : [];
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
    private static string? CompareMessage(
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
            : ControlMessage.Compare(expected, fitting);
    }
}

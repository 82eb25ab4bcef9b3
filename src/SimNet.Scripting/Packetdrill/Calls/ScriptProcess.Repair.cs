using System.Buffers.Binary;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>
/// The options of checkpoint and restore, as they answer a socket that is not under repair; to put one under repair is refused by name.
/// </summary>
internal sealed partial class ScriptProcess
{
    /// <summary>setsockopt of TCP_REPAIR and its family (Linux: do_tcp_setsockopt); null for other options.</summary>
    private CallResult? SetRepair(TcpSocket tcp, string name, byte[] value)
    {
        const int On = 1, Off = 0, OffWithoutProbe = -1;
        if (name is not ("TCP_REPAIR" or "TCP_REPAIR_QUEUE" or "TCP_REPAIR_OPTIONS" or "TCP_REPAIR_WINDOW" or "TCP_QUEUE_SEQ" or "TCP_TIMESTAMP"))
        {
            return null;
        }

        if (value.Length < sizeof(int))
        {
            return CallResult.Fail(LinuxErrno.EINVAL);
        }

        switch (name)
        {
            case "TCP_REPAIR" when tcp.State is TcpState.Listen || !_capabilities.Has(Capabilities.NetAdmin):
            case "TCP_REPAIR_QUEUE" or "TCP_REPAIR_WINDOW" or "TCP_TIMESTAMP":
                return CallResult.Fail(LinuxErrno.EPERM);
            case "TCP_REPAIR":
                int mode = BinaryPrimitives.ReadInt32LittleEndian(value);
                return mode switch
                {
                    OffWithoutProbe => CallResult.Ok(),
                    Off when !IsOpen(tcp) => CallResult.Ok(),
                    On or Off => throw CallException.Unsupported(name),
                    _ => CallResult.Fail(LinuxErrno.EINVAL),
                };
            case "TCP_QUEUE_SEQ" when IsOpen(tcp) || tcp.State is TcpState.Listen:
                return CallResult.Fail(LinuxErrno.EPERM);
            default:
                return CallResult.Fail(LinuxErrno.EINVAL); // No queue was chosen.
        }
    }

    /// <summary>getsockopt of the same.</summary>
    private static int? GetRepair(string name, out byte[] value)
    {
        value = name is "TCP_REPAIR" ? OptionBytes.OfInt(0) : [];
        return name switch
        {
            "TCP_REPAIR" => 0,
            "TCP_REPAIR_QUEUE" or "TCP_REPAIR_WINDOW" or "TCP_QUEUE_SEQ" => LinuxErrno.EINVAL,
            "TCP_REPAIR_OPTIONS" or "TCP_MD5SIG" or "TCP_MD5SIG_EXT" => (int)Errno.ENOPROTOOPT,
            _ => null,
        };
    }

    /// <summary>Linux's TCP_CLOSE is all that has no connection, TIME-WAIT too, which it keeps without the socket.</summary>
    private static bool IsOpen(TcpSocket tcp) => tcp.State is not (TcpState.Closed or TcpState.TimeWait or TcpState.Listen);
}

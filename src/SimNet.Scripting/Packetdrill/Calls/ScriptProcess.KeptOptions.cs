using System.Text;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>Socket options that the process itself keeps.</summary>
internal sealed partial class ScriptProcess
{
    /// <summary>
    /// Options that on this machine have nothing to act on, and some that Linux itself ignores: they are kept, and told again. Null for
    /// all others.
    /// </summary>
    private CallResult? Keep(SocketFile socket, string name, int value)
    {
        switch (name)
        {
            // Routing rules and packet filters look at the mark: there are none.
            case "SO_MARK" or "SO_PRIORITY":
                bool harmless = name == "SO_PRIORITY" && value is >= 0 and <= 6;
                if (!harmless && !_capabilities.Has(Capabilities.NetAdmin) && !_capabilities.Has(Capabilities.NetRaw))
                {
                    return CallResult.Fail(LinuxErrno.EPERM);
                }

                if (name == "SO_PRIORITY")
                {
                    return null;
                }

                break;
            case "SO_BROADCAST" or "SO_NO_CHECK" when socket.Tcp is not null:
                value = value != 0 ? 1 : 0;
                break;
            case "SO_DEBUG":
                // Linux: SOCK_DBG, which nothing looks at any more.
                if (value != 0 && !_capabilities.Has(Capabilities.NetAdmin))
                {
                    return CallResult.Fail(Errno.EACCES);
                }

                value = value != 0 ? 1 : 0;
                break;
            case "SO_DONTROUTE" when value == 0 || socket.Tcp is { State: not (TcpState.Closed or TcpState.Listen) }:
                value = value != 0 ? 1 : 0; // The route of a connection is chosen when it is opened.
                break;
            case "TCP_INQ" or "TCP_THIN_DUPACK" when value is < 0 or > 1:
                return CallResult.Fail(LinuxErrno.EINVAL);
            case "TCP_INQ" or "SO_INCOMING_CPU":
                break;
            case "SO_BSDCOMPAT" or "TCP_THIN_DUPACK":
                value = 0;
                break;
            default:
                return KeepOfIp(socket, name, value);
        }

        socket.KeptOptions[name] = value;
        return CallResult.Ok();
    }

    private CallResult? KeepOfIp(SocketFile socket, string name, int value)
    {
        switch (name)
        {
            case "IP_TRANSPARENT" or "IPV6_TRANSPARENT" when socket.Tcp is not null:
                // What it allows beside IP_FREEBIND, sockets for addresses of others, needs rules of routing: there are none.
                if (value != 0 && !_capabilities.Has(Capabilities.NetAdmin) && !_capabilities.Has(Capabilities.NetRaw))
                {
                    return CallResult.Fail(LinuxErrno.EPERM);
                }

                name = "IP_TRANSPARENT";
                value = value != 0 ? 1 : 0;
                break;
            case "IPV6_V6ONLY" when socket.Tcp is { } stream && machine.SocketFamily is AddressFamily.AF_INET6:
                if (stream.LocalEndpoint.Port != 0)
                {
                    return CallResult.Fail(LinuxErrno.EINVAL);
                }

                if (value != 0 && machine.Remote.IsV4)
                {
                    throw CallException.Unsupported("IPV6_V6ONLY where packets are IPv4");
                }

                value = value != 0 ? 1 : 0;
                break;
            case "IP_RECVTTL" or "IP_RECVTOS" or "IP_PKTINFO" or "IP_RECVOPTS" or "IP_RETOPTS" or "IPV6_RECVPKTINFO" or "IPV6_RECVHOPLIMIT"
                or "IPV6_RECVTCLASS" when socket.Tcp is not null:
                value = value != 0 ? 1 : 0; // A stream's bytes come without the header of a packet.
                break;
            default:
                return null;
        }

        socket.KeptOptions[name] = value;
        return CallResult.Ok();
    }

    /// <summary>Linux: sock_bindtoindex. The machine has one device, by which everything goes, and lo.</summary>
    private CallResult BindToDevice(SocketFile socket, byte[] value)
    {
        int end = Array.IndexOf(value, (byte)0);
        string name = Encoding.Latin1.GetString(value, 0, Math.Min(end < 0 ? value.Length : end, LongestDevice));
        if (name == "lo")
        {
            throw CallException.Unsupported("SO_BINDTODEVICE lo");
        }

        if (name is not ("" or "tun0"))
        {
            return CallResult.Fail(LinuxErrno.ENODEV);
        }

        bool isBound = socket.KeptOptions.GetValueOrDefault("SO_BINDTODEVICE") != 0;
        if (isBound && !_capabilities.Has(Capabilities.NetRaw))
        {
            return CallResult.Fail(LinuxErrno.EPERM);
        }

        socket.KeptOptions["SO_BINDTODEVICE"] = name.Length > 0 ? 1 : 0;
        return CallResult.Ok();
    }

    /// <summary>What the process knows by itself; null for what the stack is asked.</summary>
    private static int? Told(SocketFile socket, string name) => name switch
    {
        "SO_TYPE" => socket.Type,
        "SO_PROTOCOL" => socket.ProtocolNumber,
        "SO_DOMAIN" => (int)socket.Socket.Family,
        "SO_ACCEPTCONN" => socket.Tcp is { State: TcpState.Listen } ? 1 : 0,
        "SO_SNDLOWAT" => 1,
        "SO_INCOMING_CPU" => socket.KeptOptions.GetValueOrDefault(name, -1),
        "SO_INCOMING_NAPI_ID" or "SO_PEERCRED" when socket.Tcp is not null => 0,
        "IP_PROTOCOL" when socket.Tcp is { } tcp => tcp.LocalEndpoint.Port,
        "SO_BSDCOMPAT" or "TCP_THIN_DUPACK" => 0,
        "SO_BROADCAST" when socket.Tcp is null => null,
        "SO_MARK" or "SO_BROADCAST" or "TCP_INQ" or "SO_DEBUG" or "SO_DONTROUTE" => socket.KeptOptions.GetValueOrDefault(name),
        "IP_TRANSPARENT" or "IPV6_TRANSPARENT" when socket.Tcp is not null => socket.KeptOptions.GetValueOrDefault("IP_TRANSPARENT"),
        "IPV6_V6ONLY" when socket.Tcp is not null => socket.KeptOptions.GetValueOrDefault(name),
        "SO_NO_CHECK" or "IP_RECVTTL" or "IP_RECVTOS" or "IP_PKTINFO" or "IP_RECVOPTS" or "IP_RETOPTS" or "IPV6_RECVPKTINFO" or "IPV6_RECVHOPLIMIT"
            or "IPV6_RECVTCLASS" when socket.Tcp is not null => socket.KeptOptions.GetValueOrDefault(name),
        _ => null,
    };
}

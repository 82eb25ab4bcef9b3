using SimStack.Ip;
using SimStack.Profiles;

namespace SimStack.Sockets;

/// <summary>bind(2), and from where ports are chosen.</summary>
public sealed partial class TcpSocket
{
    private bool _addressBound;

    /// <summary>First port to choose from, the one behind the last, and whether IP_LOCAL_PORT_RANGE set them (Linux: inet_sk_get_local_port_range).</summary>
    internal (int Low, int High, bool IsOwn) PortRange
    {
        get
        {
            Sysctls sysctls = Host.Sysctls;
            (int low, int high) = (sysctls.PortRangeFirst, Math.Max(sysctls.PortRangeFirst, sysctls.PortRangeLast));
            uint own = Options.LocalPortRange;
            (int first, int last) = ((int)(own & 0xFFFF), (int)(own >> 16));
            int from = own != 0 && first >= low && first <= high ? first : low;
            int to = own != 0 && last >= low && last <= high ? last : high;
            return (from, to + 1, own != 0);
        }
    }

    /// <summary>
    /// Takes an address and port; port 0 chooses one, or leaves that to connect or listen with IP_BIND_ADDRESS_NO_PORT.
    /// </summary>
    /// <returns>OK; EINVAL when bound already; EADDRINUSE; EADDRNOTAVAIL when the address is not the host's.</returns>
    public override Errno Bind(IpEndpoint local)
    {
        if (_closed)
        {
            return Errno.EBADF;
        }

        if (_bound || !IsClosed)
        {
            return Errno.EINVAL;
        }

        if (Family is AddressFamily.AF_INET && !local.Address.IsV4)
        {
            return Errno.EAFNOSUPPORT;
        }

        if (!local.Address.IsUnspecified && !Options.FreeBind && !Host.HasAddress(local.Address))
        {
            return Errno.EADDRNOTAVAIL;
        }

        if (local.Port == 0 && Options.BindAddressNoPort)
        {
            _local = local;
            _addressBound = true;
            return Errno.OK;
        }

        return _tcp.Bind(this, local);
    }

    /// <summary>Options of who may have which port, and of a listening socket; null for others and for values out of range.</summary>
    private SocketOptions? ChangedPlace(SocketOption option, int value)
    {
        switch (option)
        {
            case SocketOption.SO_REUSEADDR: return WithSharing(PortSharing.Address, value != 0);
            case SocketOption.SO_REUSEPORT: return WithSharing(PortSharing.Port, value != 0);
            case SocketOption.IP_BIND_ADDRESS_NO_PORT: return Options with { BindAddressNoPort = value != 0 };
            case SocketOption.IP_LOCAL_PORT_RANGE:
                (int first, int last) = (value & 0xFFFF, value >>> 16);
                return first == 0 || last == 0 || first <= last ? Options with { LocalPortRange = (uint)value } : null;
            case SocketOption.TCP_DEFER_ACCEPT: return Options with { DeferAccept = DeferAcceptPeriod.FromSeconds(value) };
            case SocketOption.TCP_SAVE_SYN when value is >= 0 and <= 2: return Options with { SaveSyn = (byte)value };
            default: return null;
        }
    }

    private SocketOptions WithSharing(PortSharing part, bool on) => Options with { Sharing = on ? Sharing | part : Sharing & ~part };

    /// <summary>What a connection to there begins at: the address that was bound, or none.</summary>
    private IpAddress SourceFor(in IpAddress remote) =>
        _bound || _addressBound ? _local.Address : remote.IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6;
}

using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Tcp;

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

        if (_bound || State is not TcpState.Closed)
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

    /// <summary>What a connection to there begins at: the address that was bound, or none.</summary>
    private IpAddress SourceFor(in IpAddress remote) =>
        _bound || _addressBound ? _local.Address : remote.IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6;
}

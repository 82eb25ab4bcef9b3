using System.Runtime.InteropServices;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>Who has which port, and what bind(2) may take (Linux: inet_csk_get_port).</summary>
internal sealed partial class TcpLayer
{
    private const uint PortPurpose = 0xB0B;

    private readonly Dictionary<ushort, List<TcpSocket>> _bound = [];
    private readonly Dictionary<ushort, PortUse> _ports = [];
    private ulong _portDraws;

    /// <summary>
    /// bind(2)'s rules: one owner of an address and port, or several that all set SO_REUSEADDR and of which none listens, or that all set
    /// SO_REUSEPORT. Connections count, in TIME-WAIT too, with what their socket had set (Linux: inet_csk_bind_conflict).
    /// </summary>
    public Errno Bind(TcpSocket socket, IpEndpoint local)
    {
        if (local.Port == 0)
        {
            local = local with { Port = ChoosePortToBind(socket, local.Address) };
        }

        if (local.Port == 0 || IsTaken(socket, local, Sharing.AsSet))
        {
            return Errno.EADDRINUSE;
        }

        if (!_bound.TryGetValue(local.Port, out List<TcpSocket>? others))
        {
            _bound[local.Port] = others = [];
        }

        others.Add(socket);
        Use(local.Port).IsBound = true;
        socket.SetBound(local);
        return Errno.OK;
    }

    public void Unbind(TcpSocket socket, ushort port)
    {
        if (_bound.TryGetValue(port, out List<TcpSocket>? sockets) && sockets.Remove(socket))
        {
            EndUse(port);
            if (sockets.Count == 0)
            {
                _bound.Remove(port);
            }
        }
    }

    /// <summary>listen(2) asks once more: others may have begun to listen since bind.</summary>
    public bool MayListen(TcpSocket socket, IpEndpoint local) => !IsTaken(socket, local, Sharing.AsSet);

    /// <summary>A socket bound to the first address takes what comes for the second; <c>::</c> takes IPv4 too.</summary>
    public static bool Covers(in IpAddress bound, in IpAddress address) =>
        bound == address || (bound.IsUnspecified && (bound.IsV6 || address.IsV4));

    private bool IsTaken(TcpSocket socket, IpEndpoint local, Sharing how)
    {
        if (!_ports.ContainsKey(local.Port))
        {
            return false;
        }

        if (_bound.TryGetValue(local.Port, out List<TcpSocket>? others))
        {
            foreach (TcpSocket other in others)
            {
                bool overlap = Covers(other.LocalEndpoint.Address, local.Address) || Covers(local.Address, other.LocalEndpoint.Address);
                PortSharing shared = Shared(socket.Sharing & other.Sharing, how);
                shared &= other.State is TcpState.Listen ? ~PortSharing.Address : shared;
                if (overlap && shared is PortSharing.None && !ReferenceEquals(other, socket))
                {
                    return true;
                }
            }
        }

        return Flows.Uses(local, sharing => Shared(sharing & socket.Sharing, how), both: Profile.SegmentationOffload);
    }

    private static PortSharing Shared(PortSharing both, Sharing how) => how switch
    {
        Sharing.AsSet => both,
        // Whom SO_REUSEPORT joins should not meet by chance.
        Sharing.AddressAlone when both is PortSharing.Address => both,
        _ => PortSharing.None,
    };

    /// <summary>
    /// A free port for bind(2): odd ones first, seen from the start of the range, to leave the even ones to connect, and with SO_REUSEADDR the lower
    /// half of the range first. One that is shared only where all are taken and net.ipv4.ip_autobind_reuse is set (Linux:
    /// inet_csk_find_open_port).
    /// </summary>
    private ushort ChoosePortToBind(TcpSocket socket, IpAddress local)
    {
        foreach (Sharing how in (ReadOnlySpan<Sharing>)[Sharing.None, Sharing.AddressAlone])
        {
            if (how is Sharing.AddressAlone && !Sysctls.AutobindReuse)
            {
                break;
            }

            (int low, int high, _) = socket.PortRange;
            bool halves = (socket.Sharing & PortSharing.Address) != 0 && high - low >= 4;
            int half = low + ((high - low) >> 2 << 1);
            ushort port = FindPortToBind(socket, local, low, halves ? half : high, how);
            if (port == 0 && halves)
            {
                port = FindPortToBind(socket, local, half, high, how);
            }

            if (port != 0)
            {
                return port;
            }
        }

        return 0;
    }

    private ushort FindPortToBind(TcpSocket socket, IpAddress local, int low, int high, Sharing how)
    {
        int count = high - low > 1 ? (high - low) & ~1 : 1;
        int offset = (int)(DrawForPort() % (uint)count) | 1;
        for (int parity = 0; parity < 2; parity++, offset--)
        {
            int port = low + offset;
            for (int i = 0; i < count; i += 2, port += 2)
            {
                port -= port >= high ? count : 0;
                if (!Sysctls.IsPortReserved(port) && !IsTaken(socket, new IpEndpoint(local, (ushort)port), how))
                {
                    return (ushort)port;
                }
            }
        }

        return 0;
    }

    private uint DrawForPort() => (uint)_secret.Compute(PortPurpose, ++_portDraws);

    private ref PortUse Use(ushort port)
    {
        ref PortUse use = ref CollectionsMarshal.GetValueRefOrAddDefault(_ports, port, out _);
        use.Owners++;
        return ref use;
    }

    private void EndUse(ushort port)
    {
        ref PortUse use = ref CollectionsMarshal.GetValueRefOrNullRef(_ports, port);
        if (--use.Owners == 0)
        {
            _ports.Remove(port);
        }
    }

    /// <summary>Which of what two sockets allow each other counts.</summary>
    private enum Sharing
    {
        None,
        AddressAlone,
        AsSet,
    }

    /// <summary>Sockets, connections and records that have a port.</summary>
    private struct PortUse
    {
        public int Owners;

        /// <summary>Somebody bound it, so that connect does not choose it (Linux: fastreuse of inet_bind_bucket is not negative).</summary>
        public bool IsBound;
    }
}

using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;

namespace SimStack.Udp;

/// <summary>UDP of one host: which socket has which port, and what a datagram or an error belongs to.</summary>
internal sealed partial class UdpLayer
{
    private readonly Dictionary<(IpEndpoint Local, IpEndpoint Remote), UdpSocket> _byName = [];
    private readonly Dictionary<ushort, List<UdpSocket>> _byPort = [];
    private readonly SipHash _secret;
    private ulong _portsChosen;
    private long _lastId;

    public UdpLayer(Host host, IpLayer ip, ulong secret)
    {
        Host = host;
        Ip = ip;
        _secret = new SipHash(secret ^ 0x7564_7000, secret);
    }

    public Host Host { get; }

    public IpLayer Ip { get; }

    private SnmpCounters Counters => Host.Counters;

    public long NextId() => ++_lastId;

    /// <summary>Makes the socket known by its name and peer. Among equals the newest is found first, as on Linux.</summary>
    public void Add(UdpSocket socket)
    {
        (IpEndpoint, IpEndpoint) key = KeyOf(socket);
        _byName.TryGetValue(key, out UdpSocket? older);
        socket.NextSame = older;
        _byName[key] = socket;
        Join(socket, older);
        if (!_byPort.TryGetValue(socket.LocalEndpoint.Port, out List<UdpSocket>? onPort))
        {
            _byPort[socket.LocalEndpoint.Port] = onPort = [];
        }

        onPort.Add(socket);
    }

    public void Remove(UdpSocket socket)
    {
        (IpEndpoint, IpEndpoint) key = KeyOf(socket);
        socket.Group?.Remove(socket);
        socket.Group = null;
        if (_byName[key] is var first && first != socket)
        {
            while (first.NextSame != socket)
            {
                first = first.NextSame!;
            }

            first.NextSame = socket.NextSame;
        }
        else if (socket.NextSame is { } next)
        {
            _byName[key] = next;
        }
        else
        {
            _byName.Remove(key);
        }

        socket.NextSame = null;
        List<UdpSocket> onPort = _byPort[socket.LocalEndpoint.Port];
        onPort.Remove(socket);
        if (onPort.Count == 0)
        {
            _byPort.Remove(socket.LocalEndpoint.Port);
        }
    }

    /// <summary>
    /// bind(2)'s rule: an address and port has one owner, or several that all set SO_REUSEADDR, or SO_REUSEPORT. For port 0 one that is free, from a
    /// random place in net.ipv4.ip_local_port_range on (RFC 6056 §3.3.1; Linux too).
    /// </summary>
    public Errno TakePort(UdpSocket socket, IpEndpoint local, out ushort port)
    {
        port = local.Port;
        if (port != 0)
        {
            return MayBind(socket, local) ? Errno.OK : Errno.EADDRINUSE;
        }

        int first = Host.Sysctls.PortRangeFirst;
        int count = Math.Max(1, Host.Sysctls.PortRangeLast - first + 1);
        uint offset = (uint)_secret.Compute(++_portsChosen, 0x706F_7274);
        for (int i = 0; i < count; i++)
        {
            port = (ushort)(first + (int)((offset + (uint)i) % (uint)count));
            if (!Host.Sysctls.IsPortReserved(port) && MayBind(socket, local with { Port = port }))
            {
                return Errno.OK;
            }
        }

        port = 0;
        return Errno.EADDRINUSE;
    }

    /// <summary>Appends a row for each socket that has a port, in order of creation.</summary>
    public void AddRows(List<SocketTableRow> rows)
    {
        List<UdpSocket>[] ports = new List<UdpSocket>[_byPort.Count];
        _byPort.Values.CopyTo(ports, 0);
        List<UdpSocket> sockets = [];
        foreach (List<UdpSocket> onPort in ports)
        {
            sockets.AddRange(onPort);
        }

        sockets.Sort((a, b) => a.Id.CompareTo(b.Id));
        foreach (UdpSocket socket in sockets)
        {
            TcpState state = socket.IsConnected ? TcpState.Established : TcpState.Closed;
            rows.Add(new SocketTableRow(
                socket.LocalEndpoint, socket.RemoteEndpoint, state, socket.QueuedMemory, 0, 0, 0, Accepted: true)
            {
                Protocol = IpProtocol.Udp,
            });
        }
    }

    /// <summary>Sockets of one name without a peer share what comes where all set SO_REUSEPORT (Linux: udp_reuseport_add_sock).</summary>
    private static void Join(UdpSocket socket, UdpSocket? other)
    {
        if ((socket.Sharing & PortSharing.Port) == 0 || socket.IsConnected)
        {
            return;
        }

        while (other is not null && (other.Group is null || other.V6Only != socket.V6Only))
        {
            other = other.NextSame;
        }

        socket.Group = other?.Group ?? new ReusePortGroup<UdpSocket>();
        socket.Group.Add(socket);
    }

    private static (IpEndpoint, IpEndpoint) KeyOf(UdpSocket socket) =>
        (socket.LocalEndpoint, socket.IsConnected ? socket.RemoteEndpoint : default);

    private bool MayBind(UdpSocket socket, IpEndpoint local)
    {
        if (!_byPort.TryGetValue(local.Port, out List<UdpSocket>? others))
        {
            return true;
        }

        foreach (UdpSocket other in others)
        {
            bool overlap = Covers(other.LocalEndpoint.Address, other.V6Only, local.Address)
                || Covers(local.Address, socket.V6Only, other.LocalEndpoint.Address);
            if (overlap && (socket.Sharing & other.Sharing) is PortSharing.None)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A socket bound to the first address takes what comes for the second; <c>::</c> takes IPv4 too.</summary>
    private static bool Covers(in IpAddress bound, bool v6Only, in IpAddress address) =>
        bound == address || (bound.IsUnspecified && (bound.IsV4 ? address.IsV4 : !(v6Only && address.IsV4)));
}

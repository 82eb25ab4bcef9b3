using SimStack.Ip;
using SimStack.Ping;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tcp.Metrics;
using SimStack.Udp;
using SimStack.Wire;

namespace SimStack;

/// <summary>
/// One host's TCP/IP stack without I/O: everything comes in as an argument (the instant, a frame, a call), everything goes out by
/// being asked for (<see cref="NextDeadline"/>, the interfaces' outgoing frames, <see cref="TryTakeReady"/>). Not for several
/// threads at once.
/// </summary>
public sealed partial class Host
{
    private readonly TcpLayer _tcp;
    private readonly UdpLayer _udp;
    private readonly PingLayer _ping;

    public Host(HostOptions options)
    {
        Name = options.Name;
        Profile = options.Profile;
        Sysctls = options.Profile.Defaults.Clone();
        Ip = new IpLayer(options.FramePool, Counters, new Transports(this), Sysctls) { CountsEveryDatagram = Profile.CountsEveryDatagram, EchoesCode = Profile.EchoesCode };
        _tcp = new TcpLayer(this, Ip, options.FramePool, options.Timestamps, options.Secret);
        _udp = new UdpLayer(this, Ip, options.Secret);
        _ping = new PingLayer(this);
    }

    public string Name { get; }

    public Profile Profile { get; }

    /// <summary>The host's own settings; changes take effect at once, for new connections where Linux has it so.</summary>
    public Sysctls Sysctls { get; }

    public SnmpCounters Counters { get; } = new();

    public IpLayer Ip { get; }

    /// <summary>Told what happens, or null.</summary>
    public HostObserver? Observer { get; set; }

    /// <summary>The interface <c>lo</c>. Its frames come back through <see cref="Receive"/> by whoever runs the host.</summary>
    public NetworkInterface Loopback => Ip.Loopback;

    /// <summary>When <see cref="Advance"/> has something to do; may be too early, never too late.</summary>
    public Instant NextDeadline => Instant.Min(_tcp.Timers.Next, Ip.NextDeadline);

    internal TcpLayer Tcp => _tcp;

    internal UdpLayer Udp => _udp;

    internal ReadyQueue Ready { get; } = new();

    /// <param name="name">For example <c>eth0</c>.</param>
    /// <param name="mac">Its Ethernet address.</param>
    /// <param name="mtu">Largest IP packet in bytes, 68 to 65,535.</param>
    public NetworkInterface AddInterface(string name, MacAddress mac, int mtu = 1500) => Ip.AddInterface(name, mac, mtu);

    /// <summary>Gives the interface an address and the route to its subnet.</summary>
    public void AddAddress(NetworkInterface @interface, IpAddress address, int prefixLength) =>
        Ip.AddAddress(@interface, address, prefixLength);

    /// <summary>Adds a route; prefix length 0 makes it the default route of its family.</summary>
    public void AddRoute(IpAddress prefix, int prefixLength, IpAddress nextHop, NetworkInterface @interface) =>
        Ip.Routes.Add(new Route(prefix, prefixLength, nextHop, @interface, 0));

    /// <summary>Makes a neighbour known for good, so that no ARP or neighbour solicitation is needed.</summary>
    public void AddNeighbour(NetworkInterface @interface, IpAddress address, MacAddress mac) =>
        @interface.Neighbours.SetPermanent(address, mac);

    public bool HasAddress(IpAddress address) => Ip.IsOwnAddress(address);

    /// <summary>A frame arrives. Whatever it holds, nothing is thrown; what is wrong is counted.</summary>
    public void Receive(Instant now, NetworkInterface @interface, ReadOnlySpan<byte> frame) => Ip.Receive(now, @interface, frame);

    /// <summary>The same for a frame that may be many segments (<see cref="Frame.SegmentSize"/>); it stays the caller's.</summary>
    public void ReceiveFrame(Instant now, NetworkInterface @interface, Frame frame) => Ip.ReceiveFrame(now, @interface, frame);

    /// <summary>Runs every timer that is due.</summary>
    public void Advance(Instant now)
    {
        Ip.Advance(now);
        _tcp.Advance(now);
    }

    /// <summary>What connections left behind of their destinations (<c>ip tcp_metrics show</c>), the longest unchanged first.</summary>
    /// <param name="now">The instant, for their age.</param>
    public IEnumerable<TcpMetrics> TcpMetrics(Instant now) =>
        _tcp.Destinations.Entries.Select(entry => entry.Metrics.Describe(now, entry.Key));

    /// <summary>Forgets what connections left behind of a destination (<c>ip tcp_metrics flush</c>): Fast Open cookies among them.</summary>
    /// <param name="destination">The peer; null for all.</param>
    /// <returns>False when that destination was not known.</returns>
    public bool FlushTcpMetrics(IpAddress? destination = null) => _tcp.Destinations.Flush(destination);

    public TcpSocket OpenTcpSocket(AddressFamily family) => new(_tcp, family);

    public UdpSocket OpenUdpSocket(AddressFamily family) => new(_udp, family);

    /// <summary>socket(2) with SOCK_DGRAM and IPPROTO_ICMP or IPPROTO_ICMPV6: what ping uses.</summary>
    public PingSocket OpenPingSocket(AddressFamily family) => new(_ping, family);

    /// <summary>A socket whose readiness may have changed since it was last returned.</summary>
    public bool TryTakeReady(out HostSocket socket) => Ready.TryTake(out socket);

    private sealed class Transports(Host host) : TransportInput
    {
        internal override void ReceiveTcp(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> segment) =>
            host._tcp.Receive(now, ip, segment);

        internal override void ReceiveUdp(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> datagram) =>
            host._udp.Receive(now, ip, datagram);

        internal override void ReceiveEchoReply(
            Instant now, in IpPacketInfo ip, ushort id, ushort sequence, ReadOnlySpan<byte> payload) =>
            host._ping.ReceiveReply(now, ip, id, sequence, payload);

        internal override void ReceiveIcmpError(Instant now, in IcmpErrorInfo error, ReadOnlySpan<byte> quoted)
        {
            switch (error.Protocol)
            {
                case IpProtocol.Tcp:
                    host._tcp.ReceiveIcmpError(now, error);
                    break;
                case IpProtocol.Udp:
                    host._udp.ReceiveIcmpError(now, error, quoted);
                    break;
                case IpProtocol.Icmp or IpProtocol.IcmpV6:
                    host._ping.ReceiveIcmpError(now, error, quoted);
                    break;
            }
        }
    }
}

using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>
/// The machine under test: one host with the device <c>tun0</c>, in virtual time. Whoever calls the host (a system call, a command)
/// calls <see cref="Collect"/> afterwards, so that what the call sent is kept with its instant.
/// </summary>
internal sealed class TestMachine
{
    /// <summary>The device's name, as in commands of scripts.</summary>
    public const string DeviceName = "tun0";

    // Steps at one instant, timers and loopback frames together: beyond it the host is at odds with itself.
    private const int MostStepsAtOnce = 100_000;

    private static readonly MacAddress OwnMac = new(0x02_00_00_00_00_01);
    private static readonly MacAddress PeerMac = new(0x02_00_00_00_00_02);

    private readonly FramePool _pool = new();
    private readonly GroupJoiner _joiner = new();
    private readonly Queue<LivePacket> _outgoing = new();
    private readonly List<LivePacket> _history = [];
    private byte[] _arrival = [];

    public TestMachine(TestMachineOptions options)
    {
        Options = options;
        Host = new Host(new HostOptions { Name = "machine", Profile = options.Profile, Secret = options.Secret, FramePool = _pool });
        Local = options.Local ?? DefaultLocal(options.IpVersion);
        Remote = options.Remote ?? DefaultRemote(options.IpVersion);
        Gateway = options.Gateway ?? DefaultGateway(options.IpVersion, Local);
        bool v4 = Local.IsV4;
        Device = Host.AddInterface(DeviceName, OwnMac, options.Mtu > 0 ? options.Mtu : v4 ? 1500 : 1520);
        // A tun device is read as fast as it is written: only DeviceQueue drops.
        Device.TxQueueLength = 0;
        Device.LinkHeaderLength = 0;
        Device.ReceiveSegmentSize = options.ReceiveSegmentSize;
        Device.ReceiveBuffers = ReceiveBufferLayout.Allocated;
        Host.AddAddress(Device, Local, options.LocalPrefixLength > 0 ? options.LocalPrefixLength : v4 ? 16 : 48);
        Host.AddNeighbour(Device, Gateway, PeerMac);
        Host.AddRoute(Remote, options.RemotePrefixLength > 0 ? options.RemotePrefixLength : v4 ? 32 : 128, Gateway, Device);
        Queue = new DeviceQueue(Device);
        Sockets = new ScriptSockets(this);
        // Linux rounds timers to its tick: nothing that a script is about. Exact timers are what its times mean; where a script was timed by a
        // kernel that was later than its tolerance, ScriptRun lets them be late.
        Host.Sysctls.TrySet("sim.timer_hz", "0", out _);
    }

    public TestMachineOptions Options { get; }

    public Host Host { get; }

    /// <summary><c>tun0</c></summary>
    public NetworkInterface Device { get; }

    /// <summary>What <c>tc qdisc</c> acts on.</summary>
    public DeviceQueue Queue { get; }

    /// <summary>The script's sockets.</summary>
    public ScriptSockets Sockets { get; }

    /// <summary>Since the machine was made; it begins a second into its life, as no host's clock stands at 0.</summary>
    public Instant Now { get; private set; } = Instant.Zero + Duration.FromSeconds(1);

    /// <summary>The instant of the script's time 0; before it, that of the machine's beginning.</summary>
    public Instant ScriptStart { get; set; } = Instant.Zero + Duration.FromSeconds(1);

    /// <summary>How far times that calls hand out may be from the script's.</summary>
    public Duration TimestampTolerance { get; set; } = Duration.FromMilliseconds(4);

    /// <summary>The machine's address; IPv4 as such, also where sockets are AF_INET6.</summary>
    public IpAddress Local { get; }

    /// <summary>The peer's address.</summary>
    public IpAddress Remote { get; }

    /// <summary>The router between them.</summary>
    public IpAddress Gateway { get; }

    /// <summary>What <c>bind(fd, ..., ...)</c> takes. On an AF_INET6 socket it is the IPv4-mapped one where packets are IPv4.</summary>
    public IpEndpoint BindEndpoint => new(Local, Options.BindPort);

    /// <summary>Where <c>connect(fd, ..., ...)</c> goes.</summary>
    public IpEndpoint ConnectEndpoint => new(Remote, Options.ConnectPort);

    /// <summary>The port of <see cref="ConnectEndpoint"/>.</summary>
    public ushort ConnectPort => Options.ConnectPort;

    /// <summary>What <c>socket(..., …)</c> opens.</summary>
    public AddressFamily SocketFamily => Options.IpVersion == PacketdrillIpVersion.Ipv4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6;

    /// <summary>Packets that left the device and were not looked at yet.</summary>
    public Queue<LivePacket> Outgoing => _outgoing;

    /// <summary>Every packet of the device in both directions, in order.</summary>
    public IReadOnlyList<LivePacket> History => _history;

    /// <summary><c>ethtool -K … gso</c></summary>
    public bool HasGso { get; private set; } = true;

    /// <summary><c>ethtool -K … tso</c></summary>
    public bool HasTso { get; private set; } = true;

    /// <summary>When the host has something to do next.</summary>
    public Instant NextDeadline => Host.NextDeadline;

    /// <summary>
    /// Segmentation offload, in software (gso) and by the device (tso). With one of them TCP makes packets of many segments; without tso
    /// they are cut before a packet socket sees them.
    /// </summary>
    public void SetOffload(bool gso, bool tso)
    {
        (HasGso, HasTso) = (gso, tso);
        Device.SegmentationOffload = gso || tso;
    }

    /// <summary>Runs every timer up to and including that instant, which becomes <see cref="Now"/>.</summary>
    public void AdvanceTo(Instant time)
    {
        while (Step(time))
        {
        }
    }

    /// <summary>
    /// Runs the timers of the next instant that has any, not later than the limit. False when there was none: then
    /// <see cref="Now"/> is the limit.
    /// </summary>
    public bool Step(Instant limit)
    {
        Instant next = Host.NextDeadline;
        if (next > limit)
        {
            Now = Instant.Max(Now, limit);
            return false;
        }

        RunAt(Instant.Max(Now, next));
        return true;
    }

    /// <summary>Runs the timers of the next instant that has any, and all up to that later one, as late as that.</summary>
    public void StepLate(Instant late) => RunAt(late);

    private void RunAt(Instant time)
    {
        Now = time;
        int steps = 0;
        do
        {
            Host.Advance(Now);
            Collect();
            if (++steps > MostStepsAtOnce)
            {
                throw new InvalidOperationException($"The host's timers do not come to rest at {Now} s.");
            }
        }
        while (Host.NextDeadline <= Now);
    }

    /// <summary>An IP packet arrives at the device. Its checksums are the caller's.</summary>
    public void Receive(ReadOnlySpan<byte> packet)
    {
        int length = EthernetView.HeaderLength + packet.Length;
        if (_arrival.Length < length)
        {
            _arrival = new byte[length];
        }

        EtherType type = packet.Length > 0 && packet[0] >> 4 == 6 ? EtherType.Ipv6 : EtherType.Ipv4;
        EthernetWriter.Write(_arrival, OwnMac, PeerMac, type);
        packet.CopyTo(_arrival.AsSpan(EthernetView.HeaderLength));
        _history.Add(new LivePacket(Now, Outbound: false, packet.ToArray()));
        Host.Receive(Now, Device, _arrival.AsSpan(0, length));
        Collect();
    }

    /// <summary>Takes what the host has sent: packets of the device to <see cref="Outgoing"/>, those of <c>lo</c> back to the host.</summary>
    public void Collect()
    {
        do
        {
            while (Device.TryDequeue(out Frame? frame))
            {
                Take(frame);
                _pool.Return(frame);
            }
        }
        while (TakeLoopback());
    }

    private bool TakeLoopback()
    {
        if (!Host.Loopback.TryDequeue(out Frame? frame))
        {
            return false;
        }

        Host.Receive(Now, Host.Loopback, frame.Bytes);
        _pool.Return(frame);
        return true;
    }

    private void Take(Frame frame)
    {
        if (!EthernetView.TryParse(frame.Bytes, out EthernetView ethernet, out _))
        {
            return;
        }

        if (IsAddressResolution(ethernet, out IpAddress asked))
        {
            // A tun device has no link layer: whoever is on it is reached without being asked for.
            Host.AddNeighbour(Device, asked, PeerMac);
            return;
        }

        if (_joiner.Add(Now, ethernet.Payload, frame.GroupFollows && HasTso) is { } packet)
        {
            _outgoing.Enqueue(packet);
            _history.Add(packet);
        }
    }

    private static bool IsAddressResolution(EthernetView ethernet, out IpAddress asked)
    {
        asked = default;
        if (ethernet.EtherType == EtherType.Arp)
        {
            if (ArpView.TryParse(ethernet.Payload, out ArpView arp, out _))
            {
                asked = arp.TargetAddress;
            }

            return true;
        }

        if (ethernet.EtherType == EtherType.Ipv6
            && Ipv6View.TryParse(ethernet.Payload, out Ipv6View ip, out _)
            && ip.Protocol == IpProtocol.IcmpV6
            && NeighborView.TryParse(ip.Payload, out NeighborView neighbor, out _))
        {
            asked = neighbor.Target;
            return true;
        }

        return false;
    }

    private static IpAddress DefaultLocal(PacketdrillIpVersion version) => version == PacketdrillIpVersion.Ipv6
        ? new IpAddress(0xFD3D_0A0B_17D6_0000, 1)
        : IpAddress.FromV4(192, 168, 0, 1);

    // Scripts that change routes name the suite's router; a script's own address may be the same.
    private static IpAddress DefaultGateway(PacketdrillIpVersion version, IpAddress local)
    {
        if (version == PacketdrillIpVersion.Ipv6)
        {
            return new IpAddress(0xFD3D_0A0B_17D6_8888, 0);
        }

        IpAddress usual = IpAddress.FromV4(192, 168, 0, 2);
        return usual == local ? IpAddress.FromV4(192, 168, 0, 254) : usual;
    }

    private static IpAddress DefaultRemote(PacketdrillIpVersion version) => version == PacketdrillIpVersion.Ipv6
        ? new IpAddress(0xFD3D_FA7B_D17D_0000, 1)
        : IpAddress.FromV4(192, 0, 2, 1);
}

using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp.Listen;
using SimStack.Tcp.TimeWait;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// TCP of one host: finds what a segment belongs to, answers what belongs to nothing, and keeps ports, ISNs and timers.
/// </summary>
internal sealed partial class TcpLayer
{
    private readonly SipHash _secret;
    // Linux counts what stays so short apart (TWKilled; __inet_twsk_schedule).
    private static readonly Duration ShortTimeWait = Duration.FromSeconds(4);

    private long _lastId;
    private int _timeWaits;
    private int _orphans;

    public TcpLayer(Host host, IpLayer ip, FramePool pool, TimestampClock? clock, ulong secret)
    {
        Host = host;
        Profile = host.Profile;
        Sysctls = host.Sysctls;
        Counters = host.Counters;
        Ip = ip;
        Pool = pool;
        _secret = new SipHash(secret, secret ^ 0x5DEE_CE66_D1CE_4E5B);
        RandomTimestampOffset = host.Profile.RandomTimestampOffset && clock is null;
        Timestamps = clock ?? new TimestampClock(
            (uint)_secret.Compute(1, 2), new Duration((long)(_secret.Compute(3, 4) % 1_000_000)));
        Flows = new FlowTable(_secret.Compute(5, 6));
        SynCookies = new SynCookies(
            new SipHash(_secret.Compute(7, 1), _secret.Compute(7, 2)), new SipHash(_secret.Compute(7, 3), _secret.Compute(7, 4)));
        Congestion.Sysctls = host.Sysctls;
        Congestion.Counters = host.Counters;
        Memory = new TcpMemory(host.Counters);
    }

    public Host Host { get; }

    public IpLayer Ip { get; }

    public FramePool Pool { get; }

    public ChunkPool Chunks { get; } = new();

    public FlowTable Flows { get; }

    public TcpMemory Memory { get; }

    public FlowTimers Timers { get; } = new();

    public TimestampClock Timestamps { get; }

    public SynCookies SynCookies { get; }

    public bool RandomTimestampOffset { get; }

    /// <summary>What a congestion control is told while it is asked.</summary>
    public Congestion.CongestionContext Congestion { get; } = new();

    public Profile Profile { get; }

    public Sysctls Sysctls { get; }

    public SnmpCounters Counters { get; }

    public long NextId() => ++_lastId;

    /// <summary>Runs what is due.</summary>
    public void Advance(Instant now)
    {
        while (Timers.TryTakeDue(now, out TcpFlow flow))
        {
            flow.Timeout(now);
        }
    }

    /// <summary>The readiness of the connection's socket may have changed.</summary>
    public void SignalReady(TcpConnection connection, PollEvents reasons = HostSocket.WakesEveryone) =>
        connection.Socket?.Wake(reasons);

    public void Add(TcpFlow flow)
    {
        Flows.Add(flow);
        Timers.Update(flow);
        if (flow is not SynQueueEntry)
        {
            Use(flow.LocalPort);
        }
    }

    /// <summary>The connection is gone: its 4-tuple is free.</summary>
    public void Forget(TcpFlow flow)
    {
        Flows.Remove(flow);
        Timers.Remove(flow);
        if (flow is not SynQueueEntry)
        {
            EndUse(flow.LocalPort);
        }

        switch (flow)
        {
            case TimeWaitRecord:
                _timeWaits--;
                break;
            case TcpConnection { IsCountedOrphan: true } orphan:
                orphan.IsCountedOrphan = false;
                _orphans--;
                break;
        }
    }

    /// <summary>A connection in TIME-WAIT has given its place to a record; when that ends, it is closed.</summary>
    public TcpState StateOf(TcpConnection connection)
    {
        if (connection.State is not TcpState.TimeWait)
        {
            return connection.State;
        }

        TcpFlow? flow = Flows.Find(
            connection.LocalAddress, connection.LocalPort, connection.RemoteAddress, connection.RemotePort);
        return flow is TimeWaitRecord && flow.Id == connection.Id ? TcpState.TimeWait : TcpState.Closed;
    }

    /// <summary>net.ipv4.tcp_max_tw_buckets.</summary>
    public bool HasRoomForTimeWait => _timeWaits < Sysctls.MaxTimeWaitBuckets;

    public void ReplaceByTimeWait(TcpConnection connection, TimeWaitRecord record, Duration span)
    {
        // In this order the port stays in use, and bound if it was.
        _timeWaits++;
        Counters[span > ShortTimeWait ? SnmpCounter.TcpExtTW : SnmpCounter.TcpExtTWKilled]++;
        Add(record);
        Forget(connection);
    }

    /// <summary>
    /// Whether a connection may go on that its user has closed: there are net.ipv4.tcp_max_orphans at most. It counts until it is gone (Linux:
    /// tcp_check_oom).
    /// </summary>
    /// <param name="connection">Its user is gone.</param>
    /// <param name="weight">How often it counts twice: 1 and 2 for one that deserves less.</param>
    public bool MayOrphan(TcpConnection connection, int weight = 0)
    {
        if (!connection.IsCountedOrphan)
        {
            connection.IsCountedOrphan = true;
            _orphans++;
        }

        return (long)_orphans << weight <= Sysctls.MaxOrphans;
    }

    /// <summary>ISN = M + F(4-tuple, secret) (RFC 6528 §3, RFC 9293 §3.4.1); M ticks every 64 ns as Linux's does, or 4 µs.</summary>
    public uint NextIss(Instant now, IpEndpoint local, IpEndpoint remote) =>
        unchecked((uint)HashOfTuple(local, remote, 0x1551) + (uint)(now.Nanoseconds / Sysctls.IsnTickNanoseconds));

    /// <summary>
    /// Timestamps of each connection start elsewhere (RFC 7323 §5.4; Linux 6.18.44 shows the same, ports included), unless the host's clock was set by the scenario or net.ipv4.tcp_timestamps is 2.
    /// </summary>
    public uint TimestampOffset(IpEndpoint local, IpEndpoint remote) =>
        RandomTimestampOffset && Sysctls.TimestampOffsets ? (uint)HashOfTuple(local, remote, 0x7575) : 0;

    /// <summary>The flow label of a connection's packets; never 0 where they have one (Linux: ip6_make_flowlabel).</summary>
    /// <param name="local">Our end.</param>
    /// <param name="remote">The other.</param>
    /// <param name="turn">How often another was asked for.</param>
    /// <param name="option">IPV6_AUTOFLOWLABEL.</param>
    public uint FlowLabel(IpEndpoint local, IpEndpoint remote, int turn, bool? option)
    {
        if (remote.Address.IsV4 || !WantsFlowLabel(Sysctls.AutoFlowLabels, option))
        {
            return 0;
        }

        uint label = (uint)HashOfTuple(local, remote, 0x666C_0000 + (uint)turn) & 0xF_FFFF;
        return label == 0 ? 1 : label;
    }

    /// <summary>The identification of a connection's first IPv4 datagram; that of the next connection of the same four is another.</summary>
    public ushort FirstDatagramId(IpEndpoint local, IpEndpoint remote, long connection) =>
        unchecked((ushort)(HashOfTuple(local, remote, 0x6964_0000) + (ulong)connection * 0x9E37));

    /// <summary>What net.ipv6.auto_flowlabels and IPV6_AUTOFLOWLABEL come to.</summary>
    public static bool WantsFlowLabel(int mode, bool? option) => mode == 3 || (mode > 0 && (option ?? mode == 1));

    private ulong HashOfTuple(IpEndpoint local, IpEndpoint remote, uint purpose) => _secret.Compute(
        local.Address.High,
        local.Address.Low,
        remote.Address.High,
        remote.Address.Low,
        (ulong)purpose << 32 | (uint)local.Port << 16 | remote.Port);
}

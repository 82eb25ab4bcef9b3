using System.Globalization;
using SimNet.Bridge;
using SimNet.Links;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>
/// A conversation between two peers, A and B, of which one is the kernel and the other the simulated host. <see cref="BothWays"/> plays it
/// twice, with the parts exchanged, and then the kernel must have counted as A what the simulated host counted as A, and as B likewise.
/// </summary>
internal sealed class Scene
{
    // Counters that depend on when segments came together, or on what goes by besides.
    private static readonly string[] Loose =
    [
        "Ip", "Udp", "Icmp", "TcpInSegs", "TcpOutSegs", "TcpExtTCPHPHits", "TcpExtTCPPureAcks", "TcpExtTCPHPAcks", "TcpExtDelayedACKs",
        "TcpExtTCPRcvCoalesce", "TcpExtTCPAutoCorking", "TcpExtTCPBacklogCoalesce", "TcpExtDelayedACKLocked", "TcpRtoMax", "TcpRtoMin",
        "TcpRtoAlgorithm", "TcpMaxConn", "TcpExtTCPHystart", "TcpExtTCPWqueueTooBig", "TcpExtTCPAckCompressed",
    ];

    // What one conversation leaves in the cache of destinations would change the next; and a stall of the machine must not look like a loss.
    private static readonly string[] Steady =
        ["net.ipv4.tcp_no_metrics_save=1", "net.ipv4.tcp_early_retrans=0", "net.ipv4.tcp_rto_min_us=10000000"];

    private readonly List<PeerSocket> _sockets = [];
    private readonly List<(string What, object Value)> _told = [];
    private SegmentLog? _log;

    private Scene(Peer a, Peer b, Wire wire, bool v6, ushort port)
    {
        A = a;
        B = b;
        Wire = wire;
        V6 = v6;
        Port = port;
    }

    /// <summary>The first part.</summary>
    public Peer A { get; }

    /// <summary>The second part.</summary>
    public Peer B { get; }

    /// <summary>Between them.</summary>
    public Wire Wire { get; }

    /// <summary>By IPv6, or by IPv4.</summary>
    public bool V6 { get; }

    /// <summary>Where a server is to listen.</summary>
    public ushort Port { get; }

    /// <summary>A's port once it is connected; B's is <see cref="Port"/>.</summary>
    public ushort ClientPort { get; set; }

    /// <summary>Plays a scene with either stack in either part.</summary>
    /// <param name="version"><c>ipv4</c> or <c>ipv6</c>.</param>
    /// <param name="play">The scene. Sockets that <see cref="Open"/> gave are closed behind it.</param>
    /// <param name="loose">Counters besides the usual ones that need not agree, by the beginnings of their names.</param>
    /// <param name="sysctls">For both, as <c>name=value</c>.</param>
    public static void BothWays(string version, Action<Scene> play, string[]? loose = null, params string[] sysctls) =>
        UnlessHeldUp(sysctls, (real, simulated, wire) =>
        {
            Scene first = new(real, simulated, wire, version == "ipv6", 7001);
            Scene second = new(simulated, real, wire, version == "ipv6", 7002);
            (Dictionary<string, long> A, Dictionary<string, long> B) asFirst = first.Play(play);
            (Dictionary<string, long> A, Dictionary<string, long> B) asSecond = second.Play(play);
            string[] all = [.. Loose, .. loose ?? []];
            string differences = Compare("A", asFirst.A, asSecond.A, all) + Compare("B", asSecond.B, asFirst.B, all);
            Assert.Equal(first._log?.Lines ?? [], second._log?.Lines ?? []);
            Assert.True(differences.Length == 0, "what the two counted differs:" + differences);
            Assert.Equal(first._told, second._told);
        });

    /// <summary>Plays a scene once, with the kernel as A, in which both do the same at the same time; they must have counted the same.</summary>
    public static void Together(string version, Action<Scene> play, string[]? loose = null, params string[] sysctls) =>
        UnlessHeldUp(sysctls, (real, simulated, wire) =>
        {
            Scene scene = new(real, simulated, wire, version == "ipv6", 7001);
            (Dictionary<string, long> a, Dictionary<string, long> b) = scene.Play(play);
            string differences = Compare("either", a, b, [.. Loose, "TcpActiveOpens", "TcpPassiveOpens", .. loose ?? []]);
            Assert.True(differences.Length == 0, "what the two counted differs:" + differences);
        });

    /// <summary>Both stacks have timers of a few milliseconds: what failed while the machine let the session wait for as long says nothing, and is done again.</summary>
    private static void UnlessHeldUp(string[] sysctls, Action<KernelPeer, SimulatedPeer, Wire> play)
    {
        const int Attempts = 3;
        Duration matters = Duration.FromMilliseconds(4);
        for (int attempt = 1; ; attempt++)
        {
            using KernelNamespace kernel = new();
            using BridgedHost bridged = new(kernel);
            KernelPeer real = new(kernel);
            SimulatedPeer simulated = new(bridged);
            Wire wire = Prepare(bridged, real, simulated, sysctls);
            BridgeStatistics statistics = bridged.Session.Statistics;
            // What was slow before, as code that is compiled, has nothing to do with the scene.
            bridged.Do(() =>
            {
                statistics.LongestStall = statistics.LongestLag = Duration.Zero;
                return Task.FromResult(0);
            });
            try
            {
                play(real, simulated, wire);
                return;
            }
            catch (Exception failure) when (attempt < Attempts && Duration.Max(statistics.LongestStall, statistics.LongestLag) >= matters)
            {
                TestContext.Current.AddWarning($"done again, as the machine held it up for {Duration.Max(statistics.LongestStall, statistics.LongestLag)}: {failure.Message}");
            }
        }
    }

    /// <summary>Remembers a figure that must be the same with the parts exchanged.</summary>
    public void Tell(string what, object value) => _told.Add((what, value));

    /// <summary>From now on every segment counts: they must be the same ones with the parts exchanged.</summary>
    /// <param name="windows">False where the receiver may raise its window, as when hangs on the time (tcp_rcv_space_adjust).</param>
    public void TellSegments(bool windows = true) => Wire.Log(_log = new SegmentLog(Wire.SideOf(A), Port, windows));

    /// <summary>Opens a socket that is closed at the end of the scene.</summary>
    public PeerSocket Open(Peer peer)
    {
        PeerSocket socket = peer.Open(V6);
        _sockets.Add(socket);
        return socket;
    }

    /// <summary>Opens a listening socket of B.</summary>
    public PeerSocket Listen(int backlog = 16, Action<PeerSocket>? configure = null)
    {
        PeerSocket listener = Open(B);
        configure?.Invoke(listener);
        Assert.Equal(Errno.OK, listener.Bind(Port));
        Assert.Equal(Errno.OK, listener.Listen(backlog));
        return listener;
    }

    /// <summary>Begins to connect from A to B.</summary>
    /// <param name="configure">Before it connects.</param>
    /// <param name="expected">What connecting says.</param>
    /// <param name="hasPort">False where it gets no port.</param>
    public PeerSocket Connect(Action<PeerSocket>? configure = null, Errno expected = Errno.EINPROGRESS, bool hasPort = true)
    {
        PeerSocket socket = Open(A);
        configure?.Invoke(socket);
        Assert.Equal(expected, socket.Connect(new IpEndpoint(B.Address(V6), Port)));
        ClientPort = hasPort ? socket.LocalPort : ClientPort;
        return socket;
    }

    /// <summary>Accepts at B.</summary>
    public PeerSocket Accept(PeerSocket listener)
    {
        PeerSocket accepted = listener.Accept();
        _sockets.Add(accepted);
        return accepted;
    }

    /// <summary>Connects A to B: both ends, ESTABLISHED.</summary>
    /// <param name="configureA">Before it connects.</param>
    /// <param name="configureB">The listening socket, before it listens.</param>
    public (PeerSocket A, PeerSocket B) Connected(Action<PeerSocket>? configureA = null, Action<PeerSocket>? configureB = null)
    {
        PeerSocket listener = Listen(configure: configureB);
        PeerSocket client = Connect(configureA);
        PeerSocket server = Accept(listener);
        ExpectStates(TcpState.Established, TcpState.Established);
        return (client, server);
    }

    /// <summary>Waits until A's and B's end of the connection are in these states.</summary>
    public void ExpectStates(TcpState a, TcpState b)
    {
        TcpState atA = default;
        TcpState atB = default;
        Until.True(
            () => (atA = A.StateOf(ClientPort, Port)) == a & (atB = B.StateOf(Port, ClientPort)) == b,
            () => $"A, the {A}, in {a} and B, the {B}, in {b}, but they are in {atA} and {atB}");
    }

    /// <summary>As <see cref="FrameMatch"/>: segments of this scene with these flags and without those.</summary>
    public static FrameMatch Segments(TcpFlags set, TcpFlags clear = TcpFlags.None, bool? payload = null) =>
        new() { FlagsSet = set, FlagsClear = clear, HasPayload = payload };

    private static Wire Prepare(BridgedHost bridged, KernelPeer kernel, SimulatedPeer simulated, string[] sysctls)
    {
        foreach (string sysctl in (string[])[.. Steady, .. sysctls])
        {
            string[] parts = sysctl.Split('=');
            kernel.Sysctl(parts[0], parts[1]);
            simulated.Sysctl(parts[0], parts[1]);
        }

        return new Wire(bridged);
    }

    private (Dictionary<string, long> A, Dictionary<string, long> B) Play(Action<Scene> play)
    {
        Wire.Settle();
        IReadOnlyDictionary<string, long> a = A.Counters();
        IReadOnlyDictionary<string, long> b = B.Counters();
        try
        {
            play(this);
            Wire.Settle();
            Wire.Log(null);
            return (Since(a, A.Counters()), Since(b, B.Counters()));
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException($"with the {A} as A and the {B} as B: {failure.Message}", failure);
        }
        finally
        {
            _sockets.ForEach(socket => socket.Discard());
        }
    }

    private static Dictionary<string, long> Since(IReadOnlyDictionary<string, long> before, IReadOnlyDictionary<string, long> after) =>
        after.Where(pair => pair.Value != before.GetValueOrDefault(pair.Key))
            .ToDictionary(pair => pair.Key, pair => pair.Value - before.GetValueOrDefault(pair.Key), StringComparer.Ordinal);

    private static string Compare(string part, Dictionary<string, long> kernel, Dictionary<string, long> simulated, string[] loose) =>
        string.Concat(kernel.Keys.Union(simulated.Keys)
            .Where(name => !loose.Any(beginning => name.StartsWith(beginning, StringComparison.Ordinal)))
            .Where(name => kernel.GetValueOrDefault(name) != simulated.GetValueOrDefault(name))
            .Order(StringComparer.Ordinal)
            .Select(name => string.Create(
                CultureInfo.InvariantCulture,
                $"\n  as {part} {name}: kernel {kernel.GetValueOrDefault(name)}, simulated {simulated.GetValueOrDefault(name)}")));
}

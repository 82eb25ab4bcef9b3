using SimNet.Capture;
using SimNet.Devices;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Observe;
using SimStack;
using SimStack.Ip;
using SimNet.Tests.Hosts;
using Xunit;

namespace SimNet.Tests.Devices;

/// <summary>Hosts on two networks and a router between them.</summary>
public sealed class RouterTests : IDisposable
{
    private static readonly IpAddress ServerAddress = IpAddress.Parse("192.0.2.2");
    private readonly Simulation _simulation = new();
    private readonly SimHost _client;
    private readonly SimHost _server;
    private readonly Router _router;

    public RouterTests()
    {
        _client = _simulation.AddHost("client");
        _server = _simulation.AddHost("server");
        _router = new Router(_simulation, "r1");
        HostInterface a = _client.AddInterface();
        HostInterface b = _server.AddInterface();
        a.AddAddress(IpAddress.Parse("10.0.0.1"), 24);
        a.AddAddress(IpAddress.Parse("2001:db8:1::1"), 64);
        b.AddAddress(ServerAddress, 24);
        b.AddAddress(IpAddress.Parse("2001:db8:2::2"), 64);
        HostInterface left = _router.AddInterface(IpAddress.Parse("10.0.0.254"), 24);
        HostInterface right = _router.AddInterface(IpAddress.Parse("192.0.2.254"), 24, mtu: 1300);
        left.AddAddress(IpAddress.Parse("2001:db8:1::ff"), 64);
        right.AddAddress(IpAddress.Parse("2001:db8:2::ff"), 64);
        _client.AddDefaultRoute(a, IpAddress.Parse("10.0.0.254"));
        _client.AddDefaultRoute(a, IpAddress.Parse("2001:db8:1::ff"));
        _server.AddDefaultRoute(b, IpAddress.Parse("192.0.2.254"));
        _server.AddDefaultRoute(b, IpAddress.Parse("2001:db8:2::ff"));
        LinkOptions options = LinkOptions.Symmetric(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(5) });
        _simulation.AddLink(a, left, options);
        _simulation.AddLink(right, b, options);
    }

    public void Dispose() => _simulation.Dispose();

    private byte[] Transfer(byte[] data, IpAddress to)
    {
        MemoryStream received = new();
        _server.Start(async host =>
        {
            using SimTcpListener listener = host.Listen(new IpEndpoint(to, 80));
            using SimTcpStream stream = await listener.AcceptAsync();
            await stream.CopyToAsync(received);
        });
        _client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(new IpEndpoint(to, 80));
            await stream.WriteAsync(data);
        });
        _simulation.Run();
        Assert.Equal(0, _simulation.FramePool.Outstanding);
        return received.ToArray();
    }

    [Theory]
    [InlineData("192.0.2.2", SnmpCounter.IpFragFails, 1300)]
    [InlineData("2001:db8:2::2", SnmpCounter.Ip6FragFails, 1300)]
    public void StreamFindsThePathMtu(string to, SnmpCounter tooBig, int mtu)
    {
        byte[] data = TwoHosts.Pattern(100_000);
        Assert.Equal(data, Transfer(data, IpAddress.Parse(to)));
        Assert.InRange(_router.Host.Stack.Counters[tooBig], 1, 10);
        Assert.Equal(mtu, _client.Stack.Ip.FindPath(IpAddress.Parse(to), default)!.Mtu);
        Assert.Equal(0, _client.Stack.Counters[SnmpCounter.TcpExtTCPTimeouts]);
    }

    [Fact]
    public void NoPathMtuDiscoveryMeansFragmentsOnTheWay()
    {
        Assert.True(_client.Stack.Sysctls.TrySet("net.ipv4.ip_no_pmtu_disc", "1", out _));
        byte[] data = TwoHosts.Pattern(100_000);
        Assert.Equal(data, Transfer(data, ServerAddress));
        long whole = _router.Host.Stack.Counters[SnmpCounter.IpFragOKs];
        Assert.InRange(whole, 60, 80);
        Assert.Equal((whole, 2 * whole), (_server.Stack.Counters[SnmpCounter.IpReasmOKs], _server.Stack.Counters[SnmpCounter.IpReasmReqds]));
        Assert.Equal((0L, 0L), (_client.Stack.Counters[SnmpCounter.TcpRetransSegs], _client.Stack.Counters[SnmpCounter.IcmpInMsgs]));
    }

    [Fact]
    public void TsharkPutsTheFragmentsTogetherToo()
    {
        ExternalTool.Require("tshark");
        _client.Stack.Sysctls.NoPathMtuDiscovery = 1;
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "fragments.pcapng");
        using (FileStream file = File.Create(path))
        using (CaptureWriter writer = new PcapngWriter(file))
        using (new CaptureSession(_simulation, writer, [_server.Interfaces[0]]))
        {
            Transfer(TwoHosts.Pattern(30_000), ServerAddress);
            // An echo of the largest size, in 45 fragments each way.
            Assert.True(_client.Stack.Ip.SendEcho(_simulation.Now, ServerAddress, 1, 1, new byte[65_507]));
            Assert.True(_client.Stack.Ip.SendEcho(_simulation.Now, IpAddress.Parse("2001:db8:2::2"), 1, 2, new byte[3000]));
            _client.Pump();
            _simulation.Run();
        }

        string[] bad = ExternalTool.Run(
            "tshark", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
            "-Y", "_ws.malformed || ip.fragment.error || ip.fragment.overlap || ip.checksum.status == 0 || tcp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0").Lines;
        Assert.Equal([""], bad);
        string[] segments = ExternalTool.Run(
            "tshark", "-r", path, "-o", "tcp.check_checksum:TRUE", "-Y", "ip.fragment.count == 2 && tcp", "-T", "fields", "-e", "tcp.checksum.status", "-e", "tcp.len").Lines;
        Assert.InRange(segments.Count(line => line == "1\t1448"), 18, 21);
        string[] echoes = ExternalTool.Run(
            "tshark", "-r", path, "-Y", "icmp || icmpv6.type == 128 || icmpv6.type == 129", "-T", "fields", "-e", "icmp.type", "-e", "icmp.checksum.status", "-e", "ip.reassembled.length", "-e", "icmpv6.type").Lines;
        Assert.Contains("8\t1\t65515\t", echoes);
        Assert.Contains("0\t1\t65515\t", echoes);
    }

    [Fact]
    public void TimeExceededComesFromTheRouter()
    {
        _client.Stack.Ip.DefaultTtl = 1;
        List<byte[]> arrived = [];
        using IDisposable watch = _client.Interfaces[0].Packets.Subscribe(new Watch(arrived));
        Assert.True(_client.Stack.Ip.SendEcho(_simulation.Now, ServerAddress, 1, 1, [1, 2, 3]));
        _client.Pump();
        _simulation.Run();
        byte[] error = arrived.Single(f => f[13] == 0 && f[23] == 1 && f[34] != 8);
        Assert.Equal("0a0000fe" + "0a000001" + "0b00", Convert.ToHexStringLower(error.AsSpan(26, 10)));
        Assert.Equal(0, _server.Stack.Counters[SnmpCounter.IpInReceives]);
    }

    [Fact]
    public void RoutesAreFoundByTheirNextHop()
    {
        _router.AddRoute(IpAddress.Parse("203.0.113.0"), 24, ServerAddress);
        _router.AddRoute(IpAddress.Parse("198.51.100.0"), 24, RouteType.Prohibit);
        Assert.Equal("eth1", _router.Routes.Find(IpAddress.Parse("203.0.113.7"))!.Interface.Name);
        Assert.Equal(RouteType.Prohibit, _router.Routes.Find(IpAddress.Parse("198.51.100.1"))!.Type);
        ArgumentException wrong = Assert.Throws<ArgumentException>(
            () => _router.AddRoute(IpAddress.Parse("203.0.113.0"), 24, IpAddress.Parse("10.9.9.9")));
        Assert.Contains("10.9.9.9 is in no network of r1", wrong.Message, StringComparison.Ordinal);
    }

    private sealed class Watch(List<byte[]> arrived) : IObserver<PacketEvent>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void OnNext(PacketEvent value) => arrived.Add(value.Bytes.ToArray());
    }
}

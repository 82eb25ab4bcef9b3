using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Observe;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;

namespace SimNet.Tests.Hosts;

public sealed class SimHostTests
{
    [Fact]
    public void StateChangesAreTold()
    {
        using TwoHosts net = new();
        List<string> all = [];
        List<string> server = [];
        net.Simulation.Observe.StateChanges.Subscribe(e =>
            all.Add($"{e.Host.Name}: {e.Event.From.ToRfcName()} -> {e.Event.To.ToRfcName()}"));
        IDisposable subscription = net.Server.StateChanges.Subscribe(e => server.Add(e.To.ToRfcName()));
        Assert.NotNull(net.Client.Stack.Observer);
        Converse(net);
        Assert.Equal("client: CLOSED -> SYN-SENT", all.First(text => text.StartsWith("client", StringComparison.Ordinal)));
        Assert.Contains("client: SYN-SENT -> ESTABLISHED", all);
        Assert.Contains("client: FIN-WAIT-2 -> TIME-WAIT", all);
        Assert.Contains("server: LAST-ACK -> CLOSED", all);
        Assert.Equal(all.Where(text => text.StartsWith("server", StringComparison.Ordinal)).Select(text => text[(text.IndexOf('>') + 2)..]), server);
        subscription.Dispose();
    }

    [Fact]
    public void NobodyObservesUnlessSubscribed()
    {
        using TwoHosts net = new();
        Assert.Null(net.Client.Stack.Observer);
        IDisposable windows = net.Client.Windows.Subscribe(_ => { });
        Assert.NotNull(net.Client.Stack.Observer);
        Assert.Null(net.Server.Stack.Observer);
        windows.Dispose();
        Assert.Null(net.Client.Stack.Observer);
    }

    [Fact]
    public void SocketCallsAreToldWithTheirTimes()
    {
        using TwoHosts net = new();
        List<string> calls = [];
        net.Simulation.Observe.SocketCalls.Subscribe(call =>
            calls.Add($"{call.Host.Name} {call.Start.Nanoseconds / 1_000_000}-{call.End.Nanoseconds / 1_000_000} {call}"));
        Converse(net);
        Assert.Contains("server 0-0 listen(4096) = 0", calls);
        Assert.Contains("client 0-10 connect(192.0.2.2:80) = 0", calls);
        Assert.Contains("client 10-10 send(3) = 3", calls);
        Assert.Contains("server 15-15 recv(100) = 3", calls);
        Assert.Contains("client 10-10 close() = 0", calls);
        Assert.Contains(calls, call => call.StartsWith("server 0-15 accept(192.0.2.1:", StringComparison.Ordinal));
    }

    [Fact]
    public void ACaptureShowsTheSendersStatesAndThePacketsFate()
    {
        using TwoHosts net = new();
        net.Link.AToB.AddRule(new NthMatchRule(new FrameMatch(), FaultAction.Drop, 1));
        List<(string Comment, CaptureDirection Direction)> client = Capture(net, net.Client.Interfaces[0]);
        Assert.Equal(("client: CLOSED -> SYN-SENT (OPEN); dropped by link: fault rule", CaptureDirection.Outbound), client[0]);
        Assert.Equal(("", CaptureDirection.Outbound), client[1]);
        Assert.StartsWith("server: LISTEN -> SYN-RECEIVED", client[2].Comment, StringComparison.Ordinal);
        Assert.Equal(CaptureDirection.Inbound, client[2].Direction);
        Assert.StartsWith("client: SYN-SENT -> ESTABLISHED", client[3].Comment, StringComparison.Ordinal);
    }

    [Fact]
    public void ACaptureAtTheReceiverShowsTheSendersStatesToo()
    {
        using TwoHosts net = new();
        List<(string Comment, CaptureDirection Direction)> server = Capture(net, net.Server.Interfaces[0]);
        Assert.Equal(("client: CLOSED -> SYN-SENT (OPEN)", CaptureDirection.Inbound), server[0]);
        Assert.StartsWith("server: LISTEN -> SYN-RECEIVED", server[1].Comment, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralInterfacesShareOneFileInTheOrderOfTime()
    {
        using TwoHosts net = new();
        MemoryStream file = new();
        using (PcapngWriter writer = new(file, new PcapngOptions { LeaveOpen = true }))
        using (CaptureSession session = new(net.Simulation, writer, [net.Client.Interfaces[0], net.Server.Interfaces[0]]))
        {
            Converse(net);
        }

        file.Position = 0;
        using CaptureReader reader = CaptureReader.Open(file);
        List<(long Time, int Interface)> packets = [];
        while (reader.TryRead(out CapturedPacket packet))
        {
            packets.Add((packet.UnixNanoseconds, packet.InterfaceId));
        }

        Assert.Equal(["client.eth0", "server.eth0"], reader.Interfaces.Select(i => i.Name));
        Assert.Equal(["client", "server"], reader.Names.Select(name => name.Name));
        Assert.Equal(packets.OrderBy(packet => packet.Time), packets);
        Assert.Equal(packets.Count, packets.Count(packet => packet.Interface == 0) * 2);
        Assert.Equal(1_704_067_200_000_000_000, packets[0].Time);
        Assert.Equal((1_704_067_200_005_000_000, 1), packets[1]);
    }

    [Fact]
    public void LoopbackIsCapturedOncePerPacket()
    {
        using TwoHosts net = new();
        MemoryStream file = new();
        int sent = 0;
        net.Server.Loopback.Packets.Subscribe(p => sent += p.Fate == PacketFate.Sent ? 1 : 0);
        using (PcapngWriter writer = new(file, new PcapngOptions { LeaveOpen = true }))
        using (CaptureSession session = new(net.Simulation, writer, [net.Server.Loopback]))
        {
            net.Server.Start(async host =>
            {
                using SimTcpListener listener = host.Listen(TwoHosts.ServerEndpoint);
                using SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            });
            net.Simulation.Run();
        }

        file.Position = 0;
        using CaptureReader reader = CaptureReader.Open(file);
        List<string> comments = [];
        while (reader.TryRead(out CapturedPacket packet))
        {
            comments.Add(packet.Comment ?? "");
        }

        Assert.Equal(sent, comments.Count);
        Assert.True(sent >= 4);
        Assert.StartsWith("server: CLOSED -> SYN-SENT", comments[0], StringComparison.Ordinal);
    }

    [Fact]
    public void AHostWithTwoLinksUsesBoth()
    {
        using TwoHosts net = new();
        SimHost third = net.Simulation.AddHost("third");
        HostInterface far = third.AddInterface();
        HostInterface near = net.Client.AddInterface();
        far.AddAddress(IpAddress.Parse("198.51.100.3"), 24);
        near.AddAddress(IpAddress.Parse("198.51.100.1"), 24);
        Link link = net.Simulation.AddLink(near, far);
        using SimTcpListener listener = third.Listen(new IpEndpoint(IpAddress.AnyV4, 80));
        bool connected = false;
        net.Client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(new IpEndpoint(IpAddress.Parse("198.51.100.3"), 80));
            connected = true;
        });
        Converse(net);
        Assert.True(connected);
        Assert.True(link.AToB.Counters.Delivered >= 3);
        Assert.True(net.Link.AToB.Counters.Delivered >= 3);
    }

    [Fact]
    public void AnInterfaceWithoutLinkDropsWithItsReason()
    {
        using Simulation simulation = new();
        SimHost host = simulation.AddHost("lonely");
        host.AddInterface().AddAddress(IpAddress.Parse("192.0.2.1"), 24);
        List<DropReason> reasons = [];
        host.Interfaces[0].Packets.Subscribe(p => reasons.Add(p.Reason));
        Errno errno = Errno.OK;
        host.Start(async h =>
        {
            try
            {
                await h.ConnectAsync(TwoHosts.ServerEndpoint);
            }
            catch (SimSocketException error)
            {
                errno = error.Errno;
            }
        });
        simulation.Run();
        Assert.Equal(Errno.EHOSTUNREACH, errno);
        Assert.NotEmpty(reasons);
        Assert.All(reasons, reason => Assert.Equal(DropReason.NotConnected, reason));
    }

    [Fact]
    public void NamesAndPortsAreUsedOnce()
    {
        using TwoHosts net = new();
        Assert.Throws<ArgumentException>(() => net.Simulation.AddHost("client"));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() =>
            net.Simulation.AddLink(net.Client.Interfaces[0], net.Server.AddInterface()));
        Assert.Equal("client.eth0 has a link already: client.eth0-server.eth0", error.Message);
    }

    private static List<(string Comment, CaptureDirection Direction)> Capture(TwoHosts net, HostInterface port)
    {
        MemoryStream file = new();
        using (PcapngWriter writer = new(file, new PcapngOptions { LeaveOpen = true }))
        using (CaptureSession session = new(net.Simulation, writer, [port]))
        {
            Converse(net);
        }

        file.Position = 0;
        List<(string, CaptureDirection)> packets = [];
        using CaptureReader reader = CaptureReader.Open(file);
        while (reader.TryRead(out CapturedPacket packet))
        {
            packets.Add((packet.Comment ?? "", packet.Direction));
        }

        return packets;
    }

    private static void Converse(TwoHosts net)
    {
        net.Server.Start(async host =>
        {
            using SimTcpListener listener = host.Listen(TwoHosts.ServerEndpoint);
            using SimTcpStream stream = await listener.AcceptAsync();
            while (await stream.ReadAsync(new byte[100], CancellationToken.None) > 0)
            {
            }
        });
        net.Client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            await stream.WriteAsync(new byte[3], CancellationToken.None);
        });
        net.Simulation.Run();
    }
}

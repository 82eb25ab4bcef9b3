using SimNet.Hosts;
using SimNet.Observe;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using Xunit;

namespace SimNet.Tests.Hosts;

public sealed class SimUdpSocketTests
{
    private static readonly IpEndpoint Server = new(TwoHosts.ServerAddress, 7);

    [Fact]
    public void ADatagramIsAnsweredInVirtualTime()
    {
        using TwoHosts net = new();
        List<string> calls = [];
        net.Server.SocketCalls.Subscribe(new Recorder(calls));
        net.Server.Start(async host =>
        {
            using SimUdpSocket socket = host.OpenUdp(Server);
            byte[] buffer = new byte[100];
            DatagramInfo info = await socket.ReceiveFromAsync(buffer);
            await socket.SendToAsync(buffer.AsMemory(0, info.Length), info.From);
        });
        string? answer = null;
        net.Client.Start(async host =>
        {
            using SimUdpSocket socket = host.OpenUdp(AddressFamily.AF_INET);
            socket.Connect(Server);
            await socket.SendAsync("hello"u8.ToArray());
            byte[] buffer = new byte[100];
            DatagramInfo info = await socket.ReceiveFromAsync(buffer);
            answer = $"{info.From} {System.Text.Encoding.ASCII.GetString(buffer, 0, info.Length)} {host.Now}";
        });
        net.Simulation.Run();
        Assert.Equal("192.0.2.2:7 hello 0.010000000", answer);
        Assert.StartsWith("bind(192.0.2.2:7) = 0 at 0.000000000", calls[0], StringComparison.Ordinal);
        Assert.StartsWith("recvfrom(192.0.2.1:", calls[1], StringComparison.Ordinal);
        Assert.EndsWith(") = 5 at 0.005000000", calls[1], StringComparison.Ordinal);
        Assert.EndsWith(", 5) = 5 at 0.005000000", calls[2], StringComparison.Ordinal);
        Assert.Equal("close() = 0 at 0.005000000", calls[3]);
        Assert.Equal(0, net.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void AClosedPortIsToldToTheConnectedSocket()
    {
        using TwoHosts net = new();
        Errno? told = null;
        net.Client.Start(async host =>
        {
            using SimUdpSocket socket = host.OpenUdp(AddressFamily.AF_INET);
            socket.Connect(Server);
            await socket.SendAsync("anybody?"u8.ToArray());
            SimSocketException refused = await Assert.ThrowsAsync<SimSocketException>(
                async () => await socket.ReceiveFromAsync(new byte[10]));
            told = refused.Errno;
            Assert.Equal(new Instant(10_000_000), host.Now);
        });
        net.Simulation.Run();
        Assert.Equal(Errno.ECONNREFUSED, told);
    }

    [Fact]
    public void AWaitingReceiveCanBeCancelledAndTheSocketUsedAgain()
    {
        using TwoHosts net = new();
        int received = 0;
        net.Client.Start(async host =>
        {
            using SimUdpSocket socket = host.OpenUdp(new IpEndpoint(TwoHosts.ClientAddress, 9));
            using CancellationTokenSource source = new(TimeSpan.FromSeconds(1), host.Simulation.TimeProvider);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await socket.ReceiveFromAsync(new byte[10], cancellationToken: source.Token));
            Assert.Equal(new Instant(1_000_000_000), host.Now);
            await socket.SendToAsync(new byte[3], socket.LocalEndpoint);
            received = (await socket.ReceiveFromAsync(new byte[10])).Length;
        });
        net.Simulation.Run();
        Assert.Equal(3, received);
    }

    [Fact]
    public void AnErrorOfBindIsOneLine()
    {
        using TwoHosts net = new();
        using SimUdpSocket first = net.Server.OpenUdp(Server);
        SimSocketException error = Assert.Throws<SimSocketException>(() => net.Server.OpenUdp(Server));
        Assert.Equal("server: bind on 192.0.2.2:7: EADDRINUSE", error.Message);
    }

    private sealed class Recorder(List<string> calls) : IObserver<SocketCall>
    {
        public void OnNext(SocketCall value) => calls.Add($"{value} at {value.End}");

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}

using SimNet.Hosts;
using SimNet.Links;
using SimNet.Observe;
using SimNet.Random;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;

namespace SimNet.Tests.Hosts;

public sealed class SimTcpStreamTests
{
    private readonly List<string> _log = [];

    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public void ConnectReturnsOnTheSecondSegmentAcceptOnTheThird()
    {
        using TwoHosts net = new();
        net.Server.Start(async host =>
        {
            using SimTcpListener listener = host.Listen(TwoHosts.ServerEndpoint);
            using SimTcpStream stream = await listener.AcceptAsync();
            Log(net, "accepted");
            Assert.Equal(new IpEndpoint(TwoHosts.ClientAddress, stream.RemoteEndpoint.Port), stream.RemoteEndpoint);
        });
        net.Client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            Log(net, "connected");
            Assert.Equal(TcpState.Established, stream.Socket.State);
            Assert.Equal(0, await stream.ReadAsync(new byte[10], None));
            Log(net, "end of file");
        });
        net.Simulation.Run();
        Assert.Equal(["10ms connected", "15ms accepted", "20ms end of file"], _log);
        Assert.All(net.Simulation.Applications, application => Assert.True(application.IsCompleted));
        Assert.Equal(0, net.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void DataArrivesUnchangedOverABadLink()
    {
        byte[] data = TwoHosts.Pattern(300_000);
        using TwoHosts net = new(new LinkDirectionOptions
        {
            Rate = new DataRate(100_000_000),
            Delay = Duration.FromMilliseconds(5),
            Loss = Probability.FromPercent(2),
            Duplicate = Probability.FromPercent(1),
            Corrupt = Probability.FromPercent(1),
            Reorder = Probability.FromPercent(2),
            ReorderDelay = Duration.FromMilliseconds(1),
        });
        byte[] received = Transfer(net, data);
        Assert.Equal(data, received);
        Assert.True(net.Link.AToB.Counters.Dropped(DropReason.RandomLoss) > 0);
        Assert.True(net.Link.AToB.Counters.Corrupted > 0);
        Assert.Equal(0, net.Simulation.FramePool.Outstanding);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void TheSameSeedGivesTheSameBytesAnotherDoesNot(ulong seed)
    {
        List<string> first = Frames(seed);
        Assert.Equal(first, Frames(seed));
        Assert.NotEqual(first, Frames(seed + 1));
    }

    [Fact]
    public void ARefusedConnectIsAnErrorWithItsErrno()
    {
        using TwoHosts net = new();
        net.Client.Start(async host =>
        {
            SimSocketException error = await Assert.ThrowsAsync<SimSocketException>(
                async () => await host.ConnectAsync(TwoHosts.ServerEndpoint));
            Assert.Equal(Errno.ECONNREFUSED, error.Errno);
            Assert.Equal("client: connect to 192.0.2.2:80: ECONNREFUSED", error.Message);
            Log(net, "refused");
        });
        net.Simulation.Run();
        Assert.Equal(["10ms refused"], _log);
    }

    [Fact]
    public void ListeningTwiceOnAPortFails()
    {
        using TwoHosts net = new();
        using SimTcpListener first = net.Server.Listen(TwoHosts.ServerEndpoint);
        SimSocketException error = Assert.Throws<SimSocketException>(() => net.Server.Listen(TwoHosts.ServerEndpoint));
        Assert.Equal(Errno.EADDRINUSE, error.Errno);
    }

    [Fact]
    public void CancelledCallsEndAndTheStreamStaysUsable()
    {
        using TwoHosts net = new();
        net.Server.Start(async host =>
        {
            using SimTcpListener listener = host.Listen(TwoHosts.ServerEndpoint);
            using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(3), net.Simulation.TimeProvider);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await listener.AcceptAsync(soon.Token));
            Log(net, "accept cancelled");
            using SimTcpStream stream = await listener.AcceptAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(100), net.Simulation.TimeProvider);
            await stream.WriteAsync(new byte[] { 1, 2, 3 }, None);
        });
        net.Client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(20), net.Simulation.TimeProvider);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadSome(stream, soon.Token));
            Log(net, "read cancelled");
            Assert.Equal(3, await stream.ReadAsync(new byte[10], None));
            Log(net, "read");
        });
        net.Simulation.Run();
        Assert.Equal(["3ms accept cancelled", "30ms read cancelled", "120ms read"], _log);
    }

    [Fact]
    public void DisposingEndsAWaitingRead()
    {
        using TwoHosts net = new();
        using SimTcpListener listener = net.Server.Listen(TwoHosts.ServerEndpoint);
        net.Client.Start(async host =>
        {
            SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            net.Simulation.Loop.Post(host.Now + Duration.FromMilliseconds(1), stream.Dispose);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadSome(stream, None));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.WriteAsync(new byte[1], None));
            Log(net, "disposed");
        });
        net.Simulation.RunFor(Duration.FromSeconds(1));
        Assert.Equal(["11ms disposed"], _log);
    }

    [Fact]
    public void BlockingCallsAndTwoReadsAtOnceAreRefused()
    {
        using TwoHosts net = new();
        using SimTcpListener listener = net.Server.Listen(TwoHosts.ServerEndpoint);
        net.Client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            Assert.Throws<NotSupportedException>(() => stream.Read(new byte[1], 0, 1));
            Assert.Throws<NotSupportedException>(() => stream.Write(new byte[1], 0, 1));
            ValueTask<int> waiting = stream.ReadAsync(new byte[1], None);
            Assert.False(waiting.IsCompleted);
            await Assert.ThrowsAsync<InvalidOperationException>(() => ReadSome(stream, None));
            Log(net, "refused");
        });
        net.Simulation.RunFor(Duration.FromSeconds(1));
        Assert.Equal(["10ms refused"], _log);
    }

    [Fact]
    public void LibrariesReadLinesInVirtualTime()
    {
        using TwoHosts net = new();
        net.Server.Start(async host =>
        {
            using SimTcpListener listener = host.Listen(TwoHosts.ServerEndpoint);
            await using StreamWriter writer = new(await listener.AcceptAsync()) { AutoFlush = true, NewLine = "\n" };
            await writer.WriteLineAsync("daytime");
            await Task.Delay(TimeSpan.FromSeconds(2), net.Simulation.TimeProvider);
            await writer.WriteLineAsync("bye");
        });
        net.Client.Start(async host =>
        {
            using StreamReader reader = new(await host.ConnectAsync(TwoHosts.ServerEndpoint));
            while (await reader.ReadLineAsync(None) is { } line)
            {
                Log(net, line);
            }

            Log(net, "end");
        });
        net.Simulation.Run();
        Assert.Equal(["20ms daytime", "2020ms bye", "2020ms end"], _log);
    }

    [Fact]
    public void ProcessingAndWakeUpDelaysAddUp()
    {
        using TwoHosts net = new(processing: Duration.FromMilliseconds(1), wakeup: Duration.FromMilliseconds(3));
        using SimTcpListener listener = net.Server.Listen(TwoHosts.ServerEndpoint);
        net.Client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            Log(net, "connected");
        });
        net.Simulation.RunFor(Duration.FromSeconds(1));
        Assert.Equal(["15ms connected"], _log);
    }

    [Theory]
    [InlineData(0, 12, 17, 10)]
    [InlineData(0, 10, 17, 17)]
    [InlineData(0, 1, 10, 10)]
    [InlineData(3, 12, 17, 20)]
    [InlineData(3, 14, 17, 13)]
    public void WhatBecomesReadyInABusyTimeWakesAtItsEnd(int wakeup, int from, int until, int connected)
    {
        BusyTime[] busy = [new(At(from), At(until)), new(At(until), At(until + (wakeup == 0 ? 0 : 3)))];
        using TwoHosts net = new(wakeup: Duration.FromMilliseconds(wakeup), busy: busy);
        using SimTcpListener listener = net.Server.Listen(TwoHosts.ServerEndpoint);
        net.Client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            Log(net, "connected");
        });
        net.Simulation.RunFor(Duration.FromSeconds(1));
        Assert.Equal([$"{connected}ms connected"], _log);
    }

    private static Instant At(int milliseconds) => Instant.Zero + Duration.FromMilliseconds(milliseconds);

    [Fact]
    public void AHostTalksToItself()
    {
        using TwoHosts net = new();
        IpEndpoint self = new(TwoHosts.ServerAddress, 1145);
        net.Server.Start(async host =>
        {
            using SimTcpListener listener = host.Listen(self);
            using SimTcpStream client = await host.ConnectAsync(self);
            Log(net, "connected");
            using SimTcpStream server = await listener.AcceptAsync();
            await client.WriteAsync(new byte[] { 1, 2, 3 }, None);
            Log(net, $"read {await server.ReadAsync(new byte[10], None)}");
        });
        net.Simulation.Run();
        Assert.Equal(["0ms connected", "0ms read 3"], _log);
        Assert.Equal(0, net.Link.AToB.Counters.Sent + net.Link.BToA.Counters.Sent);
    }

    [Fact]
    public void SteadyTransferAllocatesNothing()
    {
        using TwoHosts net = new(new LinkDirectionOptions { Rate = new DataRate(1_000_000_000), Delay = Duration.FromMilliseconds(1) });
        long least = long.MaxValue;
        const int Part = 10_000_000;
        const int Parts = 10;
        net.Server.Start(async host =>
        {
            using SimTcpListener listener = host.Listen(TwoHosts.ServerEndpoint);
            using SimTcpStream stream = await listener.AcceptAsync();
            byte[] buffer = new byte[65536];
            for (int part = 0; part < Parts; part++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int read = 0; read < Part;)
                {
                    read += await stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, Part - read)), None);
                }

                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        });
        net.Client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            byte[] buffer = new byte[100_000];
            for (int sent = 0; sent < Part * Parts; sent += buffer.Length)
            {
                await stream.WriteAsync(buffer, None);
            }
        });
        net.Simulation.Run();
        // Each part is 7,000 segments and as many calls; while the window grows, some parts need a few frames more.
        Assert.Equal(0, least);
    }

    private static Task<int> ReadSome(SimTcpStream stream, CancellationToken cancellationToken) =>
        stream.ReadAsync(new byte[10], cancellationToken).AsTask();

    private static byte[] Transfer(TwoHosts net, byte[] data)
    {
        MemoryStream received = new();
        net.Server.Start(async host =>
        {
            using SimTcpListener listener = host.Listen(TwoHosts.ServerEndpoint);
            using SimTcpStream stream = await listener.AcceptAsync();
            await stream.CopyToAsync(received, None);
        });
        net.Client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(TwoHosts.ServerEndpoint);
            await stream.WriteAsync(data, None);
        });
        net.Simulation.Run();
        return received.ToArray();
    }

    private static List<string> Frames(ulong seed)
    {
        using TwoHosts net = new(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(5), Loss = Probability.FromPercent(5) }, seed);
        List<string> frames = [];
        net.Simulation.Observe.Packets.Subscribe(p => frames.Add($"{p.Time} {p.Point} {p.Fate} {p.FrameId} {Convert.ToHexString(p.Bytes.Span)}"));
        Transfer(net, TwoHosts.Pattern(100_000));
        return frames;
    }

    private void Log(TwoHosts net, string what) => _log.Add($"{net.Simulation.Now.Nanoseconds / 1_000_000}ms {what}");
}

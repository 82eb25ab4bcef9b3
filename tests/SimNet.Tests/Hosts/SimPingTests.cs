using System.Buffers.Binary;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Observe;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using Xunit;

namespace SimNet.Tests.Hosts;

public sealed class SimPingTests
{
    [Fact]
    public void ThreeRequestsAreAnswered()
    {
        using TwoHosts net = new();
        List<string> replies = [];
        List<byte[]> requests = [];
        using IDisposable watch = net.Client.Interfaces[0].Packets.Subscribe(new Watcher(requests));
        net.Client.Start(async host =>
        {
            using SimPing ping = host.OpenPing(TwoHosts.ServerAddress, new PingOptions { Identifier = 25_208 });
            for (int i = 0; i < 3; i++)
            {
                PingReply reply = await ping.SendAsync();
                replies.Add($"{reply.Status} {reply.From} seq={reply.Sequence} {reply.Length} ttl={reply.TimeToLive} {reply.RoundTrip}");
                await Task.Delay(TimeSpan.FromSeconds(0.3), host.Simulation.TimeProvider);
            }
        });
        net.Simulation.Run();
        Assert.Equal(
            [
                "Reply 192.0.2.2 seq=1 56 ttl=64 0.01s", "Reply 192.0.2.2 seq=2 56 ttl=64 0.01s",
                "Reply 192.0.2.2 seq=3 56 ttl=64 0.01s",
            ],
            replies);

        // As ping(8) on Linux: 98 bytes, DF, an identification, and in the payload a struct timeval, then 10 11 12 ….
        byte[] request = requests[0];
        Assert.Equal(98, request.Length);
        Assert.Equal(0x40, request[20]);
        Assert.Equal(25_208, BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(38)));
        Assert.Equal(1, BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(40)));
        Assert.Equal(
            net.Simulation.Options.Start.ToUnixTimeSeconds(), BinaryPrimitives.ReadInt64LittleEndian(request.AsSpan(42)));
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(request.AsSpan(50)));
        Assert.Equal("10111213", Convert.ToHexString(request.AsSpan(58, 4)));
        Assert.Equal(0, net.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void SilenceTimesOutAndALaterReplyIsTheOnesOwn()
    {
        using TwoHosts net = new();
        List<string> ended = [];
        net.Server.Stack.Sysctls.IcmpEchoIgnoreAll = true;
        net.Client.Start(async host =>
        {
            using SimPing ping = host.OpenPing(TwoHosts.ServerAddress, new PingOptions { Timeout = Duration.FromSeconds(2) });
            Task<PingReply> first = ping.SendAsync();
            net.Server.Stack.Sysctls.IcmpEchoIgnoreAll = true;
            await Task.Delay(TimeSpan.FromSeconds(1), host.Simulation.TimeProvider);
            net.Server.Stack.Sysctls.IcmpEchoIgnoreAll = false;
            PingReply second = await ping.SendAsync();
            ended.Add($"{second.Sequence} {second.Status} {host.Now}");
            PingReply timedOut = await first;
            ended.Add($"{timedOut.Sequence} {timedOut.Status} {host.Now} {timedOut.RoundTrip}");
        });
        net.Simulation.Run();
        Assert.Equal(["2 Reply 1.010000000", "1 TimedOut 2.000000000 2s"], ended);
    }

    [Fact]
    public void AHostThatIsNotThereIsUnreachable()
    {
        using TwoHosts net = new();
        PingReply? reply = null;
        net.Client.Start(async host => reply = await host.PingAsync(IpAddress.Parse("192.0.2.77")));
        net.Simulation.Run();
        Assert.Equal((PingStatus.Unreachable, Errno.EHOSTUNREACH, TwoHosts.ClientAddress), (reply!.Status, reply.Error, reply.From));
        Assert.Equal((3, 1), (reply.IcmpType, reply.IcmpCode));
    }

    [Fact]
    public void WhatCannotBeSentIsSaidAtOnce()
    {
        using TwoHosts net = new();
        List<string> errors = [];
        net.Client.Start(async host =>
        {
            errors.Add((await Assert.ThrowsAsync<SimSocketException>(
                () => host.PingAsync(IpAddress.Parse("198.51.100.1")))).Message);
            PingOptions whole = new() { Size = 1473, PathMtuDiscovery = PathMtuDiscovery.IP_PMTUDISC_DO };
            errors.Add((await Assert.ThrowsAsync<SimSocketException>(
                () => host.PingAsync(TwoHosts.ServerAddress, whole))).Message);
            PingReply fits = await host.PingAsync(TwoHosts.ServerAddress, whole with { Size = 1472 });
            errors.Add(fits.Status.ToString());
        });
        net.Simulation.Run();
        Assert.Equal(
            ["client: ping 198.51.100.1: ENETUNREACH", "client: ping 192.0.2.2: EMSGSIZE", "Reply"], errors);
    }

    [Fact]
    public void APingCanBeCancelled()
    {
        using TwoHosts net = new();
        net.Server.Stack.Sysctls.IcmpEchoIgnoreAll = true;
        bool cancelled = false;
        net.Client.Start(async host =>
        {
            using CancellationTokenSource source = new(TimeSpan.FromSeconds(1), host.Simulation.TimeProvider);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => host.PingAsync(TwoHosts.ServerAddress, cancellationToken: source.Token));
            cancelled = host.Now == new Instant(1_000_000_000);
        });
        net.Simulation.Run();
        Assert.True(cancelled);
    }

    private sealed class Watcher(List<byte[]> sent) : IObserver<PacketEvent>
    {
        public void OnNext(PacketEvent value)
        {
            if (value.Direction == CaptureDirection.Outbound)
            {
                sent.Add(value.Bytes.ToArray());
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Observe;
using SimNet.Random;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;


namespace SimNet.Tests.Bridge;

/// <summary>Packets of many segments between a simulated host and the kernel, and what each says of the other's.</summary>
public class OffloadTests
{
    private const int Bytes = 3_000_000;
    private static readonly TapOptions Offload = new() { Offload = true };

    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("fd09::2")]
    public void LongPacketsPassBothWays(string address)
    {
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel, device: Offload);
        Echo(kernel, bridged, address, out int receivedMss);
        DeviceCounters counters = bridged.Device.Counters;
        Assert.True(counters.RxBytes / counters.RxFrames > 3000, $"{counters.RxBytes} bytes came in {counters.RxFrames} frames");
        Assert.True(counters.TxBytes / counters.TxFrames > 3000, $"{counters.TxBytes} bytes went in {counters.TxFrames} frames");
        // What the kernel's segments would have been on a wire, not what it handed over.
        Assert.Equal(address.Contains(':') ? 1428 : 1448, receivedMss);
        Assert.Equal(0, counters.RxErrors);
    }

    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("fd09::2")]
    public void WhatIsCapturedAtThePortIsWhole(string address)
    {
        List<ReadOnlyMemory<byte>> seen = [];
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel, device: Offload, prepare: b => b.Port.Tap.Packets.Subscribe(packet => seen.Add(packet.Bytes)));
        Echo(kernel, bridged, address, out _);
        Assert.Contains(seen, packet => packet.Length > 1514);
        Assert.All(bridged.Do(() => seen.ToArray()), packet => Assert.True(HasGoodSums(packet.Span)));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void BeforeALinkThatLosesPacketsThereAreSegments(bool offload, bool joins)
    {
        List<int> lengths = [];
        LinkDirectionOptions lossy = new() { Loss = Probability.FromPercent(1), Delay = Duration.FromMicroseconds(100) };
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(
            kernel, LinkOptions.Symmetric(lossy), device: Offload with { Offload = offload },
            prepare: b =>
            {
                b.Port.ReceiveOffload = joins;
                b.Port.Tap.Packets.Subscribe(packet => lengths.Add(packet.Bytes.Length));
            });
        Echo(kernel, bridged, "10.9.0.2", out _);
        Assert.Equal(1514, lengths.Max());
        Assert.True(bridged.Link.AToB.Counters.Dropped(DropReason.RandomLoss) > 0 && bridged.Link.BToA.Counters.Dropped(DropReason.RandomLoss) > 0);
    }

    [Fact]
    public void ALinkMayChangeWhileLongPacketsPass()
    {
        LinkDirectionOptions plain = new(), lossy = new() { Loss = Probability.FromPercent(1) };
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel, device: Offload, prepare: b => b.Session.Every(Duration.FromMilliseconds(3), () =>
        {
            LinkDirection way = b.Link.AToB.Options == plain ? b.Link.AToB : b.Link.BToA;
            way.Options = way.Options == plain ? lossy : plain;
        }));
        Echo(kernel, bridged, "10.9.0.2", out _);
    }

    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("fd09::2")]
    public void SegmentsThatCameTogetherAreAcknowledgedTogether(string address)
    {
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel, device: new TapOptions { ThreadedNapi = true }, prepare: b => b.Port.ReceiveOffload = true);
        Receive(kernel, bridged, address, out int receivedMss);
        DeviceCounters counters = bridged.Device.Counters;
        Assert.True(counters.RxFrames > Bytes / 1500, $"{counters.RxFrames} frames");
        Assert.True(counters.TxFrames < counters.RxFrames / 4, $"{counters.TxFrames} frames in answer to {counters.RxFrames}");
        Assert.Equal(address.Contains(':') ? 1428 : 1448, receivedMss);
    }

    /// <summary>The kernel sends and gets back the same; each end's stack is asked what it thinks of the other.</summary>
    private static void Echo(KernelNamespace kernel, BridgedHost bridged, string address, out int receivedMss)
    {
        TcpSocket? served = null;
        bridged.Start(async host =>
        {
            SimTcpListener listener = host.Listen(new IpEndpoint(IpAddress.Parse(address), 7));
            using SimTcpStream stream = await listener.AcceptAsync();
            served = stream.Socket;
            using MemoryStream all = new();
            await stream.CopyToAsync(all);
            await stream.WriteAsync(all.GetBuffer().AsMemory(0, (int)all.Length));
        });
        byte[] payload = Payload();
        using Socket socket = Connect(kernel, address);
        socket.Send(payload);
        socket.Shutdown(SocketShutdown.Send);
        using MemoryStream answer = new();
        byte[] buffer = new byte[65_536];
        while (socket.Receive(buffer) is > 0 and int count)
        {
            answer.Write(buffer, 0, count);
        }

        Assert.Equal(SHA256.HashData(payload), SHA256.HashData(answer.GetBuffer().AsSpan(0, (int)answer.Length)));
        receivedMss = bridged.Do(() => served!.GetInfo(bridged.Simulation.Now).RcvMss);
        AssertNoErrors(kernel, bridged);
    }

    private static void Receive(KernelNamespace kernel, BridgedHost bridged, string address, out int receivedMss)
    {
        TaskCompletionSource<(byte[] Hash, int Mss)> received = new();
        bridged.Start(async host =>
        {
            SimTcpListener listener = host.Listen(new IpEndpoint(IpAddress.Parse(address), 7));
            using SimTcpStream stream = await listener.AcceptAsync();
            using MemoryStream all = new();
            await stream.CopyToAsync(all);
            received.SetResult((SHA256.HashData(all.GetBuffer().AsSpan(0, (int)all.Length)), stream.Socket.GetInfo(host.Now).RcvMss));
        });
        byte[] payload = Payload();
        using Socket socket = Connect(kernel, address);
        socket.Send(payload);
        socket.Shutdown(SocketShutdown.Send);
        Assert.True(received.Task.Wait(TimeSpan.FromSeconds(20)));
        Assert.Equal(SHA256.HashData(payload), received.Task.Result.Hash);
        receivedMss = received.Task.Result.Mss;
        AssertNoErrors(kernel, bridged);
    }

    private static byte[] Payload()
    {
        byte[] payload = new byte[Bytes];
        new System.Random(1).NextBytes(payload);
        return payload;
    }

    private static Socket Connect(KernelNamespace kernel, string address) => kernel.Enter(() =>
    {
        const int TCP_CONGESTION = 13;
        IPAddress to = IPAddress.Parse(address);
        Socket made = new(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000, SendTimeout = 20_000 };
        made.SetRawSocketOption((int)ProtocolType.Tcp, TCP_CONGESTION, "cubic"u8);
        made.Connect(new IPEndPoint(to, 7));
        return made;
    });

    private static void AssertNoErrors(KernelNamespace kernel, BridgedHost bridged)
    {
        IReadOnlyDictionary<string, long> counters = kernel.Counters();
        string[] errors = ["TcpInErrs", "TcpInCsumErrors", "IpInHdrErrors", "Ip6InHdrErrors", "IpInDiscards"];
        Assert.Empty(errors.Where(counters.ContainsKey));
        SnmpCounter[] own = [SnmpCounter.TcpInErrs, SnmpCounter.TcpInCsumErrors];
        Assert.All(own, counter => Assert.Equal(0, bridged.Do(() => bridged.Host.Stack.Counters[counter])));
    }

    private static bool HasGoodSums(ReadOnlySpan<byte> frame) => !IsTcp(frame)
        || (TcpFrameLayout.TryParse(frame, out TcpFrameLayout layout)
            && InternetChecksum.Fold(InternetChecksum.Sum(frame[layout.Payload..]) + layout.SumOfHeaders(frame, frame.Length)) == 0);

    private static bool IsTcp(ReadOnlySpan<byte> frame) => frame[12] == 0x08 ? frame[13] == 0 && frame[23] == 6 : frame[12] == 0x86 && frame[20] == 6;
}

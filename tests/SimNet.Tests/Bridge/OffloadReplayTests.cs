using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Random;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>
/// Recordings of a port with offload: two simulations side by side in virtual time, of which one is recorded. Frames that left a side at one instant
/// enter the other together.
/// </summary>
public class OffloadReplayTests
{
    private const int Bytes = 300_000;
    private static readonly LinkDirectionOptions Clear = new();
    private static readonly LinkDirectionOptions Lossy = new() { Loss = Probability.Parse("1%"), Delay = Duration.FromMicroseconds(50) };

    public static TheoryData<int, bool, bool> Settings =>
        new(from offload in Enumerable.Range(0, 8) from incoming in (bool[])[false, true] from outgoing in (bool[])[false, true] select (offload, incoming, outgoing));

    /// <param name="offload">The port's, as <see cref="PortOffload"/>.</param>
    /// <param name="lossyIn">The link loses what comes in, so that nothing long may pass it.</param>
    /// <param name="lossyOut">The link loses what leaves.</param>
    [Theory]
    [MemberData(nameof(Settings))]
    public void ARecordingIsReplayedByteForByte(int offload, bool lossyIn, bool lossyOut)
    {
        bool takesLong = (offload & (int)PortOffload.Device) != 0, joins = (offload & (int)PortOffload.Receive) != 0;
        byte[] recording = Record((PortOffload)offload, lossyIn, lossyOut);
        (BridgeReplay replay, byte[] again) = Replay(recording, lossyIn, lossyOut);
        Assert.Null(replay.Difference);
        Assert.True(replay.Identical > 10 && replay.Entered > 10);
        Assert.Equal((replay.RecordedLeft, replay.Left), (replay.Identical, replay.Identical));
        Assert.Equal(recording, again);

        List<(CaptureDirection Direction, int Length, string? Comment)> packets = Read(recording);
        Assert.All(packets, p => Assert.Equal(p.Length > 1514, p.Comment?.Contains("sim-segments 1448", StringComparison.Ordinal) == true));
        Assert.Equal(takesLong && !lossyIn, packets.Exists(p => p.Direction == CaptureDirection.Inbound && p.Length > 1514));
        Assert.Equal(takesLong && !lossyOut, packets.Exists(p => p.Direction == CaptureDirection.Outbound && p.Length > 1514));
        Assert.Equal(offload == 0 ? 0 : 1, packets.Count(p => p.Comment?.Contains("sim-port-offload", StringComparison.Ordinal) == true));
        if (((takesLong || joins) && !lossyIn) || (takesLong && !lossyOut))
        {
            Assert.NotNull(Replay(WithoutComments(recording), lossyIn, lossyOut).Replay.Difference);
        }
    }

    [Fact]
    public void WhatCameInOneAfterTheOtherIsAnotherRun()
    {
        byte[] recording = Record(PortOffload.Receive, lossyIn: false, lossyOut: false);
        Duration later = Duration.Zero;
        byte[] apart = Rewrite(recording, (packet, last) =>
        {
            later = packet.UnixNanoseconds == last ? later + Duration.FromNanoseconds(1) : Duration.Zero;
            return (packet.Direction == CaptureDirection.Inbound ? packet.UnixNanoseconds + later.Nanoseconds : packet.UnixNanoseconds, packet.Comment);
        });
        Assert.NotNull(Replay(apart, lossyIn: false, lossyOut: false).Replay.Difference);
    }

    [Theory]
    [InlineData("sim-segments 0", "has the comment `sim-segments 0`, which should be like")]
    [InlineData("sim-port-offload sometimes", "has the comment `sim-port-offload sometimes`, which should be like")]
    [InlineData("sim-segments 7", "is no TCP packet of segments of 7 bytes")]
    [InlineData("sim-segments 65000", "is no TCP packet of segments of 65000 bytes")]
    public void AMarkThatCannotBeIsRefused(string mark, string message)
    {
        byte[] recording = Record(PortOffload.Device, lossyIn: false, lossyOut: false);
        byte[] changed = Rewrite(recording, (packet, _) =>
            (packet.UnixNanoseconds, packet is { Direction: CaptureDirection.Inbound, CapturedLength: > 1514 } ? mark : packet.Comment));
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Replay(changed, false, false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACommentOfAnotherKindChangesNothing()
    {
        byte[] recording = Record(PortOffload.Device | PortOffload.Receive, lossyIn: false, lossyOut: true);
        byte[] noted = Rewrite(recording, (packet, _) => (packet.UnixNanoseconds, packet.Comment is null ? "look here" : packet.Comment + "; look here"));
        Assert.Null(Replay(noted, lossyIn: false, lossyOut: true).Replay.Difference);
    }

    /// <summary>A host that echoes, and its port.</summary>
    private static Simulation Network(bool lossyIn, bool lossyOut, out BridgePort outside)
    {
        Simulation simulation = new(new SimulationOptions { Seed = 5, Start = BridgeReplayTests.Start });
        SimHost host = simulation.AddHost("near");
        HostInterface port = host.AddInterface();
        port.AddAddress(IpAddress.Parse("10.0.0.1"), 24);
        outside = simulation.AddBridgePort("outside");
        simulation.AddLink(outside, port, new LinkOptions { AToB = lossyIn ? Lossy : Clear, BToA = lossyOut ? Lossy : Clear });
        host.Start(async near =>
        {
            using SimTcpListener listener = near.Listen(new IpEndpoint(IpAddress.AnyV4, 7));
            await using SimTcpStream stream = await listener.AcceptAsync();
            await stream.CopyToAsync(stream);
        });
        return simulation;
    }

    private static byte[] Record(PortOffload offload, bool lossyIn, bool lossyOut)
    {
        using Simulation near = Network(lossyIn, lossyOut, out BridgePort outside);
        outside.Offload = offload;
        using MemoryStream file = new();
        Capture(near, outside, file, () =>
        {
            using Simulation far = Other(out BridgePort other, out Func<int> echoed);
            other.HasOffloadDevice = outside.HasOffloadDevice;
            Converse(near, outside, far, other, () => echoed() == Bytes);
            Assert.Equal(0, far.FramePool.Outstanding);
        });
        Assert.Equal(0, near.FramePool.Outstanding);
        return file.ToArray();
    }

    /// <summary>The other party: it has some bytes echoed.</summary>
    private static Simulation Other(out BridgePort outside, out Func<int> echoed)
    {
        Simulation simulation = new(new SimulationOptions { Seed = 77 });
        SimHost host = simulation.AddHost("far");
        HostInterface port = host.AddInterface(mac: new MacAddress(0x0200_0000_7701));
        port.AddAddress(IpAddress.Parse("10.0.0.2"), 24);
        outside = simulation.AddBridgePort("outside");
        simulation.AddLink(outside, port);
        int count = 0;
        host.Start(async far =>
        {
            await using SimTcpStream stream = await far.ConnectAsync(new IpEndpoint(IpAddress.Parse("10.0.0.1"), 7));
            ValueTask written = stream.WriteAsync(new byte[Bytes]);
            byte[] buffer = new byte[Bytes];
            while (count < Bytes && await stream.ReadAsync(buffer) is var read and > 0)
            {
                count += read;
            }

            await written;
        });
        echoed = () => count;
        return simulation;
    }

    /// <summary>Both run, each up to the other's next event.</summary>
    private static void Converse(Simulation near, BridgePort nearPort, Simulation far, BridgePort farPort, Func<bool> isDone)
    {
        List<Frame> toNear = [], toFar = [];
        nearPort.Leaving = (_, frame) => Move(near, frame, far, toFar);
        farPort.Leaving = (_, frame) => Move(far, frame, near, toNear);
        Instant now = Instant.Zero;
        while (!isDone() || near.FramePool.Outstanding + far.FramePool.Outstanding > 0)
        {
            Assert.True(now < Instant.Zero + Duration.FromSeconds(60), "it takes too long");
            // A cable of a microsecond, so that each batch has an instant of its own.
            Instant next = now + Duration.FromMicroseconds(1);
            now = toNear.Count + toFar.Count > 0 ? next : Instant.Max(next, Instant.Min(near.Loop.NextDue, far.Loop.NextDue));
            near.Loop.RunUntil(now);
            far.Loop.RunUntil(now);
            Enter(nearPort, toNear, now);
            Enter(farPort, toFar, now);
        }

        near.Loop.RunUntil(now);
    }

    private static void Move(Simulation from, Frame frame, Simulation to, List<Frame> waiting)
    {
        Frame copy = to.FramePool.Clone(frame);
        from.FramePool.Return(frame);
        waiting.Add(copy);
    }

    private static void Enter(BridgePort port, List<Frame> waiting, Instant now)
    {
        if (waiting.Count > 0)
        {
            port.Enter(now, waiting.ToArray());
            waiting.Clear();
        }
    }

    private static (BridgeReplay Replay, byte[] Capture) Replay(byte[] recording, bool lossyIn, bool lossyOut)
    {
        using Simulation simulation = Network(lossyIn, lossyOut, out BridgePort outside);
        using BridgeReplay replay = new(simulation);
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(recording));
        using MemoryStream file = new();
        Capture(simulation, outside, file, () => replay.Run(reader, TestContext.Current.CancellationToken));
        return (replay, file.ToArray());
    }

    private static void Capture(Simulation simulation, BridgePort outside, MemoryStream file, Action run)
    {
        using PcapngWriter writer = new(file, new PcapngOptions { LeaveOpen = true });
        using CaptureSession capture = new(simulation, writer, [outside], withComments: false);
        run();
        writer.SetStatistics(0, outside.Entered, 0, CaptureClock.StartingAt(BridgeReplayTests.Start).ToUnixNanoseconds(simulation.Now));
    }

    private static List<(CaptureDirection Direction, int Length, string? Comment)> Read(byte[] recording)
    {
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(recording));
        List<(CaptureDirection, int, string?)> packets = [];
        while (reader.TryRead(out CapturedPacket packet))
        {
            packets.Add((packet.Direction, packet.CapturedLength, packet.Comment));
        }

        return packets;
    }

    private static byte[] WithoutComments(byte[] recording) => Rewrite(recording, (packet, _) => (packet.UnixNanoseconds, null));

    /// <param name="recording">The file.</param>
    /// <param name="change">Time and comment in place of a packet's own; gets the time of the packet before it, too.</param>
    private static byte[] Rewrite(byte[] recording, Func<CapturedPacket, long, (long UnixNanoseconds, string? Comment)> change)
    {
        using MemoryStream file = new();
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(recording));
        using PcapngWriter writer = new(file, new PcapngOptions { LeaveOpen = true });
        writer.AddInterface(new CaptureInterface { Name = "outside" });
        long last = 0;
        while (reader.TryRead(out CapturedPacket packet))
        {
            (long time, string? comment) = change(packet, last);
            writer.Write(0, time, packet.Data.Span, packet.Direction, comment.AsSpan());
            last = packet.UnixNanoseconds;
        }

        writer.SetStatistics(0, 0, 0, reader.EndUnixNanoseconds);
        writer.Dispose();
        return file.ToArray();
    }
}

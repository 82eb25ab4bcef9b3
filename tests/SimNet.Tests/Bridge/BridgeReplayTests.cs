using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Random;
using SimNet.Time;
using SimStack;
using SimStack.Ip;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>A session between two simulations in real time, over devices without a system behind them, and what a replay makes of it.</summary>
public class BridgeReplayTests
{
    private const int Bytes = 200_000;
    internal static readonly DateTimeOffset Start = new(2031, 4, 5, 6, 7, 8, TimeSpan.Zero);
    internal static readonly Lazy<byte[]> Recording = new(Record);

    [Fact]
    public void TheSameFramesLeaveAtTheSameInstants()
    {
        (BridgeReplay replay, _) = Replay(Recording.Value, seed: 5);
        Assert.Null(replay.Difference);
        Assert.True(replay.Entered > 20 && replay.Identical > 20, $"{replay.Entered} in, {replay.Identical} out");
        Assert.Equal(replay.RecordedLeft, replay.Identical);
        Assert.Equal(replay.Left, replay.Identical);
    }

    [Fact]
    public void AnotherSeedIsNoticed()
    {
        (BridgeReplay replay, _) = Replay(Recording.Value, seed: 6);
        Assert.NotNull(replay.Difference);
        Assert.Equal(replay.Identical + 1, replay.Difference.Number);
    }

    [Fact]
    public void WithoutComparisonFramesAreCounted()
    {
        (BridgeReplay replay, _) = Replay(Recording.Value, seed: 6, compares: false);
        Assert.Null(replay.Difference);
        Assert.True(replay.RecordedLeft > 20 && replay.Left > 0 && replay.Identical == 0);
    }

    [Fact]
    public void AChangedByteOrInstantIsNamed()
    {
        List<(Instant Time, CaptureDirection Direction, byte[] Frame)> frames = Read(Recording.Value);
        int index = frames.FindIndex(20, f => f.Direction == CaptureDirection.Outbound);
        long number = frames.Take(index + 1).Count(f => f.Direction == CaptureDirection.Outbound);

        var changed = frames.ToList();
        changed[index] = changed[index] with { Frame = [.. changed[index].Frame] };
        changed[index].Frame[^1] ^= 1;
        ReplayDifference difference = Replay(changed).Difference!;
        Assert.Equal((number, changed[index].Frame.Length - 1), (difference.Number, difference.FirstByte));

        changed = [.. frames];
        changed[index] = changed[index] with { Time = changed[index].Time + Duration.FromNanoseconds(1) };
        difference = Replay(changed).Difference!;
        Assert.Equal((number, frames[index].Time, -1), (difference.Number, difference.Replayed!.Time, difference.FirstByte));

        changed = [.. frames];
        changed.RemoveAt(index);
        difference = Replay(changed).Difference!;
        Assert.Equal(number, difference.Number);
        Assert.Equal(frames[index].Frame, difference.Replayed!.Bytes.ToArray());

        changed = [.. frames];
        changed.Insert(index + 1, frames[index]);
        difference = Replay(changed).Difference!;
        Assert.Equal(number + 1, difference.Number);
        Assert.Equal(frames[index].Frame, difference.Recorded!.Bytes.ToArray());
    }

    [Fact]
    public void ARecordingCutAnywhereIsReplayedAsFarAsItGoes()
    {
        List<(Instant Time, CaptureDirection Direction, byte[] Frame)> frames = Read(Recording.Value);
        foreach (int length in new[] { 0, 1, 2, 7, 30, frames.Count / 2, frames.Count - 1 })
        {
            BridgeReplay replay = Replay([.. frames.Take(length)]);
            Assert.True(replay.Difference is null, $"the first {length} frames: {replay.Difference}");
        }

        (BridgeReplay cut, string? truncation) = Replay(Recording.Value[..(Recording.Value.Length * 2 / 3)], seed: 5);
        Assert.NotNull(truncation);
        Assert.Null(cut.Difference);
    }

    [Fact]
    public void WhatLeftAfterTheLastFrameCountsWhereTheEndIsTold()
    {
        List<(Instant Time, CaptureDirection Direction, byte[] Frame)> frames = Read(Recording.Value);
        Instant end = frames[^1].Time;
        frames.RemoveRange(frames.Count / 2, frames.Count - frames.Count / 2);
        frames.RemoveAll(f => f.Direction == CaptureDirection.Inbound && f.Time > frames[20].Time);
        Assert.NotNull(Replay(frames, end).Difference);
    }

    [Fact]
    public void FramesOutOfOrderAreRefused()
    {
        List<(Instant Time, CaptureDirection Direction, byte[] Frame)> frames = [.. Read(Recording.Value).Where(f => f.Direction == CaptureDirection.Inbound)];
        (frames[3], frames[^3]) = (frames[^3], frames[3]);
        Assert.Contains("in the order of their times", Assert.Throws<InvalidDataException>(() => Replay(frames)).Message, StringComparison.Ordinal);
    }

    private static (BridgeReplay Replay, string? Truncation) Replay(byte[] recording, ulong seed, bool compares = true)
    {
        using Simulation simulation = Network(seed, out _);
        using BridgeReplay replay = new(simulation, compares: compares);
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(recording));
        replay.Run(reader, TestContext.Current.CancellationToken);
        return (replay, reader.Truncation);
    }

    private static BridgeReplay Replay(List<(Instant Time, CaptureDirection Direction, byte[] Frame)> frames, Instant? end = null)
    {
        using Simulation simulation = Network(5, out _);
        using BridgeReplay replay = new(simulation);
        foreach ((Instant time, CaptureDirection direction, byte[] frame) in frames)
        {
            replay.Add(time, 0, direction, frame, TestContext.Current.CancellationToken);
        }

        replay.Finish(end, TestContext.Current.CancellationToken);
        return replay;
    }

    internal static List<(Instant Time, CaptureDirection Direction, byte[] Frame)> Read(byte[] recording)
    {
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(recording));
        CaptureClock clock = CaptureClock.StartingAt(Start);
        List<(Instant, CaptureDirection, byte[])> frames = [];
        while (reader.TryRead(out CapturedPacket packet))
        {
            frames.Add((clock.ToInstant(packet.UnixNanoseconds), packet.Direction, packet.Data.ToArray()));
        }

        return frames;
    }

    /// <summary>A host that echoes, behind a bad link.</summary>
    internal static Simulation Network(ulong seed, out BridgePort outside)
    {
        Simulation simulation = new(new SimulationOptions { Seed = seed, Start = Start, Limits = new SimulationLimits { Events = long.MaxValue } });
        SimHost host = simulation.AddHost("near");
        HostInterface port = host.AddInterface();
        port.AddAddress(IpAddress.Parse("10.0.0.1"), 24);
        outside = simulation.AddBridgePort("outside");
        LinkDirectionOptions bad = new()
        {
            Delay = Duration.FromMilliseconds(1),
            Jitter = Duration.FromMicroseconds(700),
            Loss = Probability.Parse("2%"),
            Rate = new DataRate(200_000_000),
        };
        simulation.AddLink(outside, port, LinkOptions.Symmetric(bad));
        host.Start(async near =>
        {
            using SimTcpListener listener = near.Listen(new IpEndpoint(IpAddress.AnyV4, 7));
            while (true)
            {
                try
                {
                    await using SimTcpStream stream = await listener.AcceptAsync();
                    await stream.CopyToAsync(stream);
                }
                catch (SimSocketException)
                {
                    // The next one, please.
                }
            }
        });
        return simulation;
    }

    private static byte[] Record()
    {
        (MemoryDevice near, MemoryDevice far) = MemoryDevice.Pair();
        using Simulation simulation = Network(5, out BridgePort outside);
        using MemoryStream file = new();
        using PcapngWriter writer = new(file, new PcapngOptions { LeaveOpen = true });
        using CaptureSession capture = new(simulation, writer, [outside], withComments: false);
        using BridgeSession session = new(simulation);
        session.Attach(outside, near);
        Thread thread = new(() => session.Run()) { IsBackground = true };
        thread.Start();
        Talk(far);
        session.Stop();
        thread.Join();
        capture.Dispose();
        writer.SetStatistics(0, outside.Entered, 0, CaptureClock.StartingAt(Start).ToUnixNanoseconds(simulation.Now));
        writer.Dispose();
        return file.ToArray();
    }

    /// <summary>The other party, in real time too: it has some bytes echoed.</summary>
    private static void Talk(MemoryDevice device)
    {
        using Simulation simulation = new(new SimulationOptions { Seed = 77, Limits = new SimulationLimits { Events = long.MaxValue } });
        SimHost host = simulation.AddHost("far");
        HostInterface port = host.AddInterface(mac: new SimStack.Wire.MacAddress(0x0200_0000_7701));
        port.AddAddress(IpAddress.Parse("10.0.0.2"), 24);
        BridgePort outside = simulation.AddBridgePort("outside");
        simulation.AddLink(outside, port);
        using BridgeSession session = new(simulation);
        session.Attach(outside, device);
        int echoed = 0;
        host.Start(async far =>
        {
            try
            {
                await using SimTcpStream stream = await far.ConnectAsync(new IpEndpoint(IpAddress.Parse("10.0.0.1"), 7));
                ValueTask written = stream.WriteAsync(new byte[Bytes]);
                byte[] buffer = new byte[Bytes];
                while (echoed < Bytes && await stream.ReadAsync(buffer) is var count and > 0)
                {
                    echoed += count;
                }

                await written;
            }
            finally
            {
                session.Stop();
            }
        });
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        session.Run(limit.Token);
        Assert.Equal(Bytes, echoed);
    }
}

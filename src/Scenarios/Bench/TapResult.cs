using System.Globalization;
using System.Text.Json.Nodes;
using SimNet.Bridge;

namespace Scenarios.Bench;

/// <summary>What <see cref="TapBenchmark"/> measured in one direction.</summary>
internal sealed record TapResult
{
    public required TapDirection Direction { get; init; }

    public required long Bytes { get; init; }

    /// <summary>From the connection's beginning to the last byte, at the simulated host.</summary>
    public required double Seconds { get; init; }

    public required DeviceCounters Device { get; init; }

    /// <summary>Bytes allocated by the session's thread per frame in either direction, in the middle of the work.</summary>
    public required double AllocatedPerFrame { get; init; }

    public required BridgeStatistics Session { get; init; }

    public required ThreadTimes SessionTimes { get; init; }

    public required ThreadTimes PeerTimes { get; init; }

    public required bool PayloadIntact { get; init; }

    /// <summary>Payload in 10⁹ bit/s.</summary>
    public double Gigabits => Bytes * 8 / Seconds / 1e9;

    public string Name => Direction is TapDirection.KernelSends ? "kernel sends" : "stack sends";

    private long Frames => Device.RxFrames + Device.TxFrames;

    public void Print(TextWriter output)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        output.WriteLine(string.Create(c, $"{Name}: {Gigabits:F2} Gbit/s, {Bytes} bytes in {Seconds:F3} s"));
        output.WriteLine(string.Create(
            c, $"  frames: {Device.RxFrames} in, {Device.TxFrames} out, {Frames / Seconds / 1e6:F3} M per second, {AllocatedPerFrame:F3} bytes allocated per frame"));
        output.WriteLine(string.Create(
            c, $"  dropped: {Device.RxDropped} by the kernel before they were read, {Device.TxDropped} not taken by the device"));
        output.WriteLine(string.Create(
            c, $"  processor time: session {SessionTimes.User:F2} s + {SessionTimes.System:F2} s in the kernel; peer {PeerTimes.User:F2} s + {PeerTimes.System:F2} s"));
        output.WriteLine(string.Create(
            c, $"  longest lag {Session.LongestLag.TotalMilliseconds:F1} ms, longest stall {Session.LongestStall.TotalMilliseconds:F1} ms, {Session.Slips} slips, {Session.Rounds} rounds, {Session.Sleeps} sleeps"));
        output.WriteLine(PayloadIntact ? "  payload hash right at the receiver" : "  PAYLOAD HASH DIFFERS");
    }

    public JsonObject ToJson() => new()
    {
        ["direction"] = Direction is TapDirection.KernelSends ? "kernel-sends" : "stack-sends",
        ["bytes"] = Bytes,
        ["seconds"] = Seconds,
        ["gigabitsPerSecond"] = Gigabits,
        ["framesIn"] = Device.RxFrames,
        ["framesOut"] = Device.TxFrames,
        ["framesPerSecond"] = Frames / Seconds,
        ["allocatedBytesPerFrame"] = AllocatedPerFrame,
        ["droppedByKernel"] = Device.RxDropped,
        ["notTakenByDevice"] = Device.TxDropped,
        ["sessionUserSeconds"] = SessionTimes.User,
        ["sessionSystemSeconds"] = SessionTimes.System,
        ["peerUserSeconds"] = PeerTimes.User,
        ["peerSystemSeconds"] = PeerTimes.System,
        ["longestLagMilliseconds"] = Session.LongestLag.TotalMilliseconds,
        ["longestStallMilliseconds"] = Session.LongestStall.TotalMilliseconds,
        ["payloadIntact"] = PayloadIntact,
    };
}

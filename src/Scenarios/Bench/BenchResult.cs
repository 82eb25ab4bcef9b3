using System.Diagnostics;
using System.Globalization;

namespace Scenarios.Bench;

/// <summary>What a benchmark measured.</summary>
internal sealed record BenchResult
{
    public required string Name { get; init; }

    public required string Parameters { get; init; }

    public required double WallSeconds { get; init; }

    public required double SimulatedSeconds { get; init; }

    public required long Packets { get; init; }

    /// <summary>Payload bytes delivered; 0 where there are none.</summary>
    public long Bytes { get; init; }

    /// <summary>Handshakes made; 0 where they are not counted.</summary>
    public long Operations { get; init; }

    /// <summary>Bytes allocated per packet in the middle of the work, neither opening nor closing.</summary>
    public required double AllocatedPerPacket { get; init; }

    public bool PayloadIntact { get; init; } = true;

    /// <summary>What else should be said, a line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public void Print(TextWriter output)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        output.WriteLine($"{Name}: {Parameters}");
        double pace = SimulatedSeconds > 0 ? WallSeconds / SimulatedSeconds : 0;
        output.WriteLine(string.Create(
            c, $"  wall {WallSeconds:F3} s, simulated {SimulatedSeconds:F3} s ({pace:F4} wall s per simulated s)"));
        output.WriteLine(string.Create(c, $"  {Packets} packets, {Packets / WallSeconds / 1e6:F3} M packets per wall second"));
        if (Bytes > 0)
        {
            double megabytes = Bytes / WallSeconds / 1e6, megabits = Bytes * 8 / SimulatedSeconds / 1e6;
            output.WriteLine(string.Create(
                c, $"  {Bytes} bytes, {megabytes:F1} MB per wall second, {megabits:F1} Mbit per simulated second"));
        }

        if (Operations > 0)
        {
            output.WriteLine(
                string.Create(c, $"  {Operations} handshakes, {Operations / WallSeconds / 1e3:F1} k per wall second"));
        }

        double peak = Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0;
        output.WriteLine(string.Create(
            c, $"  {AllocatedPerPacket:F3} bytes allocated per packet, peak memory {peak:F0} MiB"));
        output.WriteLine(PayloadIntact ? "  payload hash equal at both ends" : "  PAYLOAD HASH DIFFERS");
        foreach (string note in Notes)
        {
            output.WriteLine("  " + note);
        }
    }
}

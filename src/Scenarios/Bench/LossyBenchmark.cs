using System.Globalization;

namespace Scenarios.Bench;

/// <summary>
/// One connection over a link that loses packets both ways. How long it takes depends on which ones: several seeds, of which the one in the
/// middle counts.
/// </summary>
internal sealed record LossyBenchmark(BulkBenchmark Transfer, int Seeds)
{
    /// <summary>CUBIC as RFC 9438 has it: at 1 % loss all depends on how well it keeps up with Reno, which Linux does less well.</summary>
    public static readonly SysctlSetting Usual = new("sim.tcp_cubic_rfc9438", "1");

    /// <summary>Runs a part of the work first, so that what is measured is compiled code.</summary>
    public BenchResult RunWarm()
    {
        (Transfer with { Bytes = Math.Min(Transfer.Bytes, 8 << 20) }).Run();
        List<BenchResult> results = [];
        for (int seed = 1; seed <= Seeds; seed++)
        {
            results.Add((Transfer with { Seed = (ulong)seed }).Run());
        }

        results.Sort((a, b) => a.SimulatedSeconds.CompareTo(b.SimulatedSeconds));
        BenchResult median = results[results.Count / 2];
        string seconds = string.Join(' ', results.Select(one => one.SimulatedSeconds.ToString("F2", CultureInfo.InvariantCulture)));
        return median with
        {
            Name = "lossy",
            Parameters = $"{median.Parameters}, loss {Transfer.Loss} each way",
            PayloadIntact = results.All(one => one.PayloadIntact),
            Notes = [$"median of {Seeds} seeds; simulated seconds of each: {seconds}"],
        };
    }
}

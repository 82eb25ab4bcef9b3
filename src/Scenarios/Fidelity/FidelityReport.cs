using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Scenarios.Figures;

namespace Scenarios.Fidelity;

/// <summary>A comparison as text, as JSON, as a table of all runs and as a picture.</summary>
internal static class FidelityReport
{
    /// <summary>The table of all runs.</summary>
    public const string TableName = "fidelity.csv";

    public static string PictureName(FidelityComparison comparison) => $"fidelity-{comparison.Link.Name}.svg";

    public static void Print(FidelityComparison comparison, TextWriter output)
    {
        output.WriteLine(Invariant($"{comparison.Link.Name}: {comparison.Link.Describe()}; {comparison.Kernel.Count} seeds"));
        output.WriteLine("                               kernel: median (quartiles)    simulated: median (quartiles)  difference");
        foreach (FidelityFigure figure in new[] { comparison.Seconds, comparison.Retransmissions }.Concat(comparison.Further))
        {
            output.WriteLine(Invariant(
                $"  {figure.Name,-25} {Spread(figure.Kernel),30} {Spread(figure.Simulated),32} {Percent(figure.Difference),10}"));
        }

        ulong[] different = [.. comparison.DifferentLosses];
        output.WriteLine(different.Length == 0
            ? "  the same frames were lost on both sides with every seed"
            : $"  OTHER FRAMES WERE LOST with seeds {string.Join(", ", different)}");
        output.WriteLine(Invariant($"  the times of the same seed differ by {comparison.SeedBySeed * 100:0.0} % in the median"));
        output.WriteLine(Invariant($"  longest lag in real time {comparison.LongestLag:0.0} ms; {comparison.Repeated} runs repeated"));
        output.WriteLine(!comparison.PayloadsIntact ? "  FAIL  a payload arrived altered" : Invariant(
            $"  {(comparison.Holds ? "PASS" : "FAIL")}  medians within {FidelityComparison.Tolerance * 100} %"));
    }

    public static JsonObject Json(FidelityComparison comparison) => new()
    {
        ["link"] = comparison.Link.Name,
        ["setting"] = comparison.Link.Describe(),
        ["seeds"] = comparison.Kernel.Count,
        ["holds"] = comparison.Holds,
        ["payloadsIntact"] = comparison.PayloadsIntact,
        ["sameLosses"] = !comparison.DifferentLosses.Any(),
        ["repeated"] = comparison.Repeated,
        ["medianDifferenceOfASeed"] = comparison.SeedBySeed,
        ["longestLagMilliseconds"] = comparison.LongestLag,
        ["figures"] = new JsonArray([.. new[] { comparison.Seconds, comparison.Retransmissions }.Concat(comparison.Further).Select(figure => new JsonObject
        {
            ["name"] = figure.Name,
            ["kernelMedian"] = FidelityFigure.Quantile(figure.Kernel, 0.5),
            ["simulatedMedian"] = FidelityFigure.Quantile(figure.Simulated, 0.5),
            ["difference"] = double.IsFinite(figure.Difference) ? figure.Difference : null,
            ["kernel"] = new JsonArray([.. figure.Kernel.Select(v => JsonValue.Create(v))]),
            ["simulated"] = new JsonArray([.. figure.Simulated.Select(v => JsonValue.Create(v))]),
        })]),
    };

    /// <summary>Every run as a line of comma-separated values.</summary>
    public static string Table(IEnumerable<FidelityComparison> comparisons)
    {
        var table = new StringBuilder("link,hosts,seed,seconds,retransmissions,timeouts,probes,recoveries,dsacks,hystart,lag_ms,frames,refused,lost\n");
        foreach (FidelityComparison comparison in comparisons)
        {
            foreach ((string hosts, IReadOnlyList<TransferResult> results) in new[] { ("kernel", comparison.Kernel), ("simulated", comparison.Simulated) })
            {
                foreach (TransferResult r in results)
                {
                    table.Append(Invariant($"{comparison.Link.Name},{hosts},{r.Seed},{r.Seconds:F4},{r.Retransmissions},{r.Counter("TcpExtTCPTimeouts")},"));
                    table.Append(Invariant($"{r.Counter("TcpExtTCPLossProbes")},{r.Counter("TcpExtTCPSackRecovery") + r.Counter("TcpExtTCPRenoRecovery")},{r.Counter("TcpExtTCPDSACKRecv")},"));
                    table.Append(Invariant($"{r.Counter("TcpExtTCPHystartTrainCwnd") + r.Counter("TcpExtTCPHystartDelayCwnd")},{r.LongestLag:F2},"));
                    table.Append(Invariant($"{r.Losses.Frames},{r.Losses.Refused},{string.Join(' ', r.Losses.Lost)}\n"));
                }
            }
        }

        return table.ToString();
    }

    /// <summary>The runs from the best to the worst, of both kinds of hosts.</summary>
    public static string Picture(FidelityComparison comparison)
    {
        double[] ranks = [.. Enumerable.Range(0, comparison.Kernel.Count).Select(i => comparison.Kernel.Count == 1 ? 50 : 100.0 * i / (comparison.Kernel.Count - 1))];
        Panel Of(FidelityFigure figure, string label) => new(
            label,
            ranks,
            [new PanelRow("kernel", [.. figure.Kernel.Order()]), new PanelRow("simulated", [.. figure.Simulated.Order()])],
            [])
        { Unit = "% of the runs, best first" };
        return SvgChart.Of(new Figure(
            comparison.Link.Name,
            comparison.Link.Describe(),
            "",
            [Of(comparison.Seconds, "completion time in s"), Of(comparison.Retransmissions, "segments sent again")],
            []));
    }

    private static string Spread(IReadOnlyList<double> values) =>
        $"{Number(FidelityFigure.Quantile(values, 0.5))} ({Number(FidelityFigure.Quantile(values, 0.25))} to {Number(FidelityFigure.Quantile(values, 0.75))})";

    private static string Percent(double part) => double.IsFinite(part) ? (part * 100).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture) + " %" : "";

    private static string Number(double value) => value.ToString(value == Math.Floor(value) ? "0" : "0.###", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

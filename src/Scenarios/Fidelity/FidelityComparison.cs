namespace Scenarios.Fidelity;

/// <summary>The transfers over one link, by both kinds of hosts.</summary>
/// <param name="Link">The link.</param>
/// <param name="Kernel">In the order of their seeds.</param>
/// <param name="Simulated">In the order of their seeds.</param>
/// <param name="Repeated">Runs in real time that were thrown away, as the machine did not keep up.</param>
internal sealed record FidelityComparison(
    FidelityLink Link, IReadOnlyList<TransferResult> Kernel, IReadOnlyList<TransferResult> Simulated, int Repeated)
{
    /// <summary>How far the medians may be apart.</summary>
    public const double Tolerance = 0.15;

    /// <summary>Completion times in seconds.</summary>
    public FidelityFigure Seconds => new("seconds", [.. Kernel.Select(r => r.Seconds)], [.. Simulated.Select(r => r.Seconds)]);

    /// <summary>Segments sent again.</summary>
    public FidelityFigure Retransmissions =>
        new("retransmissions", [.. Kernel.Select(r => (double)r.Retransmissions)], [.. Simulated.Select(r => (double)r.Retransmissions)]);

    /// <summary>What says more of a difference: not part of the claim.</summary>
    public IReadOnlyList<FidelityFigure> Further =>
    [
        Counted("timeouts", "TcpExtTCPTimeouts"),
        Counted("tail loss probes", "TcpExtTCPLossProbes"),
        Counted("recoveries", "TcpExtTCPSackRecovery"),
        Counted("recoveries without SACK", "TcpExtTCPRenoRecovery"),
        Counted("sent again after timeouts", "TcpExtTCPSlowStartRetrans"),
        Counted("taken for reordering", "TcpExtTCPRenoReorder"),
        Counted("partial undo", "TcpExtTCPPartialUndo"),
        Counted("full undo", "TcpExtTCPFullUndo"),
        Counted("loss undo", "TcpExtTCPLossUndo"),
        Counted("DSACKs", "TcpExtTCPDSACKRecv"),
        Counted("HyStart ends by train", "TcpExtTCPHystartTrainDetect"),
        Counted("HyStart ends by delay", "TcpExtTCPHystartDelayDetect"),
        new("HyStart's window", HystartWindows(Kernel), HystartWindows(Simulated)),
        new("frames", [.. Kernel.Select(r => (double)r.Losses.Frames)], [.. Simulated.Select(r => (double)r.Losses.Frames)]),
        new("refused by the queue", [.. Kernel.Select(r => (double)r.Losses.Refused)], [.. Simulated.Select(r => (double)r.Losses.Refused)]),
    ];

    /// <summary>Seeds with which chance did not strike the same frames.</summary>
    public IEnumerable<ulong> DifferentLosses =>
        Kernel.Zip(Simulated).Where(pair => !pair.First.Losses.AgreesWith(pair.Second.Losses)).Select(pair => pair.First.Seed);

    /// <summary>By how much the times of a seed differ, as a part of the kernel's, in the median over the seeds.</summary>
    public double SeedBySeed =>
        FidelityFigure.Quantile([.. Kernel.Zip(Simulated).Select(pair => Math.Abs(pair.Second.Seconds - pair.First.Seconds) / pair.First.Seconds)], 0.5);

    /// <summary>All payloads arrived as they were sent.</summary>
    public bool PayloadsIntact => Kernel.Concat(Simulated).All(r => r.PayloadIntact);

    /// <summary>The longest lag of the runs that count, in milliseconds.</summary>
    public double LongestLag => Kernel.Max(r => r.LongestLag);

    /// <summary>Both medians agree.</summary>
    public bool Holds => PayloadsIntact && !DifferentLosses.Any() && Seconds.Agrees && Retransmissions.Agrees;

    private static double[] HystartWindows(IEnumerable<TransferResult> results) =>
        [.. results.Select(r => (double)(r.Counter("TcpExtTCPHystartTrainCwnd") + r.Counter("TcpExtTCPHystartDelayCwnd")))];

    private FidelityFigure Counted(string name, string counter) =>
        new(name, [.. Kernel.Select(r => (double)r.Counter(counter))], [.. Simulated.Select(r => (double)r.Counter(counter))]);
}

/// <summary>A figure of every run, by seed.</summary>
internal sealed record FidelityFigure(string Name, IReadOnlyList<double> Kernel, IReadOnlyList<double> Simulated)
{
    /// <summary>By how much the simulated median is above the kernel's, as a part of that.</summary>
    public double Difference
    {
        get
        {
            (double kernel, double simulated) = (Quantile(Kernel, 0.5), Quantile(Simulated, 0.5));
            return kernel == simulated ? 0 : (simulated - kernel) / kernel;
        }
    }

    public bool Agrees => Math.Abs(Difference) <= FidelityComparison.Tolerance;

    /// <summary>Of a sample, between its neighbours where it falls between.</summary>
    public static double Quantile(IReadOnlyList<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        double at = part * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }
}

using SimStack;

namespace Scenarios.Figures;

/// <summary>The sawtooth of Reno and CUBIC, with losses at equal distances and with a queue that overflows, against what theory has.</summary>
internal static class SawtoothFigures
{
    private const string Window = "congestion window, segments";
    private const string Queued = "queue, packets";

    private static readonly Duration Step = Duration.FromMilliseconds(10);

    // Losses at the same window time and again would be taken for other flows that want room (RFC 9438 §4.7).
    private static readonly (string, string) NoFastConvergence = ("tcp_cubic.fast_convergence", "0");

    /// <summary>Between losses the window grows from W/2 to W by one in a round trip, over 3/8 W² segments.</summary>
    public static Figure RenoPeriodicLoss(bool brief)
    {
        const int each = 600;
        double last = brief ? 40 : 60, from = 10;
        using FigurePath path = new(default, Duration.FromMilliseconds(100), null, Step, loseEvery: each);
        FigureFlow flow = path.Add("reno");
        path.RunUntil(last);
        double average = Math.Sqrt(1.5 * each), highest = Math.Sqrt(8.0 * each / 3);
        return new Figure(
            "reno-periodic-loss", "Reno, every 600th segment lost", "100 ms, no bottleneck, every 600th data segment lost",
            [new Panel(Window, path.Times, [new("reno", flow.Window)], [new("√(3n/2)", average)])],
            [
                Claim.Near("average window, segments", "√(3n/2), n segments from loss to loss", average, path.Average(flow.Window, from)),
                Claim.Near("from loss to loss, s", "√(8n/3)/2 round trips", highest / 2 * 0.1, flow.Period(from)),
            ]);
    }

    /// <summary>RFC 9438 §5.1: from loss to loss the concave half of the curve.</summary>
    public static Figure CubicPeriodicLoss(bool brief)
    {
        const int each = 10_000;
        double last = brief ? 60 : 120, from = 15;
        using FigurePath path = new(default, Duration.FromMilliseconds(100), null, Step, loseEvery: each, loseFirst: 1300);
        FigureFlow flow = path.Add("cubic", default, NoFastConvergence, ("tcp_cubic.hystart", "0"), ("tcp_cubic.initial_ssthresh", "150"));
        path.RunUntil(last);
        double average = Math.Sqrt(Math.Sqrt(0.4 * 3.7 / 1.2)) * Math.Pow(0.1 * each, 0.75);
        double highest = average / 0.925;
        return new Figure(
            "cubic-periodic-loss", "CUBIC, every 10000th segment lost",
            "100 ms, no bottleneck, every 10000th data segment lost and the 1300th, tcp_cubic.fast_convergence=0, tcp_cubic.hystart=0, tcp_cubic.initial_ssthresh=150",
            [new Panel(Window, path.Times, [new("cubic", flow.Window)], [new("RFC 9438 §5.1", average)])],
            [
                Claim.Near(
                    "average window, segments", "(C(3+β)/4(1-β))^¼ (RTT·n)^¾ (RFC 9438 §5.1)", average, path.Average(flow.Window, from)),
                Claim.Near("from loss to loss, s", "K = ∛(W(1-β)/C)", Math.Cbrt(highest * 0.3 / 0.4), flow.Period(from)),
            ]);
    }

    /// <summary>The queue holds one product of bandwidth and delay: the window goes from one to two, and a round trip takes as long as it.</summary>
    public static Figure RenoDropTail(bool brief)
    {
        const int queue = 66;
        double last = brief ? 30 : 60, from = 5;
        using FigurePath path = new(new DataRate(20_000_000), Duration.FromMilliseconds(40), queue, Step);
        FigureFlow flow = path.Add("reno");
        path.RunUntil(last);
        double top = path.Product + queue, low = top / 2;
        double average = (top * top * top - low * low * low) / 3 / ((top * top - low * low) / 2);
        double period = (top * top - low * low) / 2 / path.SegmentsPerSecond;
        return new Figure(
            "reno-drop-tail", "Reno fills a queue of one bandwidth-delay product", "20 Mbit/s, 40 ms, queue of 66 packets",
            [
                new Panel(Window, path.Times, [new("reno", flow.Window)], [new("B + Q", top), new("average", average)]),
                new Panel(Queued, path.Times, [new("queue", path.Queue)], []),
            ],
            [
                Claim.Near("average window, segments", "∫W² / ∫W from (B+Q)/2 to B+Q", average, path.Average(flow.Window, from)),
                Claim.Near("from loss to loss, s", "∫W over the rate, from (B+Q)/2 to B+Q", period, flow.Period(from)),
                Claim.Between("of the rate used", "the queue holds B: never idle", path.Utilisation(from), 0.95, 1.001),
            ]);
    }

    /// <summary>The curve is one of time, whatever the round trip: the queue makes no difference to it.</summary>
    public static Figure CubicDropTail(bool brief)
    {
        const int queue = 400;
        double last = brief ? 60 : 120, from = 15;
        using FigurePath path = new(new DataRate(100_000_000), Duration.FromMilliseconds(100), queue, Step);
        FigureFlow flow = path.Add("cubic", default, NoFastConvergence);
        path.RunUntil(last);
        double top = path.Product + queue;
        return new Figure(
            "cubic-drop-tail", "CUBIC fills a queue of half a bandwidth-delay product",
            "100 Mbit/s, 100 ms, queue of 400 packets, tcp_cubic.fast_convergence=0",
            [
                new Panel(Window, path.Times, [new("cubic", flow.Window)], [new("B + Q", top)]),
                new Panel(Queued, path.Times, [new("queue", path.Queue)], []),
            ],
            [
                Claim.Near("average window, segments", "(1 - (1-β)/4)(B+Q)", 0.925 * top, path.Average(flow.Window, from)),
                Claim.Near(
                    "from loss to loss, s", "∛((B+Q)(1-β)/C) - ∛(1/C): within a segment of the plateau",
                    Math.Cbrt(top * 0.3 / 0.4) - Math.Cbrt(1 / 0.4), flow.Period(from)),
                Claim.Between("of the rate used", "0.7(B+Q) is above B: never idle", path.Utilisation(from), 0.95, 1.001),
            ]);
    }
}

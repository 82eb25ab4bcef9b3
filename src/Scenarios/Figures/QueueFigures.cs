using SimStack;

namespace Scenarios.Figures;

/// <summary>Algorithms that keep the queue short.</summary>
internal static class QueueFigures
{
    private const string Queued = "queue, packets";
    private const int BbrQueue = 600;

    private static readonly Duration Step = Duration.FromMilliseconds(10);

    public static Figure Bbr(bool brief) => OneBbr("bbr", brief);

    /// <summary>Each takes the other's queue for the path: they keep two bandwidth-delay products between them, and little more.</summary>
    public static Figure TwoBbr(bool brief)
    {
        double last = brief ? 40 : 70, from = 15;
        using FigurePath path = Deep();
        FigureFlow first = path.Add("bbr"), second = path.Add("bbr", Duration.FromSeconds(10));
        path.RunUntil(last);
        return new Figure(
            "two-bbr", "Two BBR flows, one ten seconds later", "20 Mbit/s, 40 ms, queue of 600 packets",
            [
                new Panel(
                    "congestion window, segments", path.Times, [new("first", first.Window), new("second", second.Window)], []),
                new Panel(Queued, path.Times, [new("queue", path.Queue)], [new("one BDP", path.Product)]),
            ],
            [
                Claim.Between(
                    "average queue, BDP", "each holds two BDP of its share: one waits, and what offload adds", path.Average(path.Queue, from) / path.Product, 0, 1.5),
                Claim.Between("of the rate used", "", path.Utilisation(from), 0.95, 1.001),
            ]);
    }

    /// <summary>The queue stays below K and what the window overshoots by, and does not run empty (RFC 8257 §4.1 to choose K).</summary>
    public static Figure Dctcp(bool brief)
    {
        const int mark = 20;
        double last = brief ? 2 : 4, from = 1;
        using FigurePath path = new(
            new DataRate(100_000_000), Duration.FromMilliseconds(4), 500, Duration.FromMilliseconds(1), markAbove: mark);
        FigureFlow flow = path.Add("dctcp");
        path.RunUntil(last);
        double average = path.Average(path.Queue, from);
        int first = path.Times.FindIndex(time => time > from);
        double below = (double)path.Queue.Skip(first).Count(value => value == 0) / (path.Queue.Count - first);
        return new Figure(
            "dctcp-queue", "DCTCP and a queue that marks above 20", "100 Mbit/s, 4 ms, queue of 500 packets that marks above 20",
            [
                new Panel("congestion window, segments", path.Times, [new("dctcp", flow.Window)], [new("B + K", path.Product + mark)]),
                new Panel(Queued, path.Times, [new("queue", path.Queue)], [new("K", mark)]),
            ],
            [
                Claim.Between("average queue, packets", "near K = 20", average, 0.5 * mark, 1.2 * mark),
                Claim.Between("part of the time with an empty queue", "K above B/7: never empty", below, 0, 0.02),
                Claim.Between("of the rate used", "", path.Utilisation(from), 0.95, 1.001),
            ]);
    }

    private static FigurePath Deep() => new(new DataRate(20_000_000), Duration.FromMilliseconds(40), BbrQueue, Step);

    private static Figure OneBbr(string algorithm, bool brief)
    {
        double last = brief ? 25 : 40, from = 5;
        using FigurePath path = Deep();
        FigureFlow flow = path.Add(algorithm);
        path.RunUntil(last);
        return new Figure(
            $"{algorithm}-queue", $"{algorithm.ToUpperInvariant()} before a deep queue", "20 Mbit/s, 40 ms, queue of 600 packets",
            [
                new Panel("congestion window, segments", path.Times, [new(algorithm, flow.Window)], [new("two BDP", 2 * path.Product)]),
                new Panel(Queued, path.Times, [new("queue", path.Queue)], [new("one BDP", path.Product)]),
            ],
            [
                Claim.Between("average queue, BDP", "far below one: two BDP are held, one of it paced", path.Average(path.Queue, from) / path.Product, 0, 0.5),
                Claim.Between("of the rate used", "", path.Utilisation(from), 0.95, 1.001),
            ]);
    }
}

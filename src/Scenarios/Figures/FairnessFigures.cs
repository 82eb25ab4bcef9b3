using SimStack;

namespace Scenarios.Figures;

/// <summary>Two flows of which one begins later: how they come to share.</summary>
internal static class FairnessFigures
{
    private const double Begins = 10;

    public static Figure TwoCubic(bool brief) => Two("cubic", "two-cubic", "Two CUBIC flows, one ten seconds later", brief, 0.98);

    public static Figure TwoReno(bool brief) => Two("reno", "two-reno", "Two Reno flows, one ten seconds later", brief, 0.98);

    private static Figure Two(string algorithm, string name, string title, bool brief, double least)
    {
        double last = Begins + (brief ? 40 : 60);
        using FigurePath path = new(
            new DataRate(10_000_000), Duration.FromMilliseconds(40), 40, Duration.FromMilliseconds(10));
        FigureFlow first = path.Add(algorithm), second = path.Add(algorithm, Duration.FromSeconds((long)Begins));
        path.RunUntil(last);
        double a = path.Throughput(first, Begins, last), b = path.Throughput(second, Begins, last);
        double jain = (a + b) * (a + b) / (2 * (a * a + b * b));
        return new Figure(
            name, title, $"10 Mbit/s, 40 ms, queue of 40 packets, two connections",
            [
                new Panel(
                    "arrived, Mbit/s in each second", Seconds(path), [new("first", Rates(path, first)), new("second", Rates(path, second))], []),
                new Panel(
                    "congestion window, segments", path.Times, [new("first", first.Window), new("second", second.Window)], []),
            ],
            [
                Claim.Between(
                    $"Jain's index over {last - Begins:0} s from the second's beginning", "(a+b)²/2(a²+b²); 1: equal", jain, least, 1),
                Claim.Between("of the rate used", "never idle", path.Utilisation(Begins), 0.95, 1.001),
            ]);
    }

    private static double[] Seconds(FigurePath path) => [.. Enumerable.Range(1, (int)path.Times[^1]).Select(second => (double)second)];

    private static double[] Rates(FigurePath path, FigureFlow flow) =>
        [.. Seconds(path).Select(second => path.Throughput(flow, second - 1, second) * 8 / 1e6)];
}

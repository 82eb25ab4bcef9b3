namespace Scenarios.Figures;

/// <summary>All figures by name.</summary>
internal static class FigureList
{
    private static readonly (string Name, Func<bool, Figure> Make)[] All =
    [
        ("reno-periodic-loss", SawtoothFigures.RenoPeriodicLoss),
        ("cubic-periodic-loss", SawtoothFigures.CubicPeriodicLoss),
        ("reno-drop-tail", SawtoothFigures.RenoDropTail),
        ("cubic-drop-tail", SawtoothFigures.CubicDropTail),
        ("two-cubic", FairnessFigures.TwoCubic),
        ("two-reno", FairnessFigures.TwoReno),
        ("bbr-queue", QueueFigures.Bbr),
        ("two-bbr", QueueFigures.TwoBbr),
        ("dctcp-queue", QueueFigures.Dctcp),
    ];

    public static IEnumerable<string> Names => All.Select(one => one.Name);

    /// <summary>Runs what the figure shows.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="brief">Not as long: enough for what is claimed, and for a test.</param>
    /// <exception cref="SimException">There is none of that name.</exception>
    public static Figure Make(string name, bool brief)
    {
        foreach ((string known, Func<bool, Figure> make) in All)
        {
            if (known == name)
            {
                return make(brief);
            }
        }

        throw SimException.BadRequest($"there is no figure '{name}'; use one of {string.Join(", ", Names)}");
    }
}

using SimNet.Capture;
using SimNet.Scripting.Model;
using SimNet.Scripting.Yaml;

namespace Scenarios.Running;

/// <summary>Which points of a scenario are captured into which files.</summary>
internal static class CapturePlan
{
    /// <summary>The points with their files; a null path is standard output.</summary>
    /// <exception cref="SimException">The point that was asked for does not exist.</exception>
    public static IReadOnlyList<(InterfaceName Point, string? Path)> Of(ScenarioDefinition scenario, RunRequest request)
    {
        string extension = request.Format == CaptureFormat.Pcap ? ".pcap" : ".pcapng";
        string main = Path.Combine(request.Out, scenario.Name + extension);
        switch (request.Capture)
        {
            case null:
                return [(scenario.Capture, main)];
            case "-":
                return [(scenario.Capture, null)];
            case "all":
                return
                [
                    (scenario.Capture, main),
                    .. scenario.Links.SelectMany(l => new[] { l.A, l.B }).Distinct().Where(p => p != scenario.Capture)
                        .Select(p => (p, (string?)Path.Combine(request.Out, $"{scenario.Name}.{p}{extension}"))),
                ];
            default:
                return [(Find(scenario, request.Capture), main)];
        }
    }

    private static IEnumerable<InterfaceName> Points(ScenarioDefinition scenario) =>
        scenario.Hosts.SelectMany(h => h.Interfaces.Select(i => new InterfaceName(h.Name, i.Name)))
            .Concat(scenario.Links.SelectMany(l => new[] { l.A, l.B }).Where(end => scenario.Switches.Any(s => s.Name == end.Host)))
            .Concat(scenario.Bridges.Select(b => new InterfaceName(b.Name, "")));

    private static InterfaceName Find(ScenarioDefinition scenario, string wanted)
    {
        InterfaceName[] points = [.. Points(scenario), .. scenario.Hosts.Select(h => new InterfaceName(h.Name, "lo"))];
        foreach (InterfaceName point in points)
        {
            if (wanted == point.ToString() || wanted == point.Host)
            {
                return point;
            }
        }

        string[] names = [.. Points(scenario).Select(p => p.ToString())];
        throw SimException.BadRequest($"sim run: --capture: scenario {scenario.Name} has no point `{wanted}`" + Suggestions.For(wanted, names, "points"));
    }
}

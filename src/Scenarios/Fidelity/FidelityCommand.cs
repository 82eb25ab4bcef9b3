using System.CommandLine;
using System.Text.Json.Nodes;
using Scenarios.Bench;
using Scenarios.CommandLine;
using Scenarios.Commands;
using Scenarios.Running;
using SimNet.Scripting.Yaml;
using SimStack;

namespace Scenarios.Fidelity;

/// <summary><c>sim bench fidelity</c></summary>
internal sealed class FidelityCommand
{
    private readonly Option<int> _seeds = BenchCommand.Whole("--seeds", "seeds of the losses, from 1 on", 20);
    private readonly Option<int> _jobs = BenchCommand.Whole("--jobs", "transfers in real time at once", 2);
    private readonly Option<Duration> _mostLag = BenchCommand.Of<Duration>(
        "--most-lag", "a run in real time in which an event came later is repeated", "10ms", Units.TryDuration, Units.DurationForm);
    private readonly Option<int> _attempts = BenchCommand.Whole("--attempts", "how often such a run is tried before it is given up", 10);
    private readonly Option<Duration> _wakeupDelay = BenchCommand.Of<Duration>(
        "--wakeup-delay", "from a simulated socket's readiness to the return of the call that waits for it", "0", Units.TryDuration, Units.DurationForm);
    private readonly Option<string?> _bytes = Text("--bytes", "payload; default: as the links have it", "2MB");
    private readonly Option<string?> _rate = Text("--rate", "a link of your own, as `sim bridge wan` takes it, in place of the usual ones", "10Mbit");
    private readonly Option<string?> _delay = Text("--delay", "of that link, each way; default 30ms", "30ms");
    private readonly Option<string?> _loss = Text("--loss", "of that link, each way; default: none", "1%");
    private readonly Option<string?> _reorder = Text("--reorder", "of that link, each way; default: none", "1%");
    private readonly Option<string?> _duplicate = Text("--duplicate", "of that link, each way; default: none", "1%");
    private readonly Option<SysctlSetting[]> _sysctls = BenchCommand.Settings();
    private readonly Option<string?> _queue = Text("--queue", "of that link; default: 100", "100");
    private readonly Option<string?> _out = new("--out") { Description = $"write {FidelityReport.TableName} and a picture of each link to this folder", HelpName = "DIR" };
    private readonly Option<string?> _json = JsonOption.Create("what was measured");

    public static Command Create(SimConsole console) => new FidelityCommand().Build(console);

    private static Option<string?> Text(string name, string description, string form) => new(name) { Description = description, HelpName = form };

    private SimCommand Build(SimConsole console)
    {
        SimCommand command = new(
            "fidelity",
            "The same bulk transfers by this machine's kernel through `sim bridge wan`, and by simulated hosts in virtual time: times and retransmissions side by side. Takes root.",
            "sim bench fidelity --out docs/figures",
            "sim bench fidelity --seeds 5 --rate 10Mbit --delay 30ms --loss 1% --bytes 1MB")
        {
            _seeds, _bytes, _rate, _delay, _loss, _reorder, _duplicate, _queue, _sysctls, _jobs, _mostLag, _attempts, _wakeupDelay, _out, _json,
        };
        command.SetAction((parsed, stop) => Task.FromResult(Run(parsed, console, stop)));
        return command;
    }

    private int Run(ParseResult parsed, SimConsole console, CancellationToken stop)
    {
        FidelityLink[] links = Links(parsed);
        FidelityRuns runs = new(parsed.GetValue(_seeds), parsed.GetValue(_jobs), parsed.GetValue(_mostLag), parsed.GetValue(_attempts), parsed.GetValue(_wakeupDelay));
        runs.WarmUp(stop);
        List<FidelityComparison> comparisons = [];
        foreach (FidelityLink link in links)
        {
            comparisons.Add(runs.Compare(link, stop));
            if (parsed.GetValue(_json) != JsonOption.StandardOutput)
            {
                FidelityReport.Print(comparisons[^1], console.Output);
                console.Output.Flush();
            }
        }

        if (parsed.GetValue(_out) is { } folder)
        {
            OutputFiles.Write(Path.Combine(folder, FidelityReport.TableName), FidelityReport.Table(comparisons));
            foreach (FidelityComparison comparison in comparisons)
            {
                OutputFiles.Write(Path.Combine(folder, FidelityReport.PictureName(comparison)), FidelityReport.Picture(comparison));
            }
        }

        JsonOption.Write(
            parsed.GetValue(_json),
            JsonText.Of(new JsonObject { ["schema"] = 1, ["benchmark"] = "fidelity", ["links"] = new JsonArray([.. comparisons.Select(FidelityReport.Json)]) }),
            console);
        return comparisons.TrueForAll(c => c.Holds) ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }

    private FidelityLink[] Links(ParseResult parsed)
    {
        FidelityLink[] links = FidelityLink.Usual;
        if (new[] { _rate, _delay, _loss, _reorder, _duplicate, _queue }.Any(o => parsed.GetValue(o) is not null))
        {
            links = [new FidelityLink(
                "own", 2_000_000, parsed.GetValue(_rate) ?? "10Mbit", parsed.GetValue(_delay) ?? "30ms", parsed.GetValue(_loss), parsed.GetValue(_queue) ?? "100")
            {
                Reorder = parsed.GetValue(_reorder),
                Duplicate = parsed.GetValue(_duplicate),
            }];
        }

        if (parsed.GetValue(_bytes) is { } text)
        {
            if (!Units.TrySize(text, out long bytes) || bytes < 1)
            {
                throw SimException.BadRequest($"sim bench fidelity: --bytes: `{text}` is not {Units.SizeForm.Replace("`", "", StringComparison.Ordinal)}");
            }

            links = [.. links.Select(l => l with { Bytes = bytes })];
        }

        if (parsed.GetValue(_sysctls) is { Length: > 0 } sysctls)
        {
            links = [.. links.Select(l => l with { Sysctls = [.. l.Sysctls, .. sysctls] })];
        }

        foreach (FidelityLink link in links)
        {
            link.Script();
        }

        return links;
    }
}

using System.Globalization;
using SimNet.Hosts;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Model;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Running;

/// <summary>
/// A scenario's network with its programs started, to be run by somebody else than the <see cref="ScenarioRunner"/>: by a bridge, in real
/// time and without end. Nothing is recorded; what single steps expect is judged as they end, the scenario's other expectations are not.
/// </summary>
public sealed class LiveScenario : IDisposable
{
    /// <summary>Name of the port that <see cref="WithOutside"/> adds.</summary>
    public const string OutsideName = "outside";

    private const int MostFailures = 100;
    private readonly List<HostPrograms> _programs;
    private readonly List<Verdict> _failures = [];
    private readonly Action<ApplicationRecord>? _said;

    /// <summary>Builds the network and starts the programs; nothing runs yet.</summary>
    /// <param name="scenario">What there is.</param>
    /// <param name="options">Seed, profile, start; its limits are those of the run, the scenario's are not used.</param>
    /// <param name="said">Told what applications say about themselves, on the thread that runs the simulation.</param>
    /// <exception cref="ScriptException">The scenario cannot be built, as when a profile lacks a setting.</exception>
    public LiveScenario(ScenarioDefinition scenario, RunOptions? options = null, Action<ApplicationRecord>? said = null)
    {
        Definition = scenario;
        _said = said;
        options = (options ?? new RunOptions()) with { Limits = options?.Limits ?? new RunLimits(Duration.FromSeconds(100L * 366 * 86_400), long.MaxValue) };
        Simulation = new NetworkBuilder(scenario, options).Build();
        options.Prepare?.Invoke(Simulation);
        foreach (InterfaceName station in options.Stations.Keys.OrderBy(k => k.ToString(), StringComparer.Ordinal))
        {
            Announce(station);
        }

        _programs = ScenarioRunner.Start(scenario, Simulation, new RunRecorder(Simulation, live: true) { Said = said, Ended = OnCallEnded });
    }

    /// <summary>What it was made from.</summary>
    public ScenarioDefinition Definition { get; }

    /// <summary>The network.</summary>
    public Simulation Simulation { get; }

    /// <summary>
    /// The scenario with a port to a real network: itself when it has one with a link, else with its own or a port
    /// <see cref="OutsideName"/>, to which every interface is joined that has no link, by a switch when there are several.
    /// </summary>
    /// <exception cref="ScriptException">Every interface has a link already.</exception>
    public static ScenarioDefinition WithOutside(ScenarioDefinition scenario)
    {
        if (scenario.Bridges.Any(b => scenario.Links.Any(l => l.A.Host == b.Name || l.B.Host == b.Name)))
        {
            return scenario;
        }

        InterfaceName[] free =
        [
            .. scenario.Hosts.SelectMany(h => h.Interfaces.Select(i => new InterfaceName(h.Name, i.Name)))
                .Where(i => !scenario.Links.Any(l => l.A == i || l.B == i)),
        ];
        ScenarioDefinition with = scenario.Bridges.Count > 0 ? scenario : scenario with { Bridges = [new BridgeDefinition(OutsideName)] };
        var outside = new InterfaceName(with.Bridges[0].Name, "");
        switch (free.Length)
        {
            case 0:
                throw new ScriptException([new ScriptError(scenario.Name, 0, 0, "every interface has a link; leave one without, or write `bridges: [outside]` and a link between `outside` and what is to meet the real network")]);
            case 1:
                return with with { Links = [.. scenario.Links, new LinkDefinition { A = outside, B = free[0] }] };
            default:
                const string Name = "outside-switch";
                LinkDefinition Joined(InterfaceName end, int port) => new() { A = new InterfaceName(Name, SwitchDefinition.PortName(port)), B = end };
                return with with
                {
                    Switches = [.. scenario.Switches, new SwitchDefinition { Name = Name }],
                    Links = [.. scenario.Links, Joined(outside, 1), .. free.Select((end, i) => Joined(end, i + 2))],
                };
        }
    }

    /// <summary>Steps with an expectation that came to their end.</summary>
    public long StepsJudged { get; private set; }

    /// <summary>How many of them ended otherwise than expected.</summary>
    public long StepsFailed { get; private set; }

    /// <summary>The first hundred of these.</summary>
    public IReadOnlyList<Verdict> Failures => _failures;

    /// <summary>The interface that is linked to a bridge, as its only station there.</summary>
    /// <param name="scenario">With a link of the bridge, as <see cref="WithOutside"/> makes it.</param>
    /// <param name="bridge">Name of the bridge.</param>
    /// <returns>Null when a switch is linked to it, or nothing.</returns>
    public static InterfaceName? StationOf(ScenarioDefinition scenario, string bridge)
    {
        InterfaceName[] ends =
        [
            .. scenario.Links.Where(l => l.A.Host == bridge).Select(l => l.B), .. scenario.Links.Where(l => l.B.Host == bridge).Select(l => l.A),
        ];
        return ends.Length == 1 && scenario.Hosts.Any(h => h.Name == ends[0].Host) ? ends[0] : null;
    }

    /// <summary>What the programs transferred.</summary>
    public IReadOnlyList<TransferRecord> Transfers() => [.. _programs.Select(p => p.ToRecord())];

    // RFC 5227 §2.3, RFC 4861 §7.2.6: who talked to somebody else by the address learns of the new one.
    private void Announce(InterfaceName station)
    {
        SimHost? host = Simulation.Hosts.FirstOrDefault(h => h.Name == station.Host);
        if (host?.Interfaces.FirstOrDefault(i => i.ShortName == station.Interface) is not { } port)
        {
            return;
        }

        Simulation.Loop.Post(Simulation.Now, () =>
        {
            foreach (IpAddress address in port.Addresses)
            {
                host.Stack.Ip.Announce(port.Stack, address);
            }

            host.Pump();
        });
    }

    /// <summary>Ends observation.</summary>
    public void Dispose()
    {
        foreach (HostPrograms programs in _programs)
        {
            programs.Dispose();
        }

        Simulation.Dispose();
    }

    private void OnCallEnded(CallRecord call)
    {
        if (call.Statement is HttpGetStatement)
        {
            _said?.Invoke(new ApplicationRecord(call.Host, call.Task, "http-get", call.End, call.Error == Errno.OK
                ? string.Create(CultureInfo.InvariantCulture, $"{call.Call} {call.Status}, {call.Value} bytes, sha256 {call.Sha256}")
                : $"{call.Call} = {call.Result}"));
        }

        if (call.Statement.Expect is null)
        {
            return;
        }

        StepsJudged++;
        Verdict verdict = ExpectationEvaluator.OfStep(call);
        if (!verdict.Passed)
        {
            StepsFailed++;
            if (_failures.Count < MostFailures)
            {
                _failures.Add(verdict);
            }
        }
    }
}

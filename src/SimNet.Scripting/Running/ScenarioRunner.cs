using SimNet.Hosts;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Model;
using SimNet.Time;

namespace SimNet.Scripting.Running;

/// <summary>Runs scenarios.</summary>
public static class ScenarioRunner
{
    /// <summary>Runs a scenario to its end in virtual time and judges it.</summary>
    /// <param name="scenario">What to run.</param>
    /// <param name="options">What to do differently from what it says.</param>
    /// <exception cref="ScriptException">The scenario cannot be built, as when a profile lacks a setting.</exception>
    public static RunResult Run(ScenarioDefinition scenario, RunOptions? options = null)
    {
        options ??= new RunOptions();
        using Simulation simulation = new NetworkBuilder(scenario, options).Build();
        var recorder = new RunRecorder(simulation);
        options.Prepare?.Invoke(simulation);
        PostTables(scenario, options, simulation, recorder);
        List<HostPrograms> programs = Start(scenario, simulation, recorder);
        string? stopped = Run(simulation, options);
        foreach (SimHost host in simulation.Hosts)
        {
            recorder.TakeTable(host.Name);
        }

        RunResult result = Collect(scenario, options, simulation, recorder, programs, stopped);
        result.Verdicts = new ExpectationEvaluator(result, recorder.Missed).Evaluate();
        foreach (HostPrograms host in programs)
        {
            host.Dispose();
        }

        return result;
    }

    private static string? Run(Simulation simulation, RunOptions options)
    {
        CancellationToken cancel = options.Cancel;
        try
        {
            if (options.Drive is { } drive)
            {
                drive(simulation);
                return null;
            }

            if (!cancel.CanBeCanceled)
            {
                simulation.Run();
                return null;
            }

            simulation.Loop.RunWhile(() => !cancel.IsCancellationRequested);
            return cancel.IsCancellationRequested ? $"stopped at {simulation.Now}" : null;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return $"stopped at {simulation.Now}";
        }
        catch (SimulationLimitException limit)
        {
            return limit.Message;
        }
    }

    /// <summary>Tables are taken at each time that is asked for, before anything else happens then.</summary>
    private static void PostTables(ScenarioDefinition scenario, RunOptions options, Simulation simulation, RunRecorder recorder)
    {
        IEnumerable<(string Host, Duration? At)> wanted = scenario.Tables.Concat(options.Tables).Select(t => (t.Host, t.At))
            .Concat(scenario.Expectations.OfType<SocketTableExpectation>().Select(e => (e.Host, e.At)))
            .Concat(scenario.Expectations.OfType<QueueExpectation>().Select(e => (e.Host, e.At)))
            .Concat(scenario.Expectations.OfType<CountersExpectation>().Select(e => (e.Host, e.At)))
            .Concat(scenario.Expectations.OfType<TcpInfoExpectation>().Select(e => (e.Host, e.At)));
        foreach ((string host, Duration? at) in wanted.Where(w => w.At is not null).Distinct())
        {
            simulation.Loop.Post(Instant.Zero + at!.Value, () => recorder.TakeTable(host));
        }
    }

    /// <summary>Starts the programs of all hosts, at the present.</summary>
    internal static List<HostPrograms> Start(ScenarioDefinition scenario, Simulation simulation, RunRecorder recorder)
    {
        var signals = new SignalBoard();
        var programs = new List<HostPrograms>();
        foreach (SimHost host in simulation.Hosts)
        {
            programs.Add(new HostPrograms(host, scenario.Hosts.FirstOrDefault(h => h.Name == host.Name)));
        }

        foreach (TaskDefinition task in scenario.Tasks)
        {
            HostPrograms shared = programs.Find(p => p.Host.Name == task.Host)!;
            var runner = new ProgramRunner(task, shared, recorder, signals);
            simulation.Start($"{task.Host}/{task.Name}", runner.RunAsync);
        }

        return programs;
    }

    private static RunResult Collect(
        ScenarioDefinition scenario, RunOptions options, Simulation simulation, RunRecorder recorder, List<HostPrograms> programs, string? stopped) => new()
        {
            Scenario = scenario,
            Seed = options.Seed ?? scenario.Seed,
            End = simulation.Now,
            Stopped = stopped,
            Events = simulation.Loop.EventsRun,
            Packets = recorder.Packets,
            States = recorder.States,
            Queues = recorder.Queues,
            Calls = recorder.Calls,
            Log = recorder.Log,
            Connections = recorder.Connections(),
            Tables = recorder.Tables,
            Counters = [.. simulation.Hosts.Select(h => new CounterRecord(h.Name, [.. h.Stack.Counters.NonZero()]))],
            Transfers = [.. programs.Select(p => p.ToRecord())],
        };
}

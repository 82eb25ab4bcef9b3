using Microsoft.Extensions.Logging;
using Scenarios.Running;
using SimNet.Bridge;
using SimNet.Scripting;
using SimNet.Scripting.Model;
using SimNet.Scripting.Recording;
using SimNet.Scripting.Running;
using SimStack;

namespace Scenarios.Bridge;

/// <summary>Runs a scenario in real time with devices of the machine, as <c>sim bridge</c> does: devices, captures, live table, result.</summary>
internal sealed class BridgeRun(SimConsole console, ILogger<BridgeRun> logger)
{
    private static readonly Duration FlushInterval = Duration.FromMilliseconds(200);
    private static readonly Duration CounterInterval = Duration.FromSeconds(1);

    /// <summary>Carries out a request until it is stopped.</summary>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="SimException">The request was wrong, or the environment refused.</exception>
    /// <exception cref="BridgeException">The machine refused a device.</exception>
    public int Run(BridgeRequest request, CancellationToken stop)
    {
        ScenarioDefinition scenario = LiveScenario.WithOutside(ScenarioScript.Parse(request.Script, request.FileName, request.Settings));
        SimConsole results = request.CaptureToOutput ? console.WithResultsOnError() : console;
        IReadOnlyList<FrameDevice> devices = request.OpenDevices(scenario);
        var recording = new BridgeRecording
        {
            Script = request.Script,
            FileName = Path.GetFileName(request.FileName),
            Settings = request.Settings,
            Seed = request.Seed ?? scenario.Seed,
            Profile = request.Profile,
            StartUnixNanoseconds = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100,
            Stations = Stations(scenario, devices),
        };
        using var said = new LineWriter(console);
        BridgeDisplay? display = null;
        using LiveScenario live = Build(scenario, recording, devices, line => Say(request, line, display, said));
        using var session = new BridgeSession(live.Simulation, request.Options);
        for (int i = 0; i < devices.Count; i++)
        {
            BridgePort port = live.Simulation.BridgePorts[i];
            port.ReceiveOffload = request.Offload || scenario.Bridges[i].Offload;
            session.Attach(port, devices[i]);
        }

        OutputFiles.CreateFolder(request.Out);
        using var captures = new BridgeCaptures(live.Simulation, request, recording, console);
        Announce(request, session);
        try
        {
            display = request.Live ? new BridgeDisplay(console, live, session) : null;
            Run(request, session, captures, stop);
        }
        catch (BridgeException)
        {
            // A device is gone; what was captured until then is there.
            captures.Report(request, console);
            throw;
        }
        finally
        {
            display?.Dispose();
            said.Dispose();
            captures.Dispose();
        }

        return Report(request, live, session, captures, results);
    }

    private static void Run(BridgeRequest request, BridgeSession session, BridgeCaptures captures, CancellationToken stop)
    {
        session.Every(FlushInterval, captures.Flush);
        session.Every(CounterInterval, () => UpdateCounters(session));
        if (request.For is { } time)
        {
            session.Every(time, session.Stop);
        }

        session.Run(stop);
        UpdateCounters(session);
    }

    private int Report(BridgeRequest request, LiveScenario live, BridgeSession session, BridgeCaptures captures, SimConsole results)
    {
        if (captures.Failure is { } failure)
        {
            throw new SimException(ExitStatus.EnvironmentRefused, $"{failure.Message}; {FailureReport.Advice(failure.InnerException!)}", failure);
        }

        logger.LogInformation("{Scenario}: {Elapsed}", live.Definition.Name, session.Statistics.Elapsed);
        captures.Report(request, console);
        return BridgeReport.Write(request, live, session, results);
    }

    private static LiveScenario Build(
        ScenarioDefinition scenario, BridgeRecording recording, IReadOnlyList<FrameDevice> devices, Action<ApplicationRecord> said)
    {
        try
        {
            return new LiveScenario(scenario, recording.ToOptions(), said);
        }
        catch
        {
            foreach (FrameDevice device in devices)
            {
                device.Dispose();
            }

            throw;
        }
    }

    private static Dictionary<string, string>? Stations(ScenarioDefinition scenario, IReadOnlyList<FrameDevice> devices)
    {
        Dictionary<string, string> stations = [];
        for (int i = 0; i < devices.Count; i++)
        {
            if (devices[i] is StationDevice device && LiveScenario.StationOf(scenario, scenario.Bridges[i].Name) is { } name)
            {
                stations[name.ToString()] = device.Station.ToString();
            }
        }

        return stations.Count > 0 ? stations : null;
    }

    private static void UpdateCounters(BridgeSession session)
    {
        foreach ((_, FrameDevice device) in session.Devices)
        {
            device.UpdateCounters();
        }
    }

    private void Announce(BridgeRequest request, BridgeSession session)
    {
        foreach ((BridgePort port, FrameDevice device) in request.Quiet ? [] : session.Devices)
        {
            console.Error.WriteLine($"sim: {port.Name} is {device.Name}, {device.HardwareAddress?.ToString() ?? "no address"}, MTU {device.Mtu}{(port.ReceiveOffload ? ", offload" : "")}; Ctrl-C stops");
        }

        console.Error.Flush();
    }

    private static void Say(BridgeRequest request, ApplicationRecord line, BridgeDisplay? display, LineWriter said)
    {
        if (request.Quiet)
        {
            return;
        }

        string text = $"{line.Time} {line.Host}/{line.Task} {line.Application}: {line.Text}";
        if (request.Live)
        {
            display?.Say(text);
        }
        else
        {
            said.Say(text);
        }
    }
}

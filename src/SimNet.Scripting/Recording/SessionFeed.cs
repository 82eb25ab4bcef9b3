using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Recording;

/// <summary>Runs a scenario in virtual time with what the other side of a capture sent, so that a field capture becomes a test.</summary>
public static class SessionFeed
{
    /// <summary>Runs it: the capture, and then on until nothing is scheduled any more.</summary>
    /// <param name="path">A capture in pcap or pcapng, whoever made it.</param>
    /// <param name="scenario">Its first bridge is where the packets enter; without one, all interfaces that have no link are behind a new one.</param>
    /// <param name="feed">Null: the defaults.</param>
    /// <param name="options">Of the run; null: the defaults.</param>
    /// <param name="bridge">The name of the bridge where the packets enter; null: the first.</param>
    /// <exception cref="CaptureFormatException">It is no capture, or damaged.</exception>
    /// <exception cref="InvalidDataException">It is not plain whose part the hosts play, the packets have no times, or there is no such bridge.</exception>
    /// <exception cref="ScriptException">The scenario cannot be built, or has no room for a bridge.</exception>
    /// <exception cref="IOException">The capture cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static FeedResult Run(
        string path, ScenarioDefinition scenario, CaptureFeedOptions? feed = null, RunOptions? options = null, string? bridge = null)
    {
        options ??= new RunOptions();
        CaptureAddresses addresses;
        using (CaptureReader survey = CaptureReader.Open(path))
        {
            addresses = CaptureAddresses.Read(survey, options.Cancel);
        }

        using CaptureReader reader = CaptureReader.Open(path);
        CaptureFeed? driver = null;
        long left = 0;
        RunResult run = ScenarioRunner.Run(LiveScenario.WithOutside(scenario), options with
        {
            Drive = simulation =>
            {
                BridgePort port = simulation.BridgePorts.FirstOrDefault(p => bridge is null || p.Name == bridge)
                    ?? throw new InvalidDataException($"there is no bridge `{bridge}`; the scenario has {string.Join(", ", simulation.BridgePorts.Select(p => p.Name))}");
                using var fed = new CaptureFeed(simulation, port, addresses, feed);
                driver = fed;
                fed.Run(reader, options.Cancel);
                simulation.Loop.RunWhile(() => !options.Cancel.IsCancellationRequested);
                options.Cancel.ThrowIfCancellationRequested();
                left = port.Left;
            },
        });
        return new FeedResult
        {
            Run = run,
            Frames = driver!.Counters,
            FramesOut = left,
            Own = driver.Own,
            Delay = driver.Delay,
            Truncation = reader.Truncation,
        };
    }
}

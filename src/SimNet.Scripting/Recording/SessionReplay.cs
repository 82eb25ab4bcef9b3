using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Recording;

/// <summary>Runs a recorded bridge session again in virtual time.</summary>
public static class SessionReplay
{
    /// <summary>A session lasts as long as it does: the scenario's own limits are not those of a replay.</summary>
    internal static readonly RunLimits NoLimits = new(Duration.FromSeconds(100L * 366 * 86_400), long.MaxValue);

    /// <summary>Runs a file of <c>sim bridge</c> again.</summary>
    /// <param name="path">The recording.</param>
    /// <param name="options">What to do differently; null: nothing, so that the same must come out.</param>
    /// <exception cref="CaptureFormatException">It is no capture, or damaged.</exception>
    /// <exception cref="InvalidDataException">It is no recording of a session.</exception>
    /// <exception cref="ScriptException">The recorded scenario has mistakes, after what is to be different.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static ReplayResult Run(string path, RunOptions? options = null)
    {
        using CaptureReader reader = CaptureReader.Open(path);
        BridgeRecording recording = BridgeRecording.Find(reader.FileComments)
            ?? throw new InvalidDataException($"{path}: no recording of `sim bridge`, whose files tell the scenario in their comments");
        return Run(reader, recording, options);
    }

    /// <summary>Runs a recording again.</summary>
    /// <param name="reader">At its first packet.</param>
    /// <param name="recording">What <see cref="BridgeRecording.Find"/> found in it, or a changed one.</param>
    /// <param name="options">What to do differently; null: nothing. Without limits of its own the run has none.</param>
    /// <param name="compare">False: what leaves is not compared, because it is meant to be different.</param>
    /// <inheritdoc cref="Run(string, RunOptions?)"/>
    public static ReplayResult Run(CaptureReader reader, BridgeRecording recording, RunOptions? options = null, bool compare = true)
    {
        RunOptions own = recording.ToOptions();
        options = (options ?? new RunOptions()) with
        {
            Seed = options?.Seed ?? own.Seed,
            Profile = options?.Profile ?? own.Profile,
            Start = own.Start,
            Stations = own.Stations,
            Limits = options?.Limits ?? NoLimits,
        };
        BridgeReplay? replay = null;
        RunResult run = ScenarioRunner.Run(recording.ToScenario(), options with
        {
            Drive = simulation =>
            {
                using var driver = new BridgeReplay(simulation, compares: compare);
                replay = driver;
                driver.Run(reader, options.Cancel);
            },
        });
        return new ReplayResult
        {
            Run = run,
            FramesIn = replay!.Entered,
            FramesOut = replay.Left,
            RecordedFramesOut = replay.RecordedLeft,
            Compared = compare,
            Difference = replay.Difference,
            Identical = replay.Identical,
            Truncation = reader.Truncation,
            HasEnd = reader.Truncation is null && reader.EndUnixNanoseconds is not null,
        };
    }
}

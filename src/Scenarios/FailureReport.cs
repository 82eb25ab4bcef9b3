using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Scripting;
using SimNet.Time;

namespace Scenarios;

/// <summary>Turns what ended the program into a status and lines for the user.</summary>
internal static class FailureReport
{
    /// <summary>Writes the lines and returns the status.</summary>
    public static int Write(Exception exception, SimConsole console)
    {
        (int status, string[] lines) = Describe(exception);
        try
        {
            foreach (string line in lines)
            {
                console.Error.WriteLine(line);
            }

            console.Error.Flush();
        }
        catch (IOException)
        {
            // Nobody listens; the status says it.
        }

        return status;
    }

    /// <summary>The status and the lines.</summary>
    public static (int Status, string[] Lines) Describe(Exception exception) => exception switch
    {
        SimException known => (known.Status, [Prefixed(known.Message)]),
        ScriptException script => (ExitStatus.BadRequest, [.. script.Errors.Select(e => e.ToString())]),
        OperationCanceledException => (ExitStatus.Interrupted, ["sim: stopped"]),
        SimulationLimitException limit => (ExitStatus.ExpectationFailed, [Prefixed(OneLine(limit.Message))]),
        OutOfMemoryException => (ExitStatus.EnvironmentRefused, ["sim: memory is exhausted; make the run shorter, or lower `limits` in the script"]),
        BridgeException refused => (ExitStatus.EnvironmentRefused, [Prefixed(OneLine(refused.Message))]),
        CaptureWriteException capture => (
            ExitStatus.EnvironmentRefused, [Prefixed($"{OneLine(capture.Message)}; {Advice(capture.InnerException ?? capture, null)}")]),
        UnauthorizedAccessException or IOException => (
            ExitStatus.EnvironmentRefused,
            [Prefixed($"cannot write the output: {OneLine(exception.Message)}; {(IsDiskFull(exception) ? "free some space there, or send it elsewhere" : "send it elsewhere")}")]),
        _ => (ExitStatus.InternalError,
            [Prefixed($"this is a mistake in sim, please report it with the command that you ran: {exception.GetType().Name}: {OneLine(exception.Message)}")]),
    };

    /// <summary>What to do about a file that cannot be written.</summary>
    /// <param name="cause">Why it cannot.</param>
    /// <param name="option">The option that says where it is; null when that is plain.</param>
    public static string Advice(Exception cause, string? option = "--out DIR")
    {
        string with = option is null ? "" : $" with {option}";
        return IsDiskFull(cause)
            ? $"free some space, or choose a place on another disk{with}"
            : $"choose a place that you may write to{with}";
    }

    // ENOSPC and EDQUOT of Linux and macOS, ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL of Windows.
    private static bool IsDiskFull(Exception exception) =>
        exception is IOException && (exception.HResult & 0xffff) is 28 or 122 or 69 or 112 or 39;

    private static string Prefixed(string message) => message.StartsWith("sim", StringComparison.Ordinal) ? message : $"sim: {message}";

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}

namespace Scenarios;

/// <summary>What the program's exit status says.</summary>
internal static class ExitStatus
{
    /// <summary>All expectations held.</summary>
    public const int Success = 0;

    /// <summary>Something that was checked did not hold.</summary>
    public const int ExpectationFailed = 1;

    /// <summary>The request was wrong: unknown name, bad file, bad option.</summary>
    public const int BadRequest = 2;

    /// <summary>The environment refused: folder not writable, disk full.</summary>
    public const int EnvironmentRefused = 3;

    /// <summary>A mistake in the program itself (EX_SOFTWARE of sysexits).</summary>
    public const int InternalError = 70;

    /// <summary>Stopped by Ctrl-C, as shells show it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}

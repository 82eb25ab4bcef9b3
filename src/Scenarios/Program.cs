namespace Scenarios;

/// <summary>The <c>sim</c> program.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) => SimProgram.Run(args, SimConsole.ForProcess());
}

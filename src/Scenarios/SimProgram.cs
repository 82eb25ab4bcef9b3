using System.CommandLine;
using System.CommandLine.Invocation;
using Scenarios.CommandLine;

namespace Scenarios;

/// <summary>The program from its arguments to its exit status.</summary>
internal static class SimProgram
{
    /// <summary>Runs it.</summary>
    /// <param name="args">The command line without the program's name.</param>
    /// <param name="console">Where it writes.</param>
    /// <param name="cancellationToken">As Ctrl-C.</param>
    /// <returns>One of <see cref="ExitStatus"/>; nothing is thrown.</returns>
    public static async Task<int> Run(string[] args, SimConsole console, CancellationToken cancellationToken = default)
    {
        int status;
        try
        {
            status = await Invoke(args, console, cancellationToken);
            console.Output.Flush();
        }
        catch (Exception exception)
        {
            // The outermost place: whatever is not foreseen becomes a line and a status, never a stack trace.
            status = FailureReport.Write(exception, console);
        }

        console.Error.Flush();
        return status;
    }

    /// <summary>As the other overload, with writers in place of the terminal.</summary>
    public static Task<int> Run(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default) =>
        Run(args, new SimConsole(output, error), cancellationToken);

    private static async Task<int> Invoke(string[] args, SimConsole console, CancellationToken cancellationToken)
    {
        var configuration = new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null };
        ParseResult parsed = SimCommandLine.Create(console).Parse(JsonOption.Normalize(args), configuration);
        if (parsed.Action is ParseErrorAction)
        {
            throw SimException.BadRequest(ParseErrorLine.Of(parsed));
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = console.Output,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // the generic host's console lifetime listens to Ctrl-C
            },
            cancellationToken);
    }
}

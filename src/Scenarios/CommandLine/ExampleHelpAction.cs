using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Scenarios.CommandLine;

/// <summary>The help page, with examples below.</summary>
internal sealed class ExampleHelpAction(HelpAction page, IReadOnlyList<string> rootExamples) : SynchronousCommandLineAction
{
    /// <summary>Help is given whatever else is wrong with the command line.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        page.Invoke(parseResult);
        IReadOnlyList<string> examples = parseResult.CommandResult.Command switch
        {
            SimCommand command => command.Examples,
            RootCommand => rootExamples,
            _ => [],
        };
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (examples.Count > 0)
        {
            output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
            foreach (string example in examples)
            {
                output.WriteLine("  " + example);
            }

            output.WriteLine();
        }

        return ExitStatus.Success;
    }
}

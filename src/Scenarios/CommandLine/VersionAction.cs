using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Scenarios.CommandLine;

/// <summary>Prints the version, which also goes into every result file.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <summary><c>0.1.0</c></summary>
    public static string Version { get; } =
        typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"sim {Version}");
        return ExitStatus.Success;
    }
}

using System.CommandLine;

namespace Scenarios.CommandLine;

/// <summary>A command with examples for its help page.</summary>
internal sealed class SimCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Whole command lines, ready to copy.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}

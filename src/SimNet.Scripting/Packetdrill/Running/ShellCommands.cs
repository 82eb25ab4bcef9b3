using SimNet.Scripting.Packetdrill.Commands;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>Stands where the commands come.</summary>
internal static class ShellCommands
{
    public static CommandOutcome Run(string text, SourcePosition start, CommandTarget target)
    {
        string first = text.Trim().Split('\n', ' ')[0];
        return new CommandOutcome(CommandOutcomeKind.Unsupported, $"command `{first}` is not supported yet", start, "");
    }
}

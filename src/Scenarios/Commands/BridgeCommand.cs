using System.CommandLine;
using Scenarios.CommandLine;

namespace Scenarios.Commands;

/// <summary><c>sim bridge tap …</c></summary>
internal static class BridgeCommand
{
    /// <summary>The command with its forms.</summary>
    public static Command Create(SimConsole console) => new SimCommand(
        "bridge",
        "Joins simulated hosts to a real network, in real time: on a TAP device with this machine's kernel as the other party.",
        "sim bridge tap --host mine.yaml --address 10.0.0.9/24")
    {
        BridgeTapCommand.Create(console),
    };
}

using System.CommandLine;
using Scenarios.CommandLine;

namespace Scenarios.Commands;

/// <summary><c>sim bridge tap|wan|packet|pcap …</c></summary>
internal static class BridgeCommand
{
    /// <summary>The command with its forms.</summary>
    public static Command Create(SimConsole console) => new SimCommand(
        "bridge",
        "Joins simulated hosts to a real network, in real time: on a TAP device with this machine's kernel as the other party, or on an interface that exists. Or real hosts through a simulated network.",
        "sim bridge tap --host mine.yaml --address 10.0.0.9/24",
        "sim bridge wan --between tapA tapB --rate 10Mbit --delay 30ms --loss 1%",
        "sim bridge packet --interface eth0 --host mine.yaml")
    {
        BridgeTapCommand.Create(console),
        BridgeWanCommand.Create(console),
        BridgeStationCommand.CreatePacket(console),
        BridgeStationCommand.CreatePcap(console),
    };
}

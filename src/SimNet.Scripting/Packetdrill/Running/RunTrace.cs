using SimNet.Scripting.Packetdrill.Calls;
using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>
/// What a script's lines saw of the machine, for whoever compares two runs: which packets an outbound line read, what calls returned,
/// what code blocks were told. All packets, read or not, are in the machine's history.
/// </summary>
internal sealed class RunTrace
{
    /// <summary>Packets that outbound lines read, in order; a line that stands for several has several.</summary>
    public List<(PacketEvent Line, LivePacket Packet)> Read { get; } = [];

    /// <summary>Calls that returned, in the order of their returning.</summary>
    public List<(SystemCallEvent Line, CallResult Result, Instant Time)> Returned { get; } = [];

    /// <summary>TCP_INFO as code blocks got it; null where the socket is none of TCP's.</summary>
    public List<(CodeEvent Line, TcpInfo? Info, Instant Time)> Told { get; } = [];

    /// <summary>The device's packets in both directions, once the run is over.</summary>
    public IReadOnlyList<LivePacket> Packets { get; set; } = [];

    /// <summary>The instant of the script's time 0.</summary>
    public Instant Start { get; set; }

    /// <summary>When the run was over.</summary>
    public Instant End { get; set; }
}

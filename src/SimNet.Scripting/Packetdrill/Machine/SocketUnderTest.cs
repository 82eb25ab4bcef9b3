using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>
/// One socket of the script: its descriptor, and how the script's numbers map to those on the wire. A passive connection has one
/// from its SYN on, before accept() gives it a descriptor.
/// </summary>
internal sealed class SocketUnderTest
{
    private readonly Dictionary<uint, uint> _liveTimestamps = [];

    public SocketPhase Phase { get; set; }

    /// <summary>TCP, UDP, ICMP or ICMPv6.</summary>
    public required IpProtocol Protocol { get; init; }

    /// <summary>The script's descriptor; -1 before accept().</summary>
    public int Descriptor { get; set; } = -1;

    /// <summary>After close().</summary>
    public bool IsClosed { get; set; }

    /// <summary>The stack's socket; null before accept().</summary>
    public HostSocket? Socket { get; set; }

    /// <summary>On the wire; port 0 and unspecified until known.</summary>
    public IpEndpoint LiveLocal { get; set; }

    public IpEndpoint LiveRemote { get; set; }

    /// <summary>The machine's initial sequence number as the script writes it, and on the wire.</summary>
    public uint ScriptLocalIsn { get; set; }

    public uint LiveLocalIsn { get; set; }

    /// <summary>The peer's initial sequence number, which is the script's on the wire too.</summary>
    public uint RemoteIsn { get; set; }

    /// <summary>The first TS val that the machine sent while the script wrote one: where its clock starts in the script.</summary>
    public uint? FirstScriptTimestamp { get; private set; }

    public uint FirstLiveTimestamp { get; private set; }

    /// <summary>The flow label in force, as the script writes it and on the wire; 0 before the first.</summary>
    public uint ScriptFlowLabel { get; set; }

    public uint LiveFlowLabel { get; set; }

    /// <summary>What to add to the machine's sequence numbers in the script to have those on the wire; in SYNs they are absolute.</summary>
    public uint LocalOffset(bool isSyn) => unchecked(isSyn ? LiveLocalIsn - ScriptLocalIsn : LiveLocalIsn);

    /// <summary>The same for the peer's numbers.</summary>
    public uint RemoteOffset(bool isSyn) => isSyn ? 0 : RemoteIsn;

    /// <summary>Remembers what a TS val of the script is on the wire, for the echoes to come.</summary>
    public void MapTimestamp(uint script, uint live)
    {
        _liveTimestamps[script] = live;
        if (FirstScriptTimestamp is null)
        {
            FirstScriptTimestamp = script;
            FirstLiveTimestamp = live;
        }
    }

    /// <summary>The TS val on the wire that the script's stands for.</summary>
    public bool TryMapTimestamp(uint script, out uint live) => _liveTimestamps.TryGetValue(script, out live);
}

using SimNet.Scripting.Packetdrill.Matching;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>
/// Notes where a script leads the machine to behaviours of Linux that the stack lacks, so that a line that does not hold afterwards can
/// name what is missing. It changes no verdict.
/// </summary>
internal sealed class MissingBehaviours
{
    private bool _sackBlocks;

    /// <summary>An inbound packet.</summary>
    public void NoteArrival(PacketImage packet)
    {
        if (!packet.IsTcp)
        {
            return;
        }

        var options = new TcpOptionReader(packet.Options);
        while (options.MoveNext())
        {
            _sackBlocks |= options.Kind == TcpOptionKind.Sack && packet.Has(TcpFlags.Ack);
        }
    }

    /// <summary>What the stack lacks of what the run has come to; null when nothing is known to be missing.</summary>
    public string? Name() => _sackBlocks ? "loss recovery by SACK (RACK, PRR)" : null;
}

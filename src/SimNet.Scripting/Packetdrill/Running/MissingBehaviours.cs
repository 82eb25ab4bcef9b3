using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Matching;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>
/// Notes where a script leads the machine to behaviours of Linux that the stack lacks, so that a line that does not hold afterwards can
/// name what is missing. It changes no verdict.
/// </summary>
internal sealed class MissingBehaviours(TestMachine machine)
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
    /// <param name="isCall">Whether it is a call that did not hold: what it returns is none of the congestion control's business.</param>
    public string? Name(bool isCall) => _sackBlocks ? "loss recovery by SACK (RACK, PRR)"
        : !isCall && HasLostData() && HasReducedWindow() ? "CUBIC"
        : null;

    // How far a loss takes the congestion window down, and how it grows again, is where CUBIC and Reno differ.
    private bool HasReducedWindow() =>
        machine.Sockets.UnderTest?.Socket is TcpSocket { CongestionControl: "cubic" } socket
        && socket.GetInfo(machine.Now).TryGet("tcpi_snd_ssthresh", out long threshold) && threshold < int.MaxValue;

    // A SYN that goes again changes nothing that CUBIC decides.
    private bool HasLostData() =>
        machine.Host.Counters[SnmpCounter.TcpRetransSegs] > machine.Host.Counters[SnmpCounter.TcpExtTCPSynRetrans];
}

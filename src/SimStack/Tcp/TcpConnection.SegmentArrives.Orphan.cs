using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// A segment arrives in FIN-WAIT-2 when the user has closed: Linux keeps no more of the connection than in TIME-WAIT, and waits for the FIN
/// alone (tcp_timewait_state_process).
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>Continue for the FIN that is waited for.</summary>
    private Check CheckForOrphan(Instant now, scoped in TcpSegment segment)
    {
        // A RST is believed without regard to its timestamp only where ours is old (tcp_paws_reject).
        bool old = _timestampsOn && segment.Options.HasTimestamps && IsOldTimestamp(now, segment)
            && !(segment.Has(TcpFlags.Rst) && now - _timestampsStamp >= Duration.FromSeconds(60));
        SequenceNumber right = _rcv.Nxt + _rcv.Remaining;
        bool inWindow = segment.Seq == _rcv.Nxt || (segment.End > _rcv.Nxt && segment.Seq < right)
            || (segment.Seq == right && segment.Length == 0);
        if (old || !inWindow)
        {
            AcknowledgeOutOfWindow(now, segment, SnmpCounter.TcpExtTCPACKSkippedFinWait2);
            return Check.Drop;
        }

        if (segment.Has(TcpFlags.Rst))
        {
            Destroy(now, "rcv RST");
            return Check.Drop;
        }

        bool isNewSyn = segment.Has(TcpFlags.Syn) && segment.Seq >= _rcv.Nxt;
        if (!isNewSyn && (!segment.Has(TcpFlags.Ack) || segment.End <= _rcv.Nxt || segment.Length == 0))
        {
            return Check.Drop; // A duplicate.
        }

        if (!isNewSyn && segment.Has(TcpFlags.Fin) && segment.End == _rcv.Nxt + 1)
        {
            return Check.Continue;
        }

        // Data that nobody is there for (RFC 9293 §3.6.1).
        _tcp.ResetUnknown(now, segment, flow: this);
        Destroy(now, "data after CLOSE");
        return Check.Drop;
    }
}

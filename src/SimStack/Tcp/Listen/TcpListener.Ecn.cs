using SimStack.Ip;
using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp.Listen;

/// <summary>What a listening socket grants of ECN (RFC 3168 §6.1.1; RFC 9768 §3.1.2), and tells of it in the SYN-ACK.</summary>
internal sealed partial class TcpListener
{
    /// <summary>
    /// A SYN that arrives marked, or ECN-capable, shows a network that plays with the bits: no ECN then (RFC 3168 §6.1.1), unless AE says that
    /// its sender knows more than that RFC, or the congestion control wants ECN in any case (Linux: tcp_ecn_create_request).
    /// </summary>
    private EcnState GrantEcn(scoped in TcpSegment syn, IpPath path)
    {
        int setting = _tcp.Sysctls.Ecn;
        if (setting >= 3 && TcpConnection.AsksForAccurateEcn(syn.Flags))
        {
            return EcnState.Accurate;
        }

        if ((syn.Flags & (TcpFlags.Ece | TcpFlags.Cwr)) != (TcpFlags.Ece | TcpFlags.Cwr))
        {
            return EcnState.None;
        }

        bool allowed = setting > 0 || path.Route is { Ecn: true };
        bool trusted = (syn.TrafficClass & EcnField.Mask) == EcnField.NotEct || syn.Has(TcpFlags.Ae);
        bool needed = SynAckField != EcnField.NotEct || (path.Route?.CongestionControl is { } name && CongestionAlgorithms.NeedsEcn(name));
        return (allowed && trusted) || needed ? EcnState.Classic : EcnState.None;
    }

    /// <summary>A SYN-ACK is ECN-capable if the congestion control wants all packets so (RFC 8257 §3.6; Linux: the listening socket's TOS).</summary>
    private byte SynAckField => CongestionAlgorithms.NeedsEcn(Socket.CongestionControl) ? EcnField.Ect0 : EcnField.NotEct;

    /// <summary>
    /// The SYN-ACK's ECN flags (tcp_ecn_make_synack). AccECN's reflect the SYN's mark; its option goes along once, and after two timeouts
    /// neither does, as they may be why nobody answers (RFC 9768 §3.1.4.2).
    /// </summary>
    private TcpFlags EcnOfSynAck(SynQueueEntry entry, bool retransmission, int signature, ref TcpOptions options)
    {
        if (entry.Ecn is not EcnState.Accurate)
        {
            return entry.Ecn is EcnState.Classic ? TcpFlags.Ece : TcpFlags.None;
        }

        if (entry.Retransmissions > 1)
        {
            entry.EcnFailures |= AccurateEcnFailures.AceSend;
        }

        if (!retransmission && _tcp.Sysctls.EcnOption > 0)
        {
            TcpConnection.AddFirstOption(ref options, signature);
        }

        return retransmission && entry.Timeouts > 0 ? TcpFlags.None : TcpConnection.Reflected(entry.SynField);
    }

    /// <summary>The SYN again: its mark is the one to reflect, and without flags it fell back (tcp_check_req).</summary>
    private static void TakeEcnAgain(SynQueueEntry entry, scoped in TcpSegment syn)
    {
        if (entry.Ecn is not EcnState.Accurate)
        {
            return;
        }

        entry.SynField = (byte)(syn.TrafficClass & EcnField.Mask);
        if ((syn.Flags & (TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae)) == TcpFlags.None)
        {
            entry.EcnFailures |= AccurateEcnFailures.AceReceive;
        }
    }

    internal static void NoteEcnOption(SynQueueEntry entry, scoped in TcpSegment third)
    {
        if (entry.Ecn is EcnState.Accurate && third.Options.HasAccurateEcn && entry.EcnOption < AccurateEcnOption.Counters)
        {
            entry.EcnOption = TcpConnection.FirstOption(third.Options);
        }
    }
}

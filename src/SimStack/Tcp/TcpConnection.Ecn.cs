using SimStack.Tcp.Congestion;
using SimStack.Tcp.Listen;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// Explicit congestion notification (RFC 3168), as Linux has it (include/net/tcp_ecn.h): who asks for it and who grants it, which packets are
/// ECN-capable, the echo of marks, and the answer to the echo. AccECN's part is in the file of that name.
/// </summary>
internal sealed partial class TcpConnection
{
    private const TcpFlags EcnFlags = TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae;

    private EcnState _ecn;
    private byte _arrivedField;
    private EcnCounters? _ecnCounters;

    private EcnState EcnMode => _ecn & EcnState.Pending;

    private bool UsesClassicEcn => EcnMode is EcnState.Classic;

    private EcnCounters EcnCounters => _ecnCounters ??= new EcnCounters();

    /// <summary>
    /// The congestion control wants ECN: all packets are ECN-capable, and the receiver echoes each change of the marks (RFC 8257; Linux:
    /// TCP_CONG_NEEDS_ECN).
    /// </summary>
    private bool NeedsEcn
    {
        get => (_ecn & EcnState.Everywhere) != 0;
        set
        {
            _ecn = value ? _ecn | EcnState.Everywhere : _ecn & ~EcnState.Everywhere;
            SetEcnCapable(value);
        }
    }

    /// <summary>TOS or traffic class in force, the bits of ECN included, as IP_TOS tells it.</summary>
    public byte TypeOfService => _typeOfService;

    /// <summary>The type of service of the peer's SYN becomes the connection's (net.ipv4.tcp_reflect_tos; tcp_v4_syn_recv_sock).</summary>
    public void ReflectTypeOfService(byte ofSyn) => _typeOfService = (byte)((_typeOfService & EcnField.Mask) | (ofSyn & ~EcnField.Mask));

    private void SetEcnMode(EcnState mode) => _ecn = (_ecn & ~EcnState.Pending) | mode;

    /// <summary>The mark stays on the socket until it is taken away, as in Linux: IP_TOS shows it (INET_ECN_xmit, INET_ECN_dontxmit).</summary>
    private void SetEcnCapable(bool capable) =>
        _typeOfService = (byte)((_typeOfService & ~EcnField.Mask) | (capable ? EcnField.Ect0 : EcnField.NotEct));

    /// <summary>
    /// ECN's flags of our SYN (tcp_ecn_send_syn). A repeated one goes without them, as they may be why nobody answered (RFC 3168
    /// §6.1.1.1); AccECN's are tried twice (RFC 9768 §3.1.4.1).
    /// </summary>
    private TcpFlags EcnOfSyn(bool retransmission)
    {
        if (!retransmission)
        {
            RequestEcn();
        }
        else if (Sysctls.EcnFallback && (EcnMode is not EcnState.Pending || _retransmissions > 1))
        {
            _ecn |= EcnState.SynCleared;
        }

        return EcnMode == EcnState.None || (_ecn & EcnState.SynCleared) != 0 ? TcpFlags.None
            : EcnMode is EcnState.Pending ? EcnFlags : TcpFlags.Ece | TcpFlags.Cwr;
    }

    private void RequestEcn()
    {
        _ecn &= EcnState.Everywhere;
        bool accurate = Sysctls.Ecn == 3;
        if (!accurate && Sysctls.Ecn is not (1 or 4) && !NeedsEcn && _path?.Route is not { Ecn: true })
        {
            return;
        }

        SetEcnMode(accurate ? EcnState.Pending : EcnState.Classic);
        if (accurate)
        {
            EcnCounters.SynSent = (byte)(_typeOfService & EcnField.Mask);
        }
    }

    /// <summary>The answer to our SYN (tcp_ecn_rcv_synack; RFC 9768 table 2, of which RFC 3168 §6.1.1 is a part).</summary>
    private void TakeEcnOfSynAck(scoped in TcpSegment segment)
    {
        if (EcnMode == EcnState.None)
        {
            return;
        }

        switch (AceOf(segment.Flags))
        {
            case 0 or 7:
                SetEcnMode(EcnState.None);
                break;
            case 1:
                SetEcnMode(EcnState.Classic);
                break;
            case 5 when EcnMode is not EcnState.Pending:
                break;
            case var _ when Profile.RfcSegmentChecks && UsesClassicEcn:
                // RFC 3168 §6.1.1: ECE and not CWR is the only answer; Linux takes the others for AccECN, asked or not.
                SetEcnMode(EcnState.None);
                break;
            case var ace:
                TakeAccurateSynAck(segment, ace);
                break;
        }
    }

    /// <summary>A SYN that crossed ours (tcp_ecn_rcv_syn).</summary>
    private void TakeEcnOfCrossingSyn(scoped in TcpSegment segment)
    {
        if (EcnMode is EcnState.Pending)
        {
            bool accurate = AsksForAccurateEcn(segment.Flags);
            SetEcnMode(accurate ? EcnState.Accurate : EcnState.Classic);
            if (accurate)
            {
                EcnCounters.SynReceived = EcnCounters.LastField = (byte)(segment.TrafficClass & EcnField.Mask);
            }
        }

        if (UsesClassicEcn && (segment.Flags & (TcpFlags.Ece | TcpFlags.Cwr)) != (TcpFlags.Ece | TcpFlags.Cwr))
        {
            SetEcnMode(EcnState.None);
        }
    }

    /// <summary>ECN's flags of the SYN,ACK that answers a SYN that crossed ours (tcp_ecn_send_synack).</summary>
    private TcpFlags EcnOfCrossingSynAck(ref TcpOptions options)
    {
        if (EcnMode is EcnState.Accurate)
        {
            EcnCounters.SynSent = (byte)(_typeOfService & EcnField.Mask);
            if (Sysctls.EcnOption > 0 && _retransmissions < 2)
            {
                AddFirstOption(ref options, SignatureLength);
            }

            return Reflected(EcnCounters.SynReceived);
        }

        if ((_ecn & EcnState.SynCleared) != 0)
        {
            return TcpFlags.None;
        }

        // Linux makes the SYN,ACK of its SYN and takes off what was not agreed on, all but AE.
        TcpFlags left = _ecnCounters is not null && Sysctls.Ecn == 3 && !Profile.RfcSegmentChecks ? TcpFlags.Ae : TcpFlags.None;
        return UsesClassicEcn ? TcpFlags.Ece | left : left;
    }

    /// <summary>What the listener granted (tcp_ecn_openreq_child), and what the third segment tells of our SYN-ACK.</summary>
    public void TakeEcnOf(SynQueueEntry entry, scoped in TcpSegment third)
    {
        SetEcnMode(entry.Ecn);
        if (EcnMode is EcnState.Accurate)
        {
            TakeAccurateThirdSegment(entry, third);
        }
    }

    /// <summary>The same of a Fast Open, which sends before there is a third segment.</summary>
    private void TakeEcnOf(SynQueueEntry entry)
    {
        SetEcnMode(entry.Ecn);
        if (EcnMode is EcnState.Accurate)
        {
            EcnCounters.SynReceived = EcnCounters.LastField = entry.SynField;
        }
    }

    /// <summary>A record in the connection's place answers from FIN-WAIT-2 on in Linux, and knows nothing of ECN (tcp_time_wait).</summary>
    private void ForgetEcnOfOrphan()
    {
        if (EcnMode != EcnState.None && IsOrphanInFinWait2 && !Profile.RfcSegmentChecks)
        {
            SetEcnMode(EcnState.None);
        }
    }

    /// <summary>A segment of an established connection: its mark (tcp_ecn_received_counters).</summary>
    private void CountMark(scoped in TcpSegment segment)
    {
        byte field = _arrivedField = (byte)(segment.TrafficClass & EcnField.Mask);
        if (_state is TcpState.Established && (field != EcnField.NotEct || EcnMode is EcnState.Accurate))
        {
            CountMark(field, segment.Data.Length, segment.Parts);
        }
    }

    /// <summary>Data arrived, in order or not: its mark is echoed until the peer says that it heard (tcp_data_ecn_check; RFC 3168 §6.1.3).</summary>
    private void EchoMark(Instant now)
    {
        if (EcnMode == EcnState.None)
        {
            return;
        }

        switch (_arrivedField)
        {
            case EcnField.NotEct:
                // What is not ECN-capable among data that was is probably sent again: its sender waits for the ACK.
                if ((_ecn & EcnState.Seen) != 0)
                {
                    EnterQuickAck(2);
                }

                return;
            case EcnField.Ce:
                NoteCeState(now, marked: true);
                if (UsesClassicEcn && (_ecn & EcnState.EchoDue) == 0)
                {
                    // The peer's window may be very small by now.
                    EnterQuickAck(2);
                    _ecn |= EcnState.EchoDue;
                }

                break;
            default:
                NoteCeState(now, marked: false);
                break;
        }

        if (UsesClassicEcn)
        {
            _ecn |= EcnState.Seen;
        }
    }

    /// <summary>
    /// DCTCP's receiver: ECE tells of exactly the data that was marked, so that an ACK is due where marks begin or end, and one that was
    /// delayed goes first, for what came before (RFC 8257 §3.2; Linux: dctcp_ece_ack_update).
    /// </summary>
    private void NoteCeState(Instant now, bool marked)
    {
        if (_control is not { NeedsEcn: true })
        {
            return;
        }

        CongestionContext context = FillContext(now);
        _control.Happened(ref _congestion, context, marked ? CongestionEvent.EcnIsCe : CongestionEvent.EcnNoCe);
        EcnEchoOrder order = context.EchoOrder;
        if (order.AckFirst)
        {
            SetEchoDue(order.FirstEcho);
            SequenceNumber received = _rcv.Nxt;
            _rcv.Nxt = order.FirstAck;
            SendAck(now);
            _rcv.Nxt = received;
            _ackScheduled = true;
        }

        _acknowledgeWhenDue |= order.AckNow;
        SetEchoDue(order.Echo);
    }

    private void SetEchoDue(bool due) => _ecn = due ? _ecn | EcnState.EchoDue : _ecn & ~EcnState.EchoDue;

    /// <summary>
    /// The peer reduced its window: the echo ends. RFC 3168 §6.1.2 has CWR on new data; Linux takes it from any segment
    /// (tcp_ecn_accept_cwr).
    /// </summary>
    private void AcceptCwr(scoped in TcpSegment segment)
    {
        if (segment.Has(TcpFlags.Cwr))
        {
            _ecn &= ~EcnState.EchoDue;
            // Its window may be a single segment: the ACK must not wait.
            _acknowledgeWhenDue |= segment.Length > 0;
        }
    }

    /// <summary>RFC 3168's flags of an acknowledgement not older than what was acknowledged before.</summary>
    private void TakeEcnFlags(scoped in TcpSegment segment, ref AckRound round)
    {
        if (UsesClassicEcn)
        {
            AcceptCwr(segment);
            round.Flags |= segment.Has(TcpFlags.Ece) && !segment.Has(TcpFlags.Syn) ? AckFlags.EcnEcho : AckFlags.None;
        }
    }

    /// <summary>
    /// How much of what was delivered had a mark: by ECE all of it, by AccECN so many segments as the counter says (tcp_count_delivered,
    /// tcp_accecn_process).
    /// </summary>
    /// <param name="segment">The acknowledgement.</param>
    /// <param name="before">Segments delivered before it.</param>
    /// <param name="round">What is known of it.</param>
    private void CountMarks(scoped in TcpSegment segment, uint before, ref AckRound round)
    {
        int delivered = (int)(_counts.Delivered - before);
        if (EcnMode is EcnState.Accurate && !round.Has(AckFlags.SynAcknowledged) && PendingRequest is null
            && (round.Has(AckFlags.ForwardProgress) || _timestampAdvanced))
        {
            round.Marked = (int)TakeAccurateFeedback(segment, delivered, Math.Max(round.DeliveredBytes, 0));
            round.Flags |= round.Marked > 0 ? AckFlags.EcnEcho : AckFlags.None;
        }
        else if (UsesClassicEcn && round.Has(AckFlags.EcnEcho))
        {
            round.Marked = delivered;
        }

        _counts.DeliveredCe += (uint)round.Marked;
    }

    /// <summary>Without SACK a duplicate is only seen to be one when the acknowledgement was judged; ECE is for what it stands for too.</summary>
    private void CountMarksOfDuplicates(int delivered, ref AckRound round)
    {
        if (!round.Has(AckFlags.EcnEcho))
        {
            return;
        }

        if (UsesClassicEcn)
        {
            _counts.DeliveredCe += (uint)(delivered - round.Marked);
            round.Marked = delivered;
        }

        Count(SnmpCounter.TcpExtTCPDeliveredCE, round.Marked);
    }

    /// <summary>The window was reduced, whatever for: the next new data says so (RFC 3168 §6.1.2).</summary>
    private void QueueCwr()
    {
        if (UsesClassicEcn)
        {
            _ecn |= EcnState.CwrDue;
        }
    }

    /// <summary>
    /// A segment leaves: ECE and CWR, and whether the packet is ECN-capable (tcp_ecn_send). By RFC 3168 §6.1.4 to §6.1.6 that is new data only:
    /// no ACK, no probe, nothing that is sent again.
    /// </summary>
    private void MarkOutgoing(ref TcpFlags flags, bool newData)
    {
        if (EcnMode is EcnState.Accurate)
        {
            MarkAccurately(ref flags);
            return;
        }

        if (newData)
        {
            SetEcnCapable(true);
            if ((_ecn & EcnState.CwrDue) != 0)
            {
                _ecn &= ~EcnState.CwrDue;
                flags |= TcpFlags.Cwr;
            }
        }
        else if (!NeedsEcn)
        {
            SetEcnCapable(false);
        }

        if ((_ecn & EcnState.EchoDue) != 0)
        {
            flags |= TcpFlags.Ece;
        }
    }
}

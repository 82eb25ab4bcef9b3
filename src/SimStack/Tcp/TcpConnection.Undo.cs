using SimStack.Tcp.Congestion;
using SimStack.Tcp.Recovery;

namespace SimStack.Tcp;

/// <summary>
/// Taking back a reduction that was a mistake: the segments had only been late. Told by timestamps (Eifel, RFC 3522), by D-SACKs for all that
/// was sent again (RFC 3708), or by F-RTO. tcp_input.c: tcp_try_undo_*.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>What is sent again from now on counts (tcp_init_undo).</summary>
    private void BeginUndo()
    {
        LossRecovery recovery = Recovery;
        recovery.MayUndo = true;
        recovery.UndoMarker = _snd.Una;
        recovery.UndoRetransmissions = recovery.RetransmittedOut
            + (recovery.ProbeOutstanding && recovery.ProbeWasRetransmission ? 1 : 0);
        if (recovery.UndoRetransmissions == 0)
        {
            recovery.UndoRetransmissions = -1;
        }
    }

    /// <summary>The echoed timestamp is older than a transmission, so that it can't be what is acknowledged.</summary>
    private bool EchoIsBefore(Instant sentAt, in AckRound round) =>
        round.HasEcho && unchecked((int)(round.Echo - TimestampNow(sentAt))) < 0;

    /// <summary>What is acknowledged was sent before anything was sent again (tcp_packet_delayed).</summary>
    private bool IsOriginalDelivered(in AckRound round) => !_firstRetransmissionAt.IsNever
        ? EchoIsBefore(_firstRetransmissionAt, round)
        : _sackOn || _snd.Una < Recovery.Point; // Nothing was; without SACK that is forgotten at the point itself.

    private bool MayUndo(in AckRound round) =>
        Recovery.MayUndo && (Recovery.UndoRetransmissions == 0 || IsOriginalDelivered(round));

    /// <summary>
    /// Without SACK the state is held until something above the point is acknowledged, or duplicates for what went again would begin a
    /// recovery (RFC 6582 §3.2, step 1; tcp_is_non_sack_preventing_reopen).
    /// </summary>
    private bool HoldsState()
    {
        if (_sackOn || _snd.Una != Recovery.Point)
        {
            return false;
        }

        ForgetRetransmissionTime();
        return true;
    }

    /// <summary>At the end of recovery (tcp_try_undo_recovery).</summary>
    /// <returns>True when the state stays.</returns>
    private bool UndoRecovery(Instant now, in AckRound round)
    {
        LossRecovery recovery = Recovery;
        if (MayUndo(round))
        {
            Undo(now, unmark: false);
            Count(_congestion.Phase is CongestionPhase.Loss ? SnmpCounter.TcpExtTCPLossUndo : SnmpCounter.TcpExtTCPFullUndo);
        }
        else if (recovery.Rack.Persist > 0)
        {
            recovery.Rack.Persist--;
        }

        if (HoldsState())
        {
            return true;
        }

        EnterPhase(now, CongestionPhase.Open);
        recovery.Reneged = false;
        return false;
    }

    /// <summary>In recovery, by a partial ACK (tcp_try_undo_partial).</summary>
    /// <returns>True when nothing more is to be taken for lost for now.</returns>
    private bool UndoPartially(Instant now, in AckRound round)
    {
        LossRecovery recovery = Recovery;
        if (!recovery.MayUndo || !IsOriginalDelivered(round))
        {
            return false;
        }

        // A late packet filled the hole: more reordering than was thought.
        NoteReordering(round.PriorUna, HighestSacked, SnmpCounter.TcpExtTCPTSReorder);
        if (recovery.RetransmittedOut > 0)
        {
            return true;
        }

        ForgetRetransmissionTime();
        Undo(now, unmark: true);
        Count(SnmpCounter.TcpExtTCPPartialUndo);
        KeepOpen(now);
        return false;
    }

    /// <summary>D-SACKs came for all that was sent again (tcp_try_undo_dsack).</summary>
    private bool UndoByDsack(Instant now)
    {
        LossRecovery recovery = Recovery;
        if (!recovery.MayUndo || recovery.UndoRetransmissions != 0)
        {
            return false;
        }

        recovery.Rack.Persist = (byte)Math.Min(LossRecovery.PersistentRecoveries, recovery.Rack.Persist + 1);
        Undo(now, unmark: false);
        Count(SnmpCounter.TcpExtTCPDSACKUndo);
        return true;
    }

    /// <summary>After a timeout (tcp_try_undo_loss).</summary>
    private bool UndoLoss(Instant now, in AckRound round, bool spurious)
    {
        if (!spurious && !MayUndo(round))
        {
            return false;
        }

        Undo(now, unmark: true);
        Count(SnmpCounter.TcpExtTCPLossUndo);
        if (spurious)
        {
            Count(SnmpCounter.TcpExtTCPSpuriousRTOs);
        }

        _retransmissions = 0;
        if (!HoldsState() && (spurious || _sackOn))
        {
            EnterPhase(now, CongestionPhase.Open);
            Recovery.Reneged = false;
        }

        return true;
    }

    /// <summary>tcp_undo_cwnd_reduction.</summary>
    private void Undo(Instant now, bool unmark)
    {
        LossRecovery recovery = Recovery;
        if (unmark)
        {
            UnmarkLost();
        }

        if (recovery.PriorThreshold != 0)
        {
            _congestion.Window = _control?.WindowAfterUndo(ref _congestion, FillContext(now)) ?? _congestion.Window;
            if (recovery.PriorThreshold > _congestion.Threshold)
            {
                _congestion.Threshold = recovery.PriorThreshold;
                _ecn &= ~EcnState.CwrDue;
            }
        }

        recovery.WindowStamp = now;
        recovery.MayUndo = false;
        recovery.Rack.Advanced = true; // Losses are looked for again.
    }

    private void UnmarkLost()
    {
        LossRecovery recovery = Recovery;
        SegmentRing ring = Sent;
        for (int i = 0; i < ring.Count; i++)
        {
            ring[i].Flags &= ~SentFlags.Lost;
        }

        ring.LookAgain();
        recovery.LostOut = 0;
        recovery.HasHint = false;
        recovery.CountedTo = _snd.Una;
    }
}

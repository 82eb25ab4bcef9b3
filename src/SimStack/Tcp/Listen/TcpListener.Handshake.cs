using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp.Authentication;
using SimStack.Wire;

namespace SimStack.Tcp.Listen;

/// <summary>
/// SYN-RECEIVED on a listening socket: SYN-ACKs and their retransmission, and the third segment (RFC 9293 §3.10.7.4).
/// </summary>
internal sealed partial class TcpListener
{
    public void SegmentArrives(Instant now, SynQueueEntry entry, ref TcpSegment segment)
    {
        bool timestamps = entry.Options.HasTimestamps && segment.Options.HasTimestamps && _tcp.Sysctls.Timestamps;
        bool old = timestamps && unchecked((int)(segment.Options.TsVal - entry.TimestampsRecent)) < 0;
        TcpFlags control = segment.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst);
        if (segment.Seq == entry.Irs && control == TcpFlags.Syn && !old)
        {
            AnswerDuplicateSyn(now, entry, segment);
            return;
        }

        // Linux looks at the ACK before the sequence number, but for a RST; the RFC has it last.
        bool foreign = segment.Has(TcpFlags.Ack) && segment.Ack != entry.Iss + 1;
        if (foreign && !_tcp.Profile.RfcSegmentChecks && !segment.Has(TcpFlags.Rst))
        {
            _tcp.ResetUnknown(now, segment, this, entry);
            return;
        }

        SequenceNumber next = entry.Irs + 1;
        SequenceNumber right = next + entry.OfferedWindow;
        bool inWindow = segment.Seq == next || (segment.End > next && segment.Seq < right);
        bool foreignEcho = timestamps && EchoesForeignTimestamp(entry, segment.Options.TsEcr);
        if (old || foreignEcho || !inWindow)
        {
            _tcp.Counters[SnmpCounter.TcpExtPAWSEstab] += old ? 1 : 0;
            _tcp.Counters[SnmpCounter.TcpExtTSEcrRejected] += foreignEcho && !old ? 1 : 0;
            AnswerOutside(now, entry, segment);
            return;
        }

        if (timestamps && segment.Seq <= next)
        {
            entry.TimestampsRecent = segment.Options.TsVal;
            entry.TimestampsStamp = now;
        }

        if (segment.Has(TcpFlags.Rst | TcpFlags.Syn) && !(segment.Seq == entry.Irs && !segment.Has(TcpFlags.Rst)))
        {
            if (segment.Has(TcpFlags.Rst) && segment.Seq != next)
            {
                SendChallenge(now, entry, segment);
                return;
            }

            ResetEntry(now, entry, segment);
            return;
        }

        if (foreign)
        {
            _tcp.ResetUnknown(now, segment, this, entry);
        }
        else if (segment.Has(TcpFlags.Ack) && !Defer(now, entry, segment))
        {
            Complete(now, entry, ref segment);
        }
    }

    private void AnswerOutside(Instant now, SynQueueEntry entry, scoped in TcpSegment segment)
    {
        if (!segment.Has(TcpFlags.Rst))
        {
            SendAck(now, entry, segment);
        }
    }

    /// <summary>
    /// An echo of what no SYN-ACK had (RFC 7323 §3.2; Linux since 6.15: tcp_check_req). None of it says nothing, and the other profiles do not look.
    /// </summary>
    private bool EchoesForeignTimestamp(SynQueueEntry entry, uint echo) =>
        echo != 0 && _tcp.Profile.ChargesSegmentMemory
        && unchecked(echo - entry.FirstTimestamp) > unchecked(entry.LastTimestamp - entry.FirstTimestamp);

    /// <summary>
    /// RST, or a SYN in the window: back to LISTEN (RFC 9293 §3.10.7.4, second and fourth; Linux resets for the SYN).
    /// </summary>
    private void ResetEntry(Instant now, SynQueueEntry entry, scoped in TcpSegment segment)
    {
        _tcp.Counters[SnmpCounter.TcpAttemptFails]++;
        _tcp.Counters[SnmpCounter.TcpExtEmbryonicRsts]++;
        if (!_tcp.Profile.RfcSegmentChecks)
        {
            _tcp.ResetUnknown(now, segment, this, entry);
        }

        Remove(entry);
        Report(now, entry, TcpState.SynReceived, TcpState.Listen, segment.Has(TcpFlags.Rst) ? "rcv RST" : "rcv SYN");
        Notify(now, "handshake reset");
    }

    /// <summary>The third segment: a connection, if the accept queue has room.</summary>
    private void Complete(Instant now, SynQueueEntry entry, ref TcpSegment segment)
    {
        if (AcceptQueueIsFull)
        {
            Overflow(now, entry, segment);
            return;
        }

        if (segment.Has(TcpFlags.Syn))
        {
            // The SYN,ACK of a peer that opened as well, with data behind it: its SYN is the one of the queue, and done.
            segment.Seq += 1;
            segment.Flags &= ~TcpFlags.Syn;
        }

        if (!TryMakeChildKeys(entry, out TcpAuthentication? keys))
        {
            _tcp.Counters[SnmpCounter.TcpExtListenDrops]++;
            return;
        }

        NoteEcnOption(entry, segment);
        Remove(entry);
        Establish(now, entry, keys, "handshake completed", ref segment);
    }

    private void Establish(Instant now, SynQueueEntry entry, TcpAuthentication? keys, string cause, ref TcpSegment segment)
    {
        TcpConnection connection = NewConnection(entry, keys);
        connection.OpenFrom(now, entry, entry.Path);
        connection.TakeEcnOf(entry, segment);
        _tcp.Add(connection);
        _acceptQueue.Add(connection);
        Notify(now, cause);
        connection.SegmentArrives(now, ref segment);
        Socket.Wake(PollEvents.POLLIN);
    }

    private TcpConnection NewConnection(SynQueueEntry entry, TcpAuthentication? keys)
    {
        TcpConnection connection = new(_tcp, entry.Local, entry.Remote, entry.Id, TcpState.SynReceived)
        {
            Listener = this,
            Authentication = keys,
        };
        connection.Apply(Socket.Options);
        connection.SendBufferLocked = Socket.Options.SendBuffer > 0;
        connection.SavedSyn = entry.SavedSyn;
        if (_tcp.Sysctls.ReflectTypeOfService)
        {
            connection.ReflectTypeOfService(entry.SynTypeOfService);
        }

        return connection;
    }

    private byte TypeOfServiceFor(SynQueueEntry entry) => _tcp.Sysctls.ReflectTypeOfService
        ? entry.SynTypeOfService
        : Socket.Options.TrafficClassFor(entry.Remote.Address.IsV4);

    private void Overflow(Instant now, SynQueueEntry entry, scoped in TcpSegment segment)
    {
        _tcp.Counters[SnmpCounter.TcpExtListenOverflows]++;
        _tcp.Counters[SnmpCounter.TcpExtListenDrops]++;
        if (Rule.FullOnLastAck is OverflowAnswer.Reset
            || (Rule.FullOnLastAck is OverflowAnswer.BySetting && _tcp.Sysctls.AbortOnOverflow))
        {
            _tcp.Counters[SnmpCounter.TcpExtEmbryonicRsts]++;
            _tcp.ResetUnknown(now, segment, this, entry);
            Remove(entry);
            Report(now, entry, TcpState.SynReceived, TcpState.Closed, "accept queue full");
            Notify(now, "reset: accept queue full");
            return;
        }

        // The ACK is ignored; the SYN-ACK will be sent again, and the client's answer may find room.
        entry.Acknowledged = true;
        Notify(now, "ACK dropped: accept queue full");
    }

    /// <summary>
    /// SYN-ACKs that the timer sends again, at most: tcp_synack_retries or the listening socket's TCP_SYNCNT, and fewer while old entries
    /// take the room of young ones.
    /// </summary>
    private int MostTimeouts
    {
        get
        {
            int most = Socket.Options.SynCount > 0 ? Socket.Options.SynCount : _tcp.Sysctls.SynAckRetries;
            int young = _synQueue.Young * 2;
            if (Rule.PrunesOldHandshakes && _synQueue.Count * 2 > Math.Max(8, Backlog))
            {
                for (; most > 2 && _synQueue.Count >= young; young *= 2)
                {
                    most--;
                }
            }

            return most;
        }
    }

    /// <summary>The SYN-ACK timer: doubling from the initial RTO.</summary>
    public void EntryTimeout(Instant now, SynQueueEntry entry)
    {
        _tcp.Counters[SnmpCounter.TcpExtTCPTimeouts]++;
        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, entry.Id, entry.Local, entry.Remote, "SYN-ACK"));
        if (IsGivenUp(entry))
        {
            Remove(entry);
            Report(now, entry, TcpState.SynReceived, TcpState.Closed, "user timeout");
            Notify(now, "handshake timed out");
            return;
        }

        if (!WaitsForData(entry))
        {
            SendSynAck(now, entry, retransmission: true);
        }

        _synQueue.CountTimeout(entry);
        entry.NextRetransmission = now + TimerWheel.Fires(RetransmissionDelay(entry), _tcp.Sysctls.TimerHz);
        _tcp.Timers.Update(entry);
    }

    private void AnswerDuplicateSyn(Instant now, SynQueueEntry entry, scoped in TcpSegment segment)
    {
        if (now - entry.LastDuplicateAnswer < Duration.FromMilliseconds(_tcp.Sysctls.InvalidRateLimit))
        {
            _tcp.Counters[SnmpCounter.TcpExtTCPACKSkippedSynRecv]++;
            return;
        }

        entry.LastDuplicateAnswer = now;
        TakeEcnAgain(entry, segment);
        SendSynAck(now, entry, retransmission: true);
        entry.NextRetransmission = now + TimerWheel.Fires(RetransmissionDelay(entry), _tcp.Sysctls.TimerHz);
        _tcp.Timers.Update(entry);
    }

    private Duration RetransmissionDelay(SynQueueEntry entry)
    {
        // Linux's own bound, not tcp_rto_max_ms (TCP_RTO_MAX in tcp_reqsk_timeout).
        Duration limit = Duration.FromMilliseconds(_tcp.Profile.SegmentationOffload ? 120_000 : _tcp.Sysctls.RtoMaxMilliseconds);
        return entry.Timeouts > 20 ? limit : Duration.Min(new Duration(InitialRto.Nanoseconds << entry.Timeouts), limit);
    }

    private void SendSynAck(Instant now, SynQueueEntry entry, bool retransmission)
    {
        entry.SentAt = now;
        if (retransmission)
        {
            entry.Retransmissions++;
            entry.FlowTurn += (ushort)(Socket.Options.TxRehash ?? _tcp.Sysctls.TxRehash ? 1 : 0);
            _tcp.Counters[SnmpCounter.TcpRetransSegs]++;
            _tcp.Counters[SnmpCounter.TcpExtTCPSynRetrans]++;
        }

        TcpOptions options = default;
        options.Mss = entry.AdvertisedMss;
        options.SackPermitted = entry.Options.SackPermitted && _tcp.Sysctls.Sack;
        bool scaling = entry.Options.WindowScale >= 0 && _tcp.Sysctls.WindowScaling;
        options.WindowScale = scaling ? (sbyte)entry.ReceiveScale : (sbyte)-1;
        AddTimestamps(now, entry, ref options);
        NoteTimestamp(entry, options.TsVal);
        AddCookie(entry, ref options);
        if (TryFindKey(entry, entry.Iss, out SigningKey key))
        {
            TcpFlags flags = TcpFlags.Syn | TcpFlags.Ack | EcnOfSynAck(entry, retransmission, key.OptionLength, ref options);
            _tcp.Send(
                now, entry.Path, entry.Local, entry.Remote, entry.Iss, entry.ReceiveNext, flags, (ushort)entry.OfferedWindow,
                options, (byte)(TypeOfServiceFor(entry) | entry.SynAckField),
                TimeToLiveFor(entry), Socket.Options.PathMtuDiscovery, key, flowLabel: FlowLabelFor(entry));
        }
    }

    private void SendAck(Instant now, SynQueueEntry entry, scoped in TcpSegment segment)
    {
        // Data or a FIN is no part of a loop of ACKs, and does not count (tcp_oow_rate_limited).
        if (segment.Length == 0 || segment.Has(TcpFlags.Syn))
        {
            if (now - entry.LastDuplicateAnswer < Duration.FromMilliseconds(_tcp.Sysctls.InvalidRateLimit))
            {
                _tcp.Counters[SnmpCounter.TcpExtTCPACKSkippedSynRecv]++;
                return;
            }

            entry.LastDuplicateAnswer = now;
        }

        TcpOptions options = default;
        AddTimestamps(now, entry, ref options);
        if (TryFindKey(entry, entry.Iss + 1, out SigningKey key))
        {
            _tcp.Send(
                now, entry.Path, entry.Local, entry.Remote, entry.Iss + 1, entry.Irs + 1, TcpFlags.Ack,
                (ushort)(entry.OfferedWindow >> entry.ReceiveScale), options, Socket.Options.TrafficClassFor(entry.Remote.Address.IsV4),
                TimeToLiveFor(entry), Socket.Options.PathMtuDiscovery, key, _tcp.Profile.OptionLayout.OfReplies,
                FlowLabelFor(entry));
        }
    }

    /// <summary>RFC 5961 §3.2: only the exact number resets. Linux has it so since 6.18, for handshakes too.</summary>
    private void SendChallenge(Instant now, SynQueueEntry entry, scoped in TcpSegment segment)
    {
        if (now - entry.LastDuplicateAnswer < Duration.FromMilliseconds(_tcp.Sysctls.InvalidRateLimit))
        {
            _tcp.Counters[SnmpCounter.TcpExtTCPACKSkippedChallenge]++;
            return;
        }

        _tcp.Counters[SnmpCounter.TcpExtTCPChallengeACK]++;
        SendAck(now, entry, segment);
    }

    private uint FlowLabelFor(SynQueueEntry entry) =>
        _tcp.FlowLabel(entry.Local, entry.Remote, entry.FlowTurn, Socket.Options.AutoFlowLabel);

    private byte TimeToLiveFor(SynQueueEntry entry) => Socket.Options.TimeToLiveFor(entry.Remote.Address.IsV4, _tcp.Sysctls.DefaultTtl);

    private void AddTimestamps(Instant now, SynQueueEntry entry, ref TcpOptions options)
    {
        if (entry.Options.HasTimestamps && _tcp.Sysctls.Timestamps)
        {
            options.HasTimestamps = true;
            uint clock = _tcp.Timestamps.At(now);
            options.TsVal = unchecked((entry.IsCookie ? TimestampOfCookie(clock, entry) : clock) + entry.TimestampOffset);
            options.TsEcr = entry.TimestampsRecent;
        }
    }

    /// <summary>What the handshake's last ACK may echo.</summary>
    private static void NoteTimestamp(SynQueueEntry entry, uint value)
    {
        entry.LastTimestamp = value;
        entry.FirstTimestamp = entry.Retransmissions == 0 ? value : entry.FirstTimestamp;
    }
}

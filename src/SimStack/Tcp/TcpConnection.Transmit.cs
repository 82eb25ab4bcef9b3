using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>The output engine: what may be sent now, and the making of segments.</summary>
internal sealed partial class TcpConnection
{
    private bool _finQueued;
    private bool _finSent;
    private bool _moreComing;
    private SequenceNumber _pushPoint;
    private SequenceNumber _duplicateLeft;
    private SequenceNumber _duplicateRight;
    private SequenceNumber _duplicateToldLeft;
    private Instant _firstSentAt;
    private Instant _lastSentAt;

    /// <summary>
    /// The segment size in use: never more than half the largest window the peer offered (RFC 9293 §3.8.6.2.1).
    /// </summary>
    private int EffectiveMss
    {
        get
        {
            FollowPathMtu();
            int mss = BoundedMss - SignatureLength;
            mss = _sackOn && (_outOfOrder is { BlockCount: > 0 } || _duplicateLeft != _duplicateRight) ? LessSackBlocks(mss) : mss;
            return EcnMode is EcnState.Accurate ? LessOption(mss) : mss;
        }
    }

    /// <summary>Without regard to options that only some segments have.</summary>
    private int BoundedMss => BoundToHalfWindow(_maximumSegment);

    /// <summary>As Linux's tcp_bound_to_half_wnd: a window of up to 536 bytes is used whole.</summary>
    private int BoundToHalfWindow(int bytes)
    {
        int cutoff = _snd.MaxWnd > 536 ? _snd.MaxWnd >> 1 : _snd.MaxWnd;
        return cutoff > 0 && bytes > cutoff ? Math.Max(cutoff, 68 - 20) : bytes;
    }

    /// <summary>
    /// Data that goes out while there are holes to report leaves room for the blocks (RFC 2018 §4: on every ACK).
    /// </summary>
    private int LessSackBlocks(int mss)
    {
        if (mss < 256)
        {
            return mss; // The data matters more.
        }

        int blocks = Math.Min((_outOfOrder?.BlockCount ?? 0) + (_duplicateLeft != _duplicateRight ? 1 : 0), MostSackBlocks);
        return blocks > 0 ? Math.Max(mss - 4 - 8 * blocks, 1) : mss;
    }

    /// <summary>Sends what the windows, Nagle and silly-window avoidance allow.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="push">Nagle does not hold anything back this time.</param>
    private void Output(Instant now, bool push)
    {
        if ((_state is not (
            TcpState.Established or TcpState.CloseWait or TcpState.FinWait1 or TcpState.Closing or TcpState.LastAck) && !IsPassiveFastOpen) || !HasUnsent)
        {
            return;
        }

        if (Offloads)
        {
            OutputPackets(now, push ? Nagle.Push : _nagle);
        }
        else
        {
            OutputSegments(now, push);
        }
    }

    private void OutputSegments(Instant now, bool push)
    {
        int unsent = _snd.Written - _snd.Nxt;
        bool fin = _finQueued && !_finSent;
        bool sentAny = false, windowFull = false;
        FollowPathMtu(now);
        if (_mtuSearch is not null)
        {
            if (ProbeMtu(now) is not { } probed)
            {
                return;
            }

            sentAny = probed;
            unsent = _snd.Written - _snd.Nxt;
        }

        int mss = EffectiveMss;
        while (unsent > 0 || fin)
        {
            if (SegmentsInFlight >= _congestion.Window)
            {
                break;
            }

            int length = ChooseLength(unsent, fin, mss, push);
            if (length < 0)
            {
                windowFull = _snd.WindowEnd - _snd.Nxt < Math.Min(unsent, mss);
                break;
            }

            bool withFin = fin && length == unsent && _snd.WindowEnd - _snd.Nxt > length;
            if (length == 0 && !withFin)
            {
                break;
            }

            TransmitNew(now, length, withFin);
            sentAny = true;
            unsent -= length;
            fin &= !withFin;
        }

        NoteWindowLimit(now, windowFull);
        bool full = SegmentsInFlight >= _congestion.Window;
        if (sentAny || full)
        {
            NoteWindowUse(now, full);
        }

        if (!sentAny)
        {
            StartPersist(now);
        }
    }

    private void NoteWindowLimit(Instant now, bool limited)
    {
        if (limited)
        {
            _chronograph.Start(now, SendLimit.ReceiveWindow);
        }
        else
        {
            _chronograph.Stop(now, SendLimit.ReceiveWindow, idle: HasNothingToSend);
        }
    }

    /// <summary>How much of the unsent data makes the next segment; -1 when it has to wait.</summary>
    private int ChooseLength(int unsent, bool fin, int mss, bool push)
    {
        int room = _snd.WindowEnd - _snd.Nxt;
        int length = Math.Min(unsent, mss);
        if (length > room)
        {
            // RFC 9293 §3.8.6.2.1: a part only when it is at least half of the largest window seen.
            return room > 0 && room * 2L >= _snd.MaxWnd && room < mss ? room : -1;
        }

        // Urgent data does not wait, nor what a FIN follows (Linux: tcp_nagle_test).
        bool small = length < mss && !fin && !(_urgentToSend && _snd.Up > _snd.Una);
        if (small && !push && (_corked || _moreComing || (!_noDelay && NagleHolds())))
        {
            return -1;
        }

        return length;
    }

    /// <summary>
    /// Nagle's algorithm (RFC 9293 §3.7.4): a small segment waits while data is unacknowledged. Linux only lets it wait for an
    /// earlier small one (Minshall).
    /// </summary>
    private bool NagleHolds() =>
        SegmentsOut > 0 && (Profile.ClassicNagle || (_snd.SmallEnd > _snd.Una && _snd.SmallEnd <= _snd.Nxt));

    private void TransmitNew(Instant now, int length, bool fin)
    {
        if (Offloads)
        {
            TransmitPacket(now, length, fin, EffectiveMss);
            return;
        }

        NoteFirst(now);
        ref SentSegment segment = ref Sent.Add();
        segment.Seq = _snd.Nxt;
        segment.Length = length + (fin ? 1 : 0);
        segment.SentAt = now;
        SequenceNumber end = _snd.Nxt + length;
        if (fin)
        {
            segment.Flags |= SentFlags.Fin;
            _finSent = true;
        }

        if (length > 0 && end == _pushPoint)
        {
            segment.Flags |= SentFlags.Push;
        }

        if (length > 0 && length < EffectiveMss)
        {
            _snd.SmallEnd = end;
        }

        NoteDeparture(ref segment, again: false);
        SequenceNumber seq = _snd.Nxt;
        _snd.Nxt = end + (fin ? 1 : 0);
        Recovery.ReductionOut += InReduction ? 1 : 0;
        EmitData(now, seq, length, segment.Flags);
        Count(SnmpCounter.TcpExtTCPOrigDataSent);
        NoteDataSent(now, length);
    }

    /// <summary>Before data leaves that was not sent before.</summary>
    private void NoteFirst(Instant now)
    {
        if (_control is null)
        {
            BeginControl(now);
        }

        if (SegmentsOut > 0)
        {
            return;
        }

        if (!Offloads)
        {
            NoteRestart(now);
        }

        _control!.Happened(ref _congestion, FillContext(now), Congestion.CongestionEvent.TransmissionStart);
    }

    private void NoteDataSent(Instant now, int length)
    {
        NoteTextSent(now, length);
        if (_timers.Kind is not (RetransmissionKind.Timeout or RetransmissionKind.Reordering))
        {
            RearmRetransmission(now);
        }
    }

    /// <summary>What goes soon after data came may be the answer to it, also when it was sent before (tcp_event_data_sent).</summary>
    private void NoteTextSent(Instant now, int length)
    {
        if (length == 0)
        {
            return;
        }

        _lastSentAt = now;
        if (now - LastDataAt < _ackDelay && _pingPong < 255)
        {
            _pingPong++;
        }
    }

    private bool EmitData(Instant now, SequenceNumber seq, int length, SentFlags sent)
    {
        TcpFlags flags = TcpFlags.Ack;
        if ((sent & SentFlags.Fin) != 0)
        {
            flags |= TcpFlags.Fin;
        }

        if ((sent & SentFlags.Push) != 0)
        {
            flags |= TcpFlags.Psh;
        }

        TcpOptions options = CurrentOptions(now);
        AddOptions(now, ref options, _maximumSegment - SignatureLength - length, sent);
        return Emit(now, seq, flags, AdvertiseWindow(), options, length, sent);
    }

    /// <summary>An acknowledgement without data, now.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="reflected">How a SYN or SYN-ACK was marked, as AccECN tells it; otherwise none.</param>
    private void SendAck(Instant now, TcpFlags reflected = TcpFlags.None)
    {
        TcpOptions options = CurrentOptions(now);
        AddOptions(now, ref options, int.MaxValue, SentFlags.None);
        Emit(now, AcceptableSeq, TcpFlags.Ack | reflected, AdvertiseWindow(), options, 0);
    }

    /// <summary>
    /// A number that the peer will accept: where it took its window back, what was sent lies beyond, and so would SND.NXT
    /// (tcp_acceptable_seq).
    /// </summary>
    private SequenceNumber AcceptableSeq =>
        !ChargesMemory || _snd.WindowEnd >= _snd.Nxt || (_scalingOn && _snd.Nxt - _snd.WindowEnd < 1 << _receiveScale)
            ? _snd.Nxt
            : _snd.WindowEnd;

    /// <summary>What only some segments have, in so many bytes: SACK blocks, AccECN's option.</summary>
    private void AddOptions(Instant now, ref TcpOptions options, int room, SentFlags sent)
    {
        bool duplicate = _duplicateLeft != _duplicateRight;
        if (duplicate || _outOfOrder is not null)
        {
            AddSackBlocks(ref options, Math.Min((room - 4) / 8, MostSackBlocks));
        }

        if (EcnMode is EcnState.Accurate)
        {
            AddOption(now, ref options, Math.Min(room, OptionRoom), duplicate, sent);
        }
    }

    private TcpOptions CurrentOptions(Instant now)
    {
        TcpOptions options = default;
        if (_timestampsOn)
        {
            options.HasTimestamps = true;
            options.TsVal = TimestampNow(now);
            options.TsEcr = _timestampsRecent;
        }

        return options;
    }

    /// <summary>
    /// What arrived out of order, the latest first (RFC 2018 §4), behind a duplicate if there was one (RFC 2883 §4).
    /// </summary>
    /// <param name="options">Where they go.</param>
    /// <param name="most">As many as there is room for; less than 1: none.</param>
    private void AddSackBlocks(ref TcpOptions options, int most)
    {
        if (!_sackOn || most < 1)
        {
            return;
        }

        int count = 0;
        if (_duplicateLeft != _duplicateRight)
        {
            options.SackCount = 1;
            options.SetSack(count++, new SackBlock(_duplicateLeft, _duplicateRight));
            _duplicateToldLeft = _duplicateLeft;
            _duplicateLeft = _duplicateRight;
        }

        int blocks = Math.Min(_outOfOrder?.BlockCount ?? 0, most - count);
        for (int i = 0; i < blocks; i++)
        {
            options.SackCount = count + 1;
            options.SetSack(count++, _outOfOrder!.Block(i));
        }
    }

    private void RememberDuplicate(SequenceNumber left, SequenceNumber right)
    {
        if (Sysctls.Dsack && _sackOn)
        {
            Count(left < _rcv.Nxt ? SnmpCounter.TcpExtTCPDSACKOldSent : SnmpCounter.TcpExtTCPDSACKOfoSent);
            (_duplicateLeft, _duplicateRight) = (left, right);
        }
    }

    /// <summary>Part of a duplicate that may have been told of in another part; only one is reported (tcp_dsack_extend).</summary>
    private void ExtendDuplicate(SequenceNumber left, SequenceNumber right)
    {
        if (_duplicateLeft == _duplicateRight)
        {
            RememberDuplicate(left, right);
        }
        else if (left <= _duplicateRight && _duplicateLeft <= right)
        {
            _duplicateLeft = SequenceNumber.Min(left, _duplicateLeft);
            _duplicateRight = SequenceNumber.Max(right, _duplicateRight);
        }
    }

    /// <summary>Builds the frame: options, header, data from the send buffer, checksum; and hands it to IP.</summary>
    /// <returns>False when the interface's queue had no room for it.</returns>
    private bool Emit(
        Instant now, SequenceNumber seq, TcpFlags flags, ushort window, in TcpOptions options, int length,
        SentFlags sent = SentFlags.None)
    {
        IpPath? path = CurrentPath();
        if (path is null)
        {
            return true;
        }

        if (EcnMode != EcnState.None && (flags & TcpFlags.Syn) == 0)
        {
            MarkOutgoing(ref flags, newData: length > 0 && (sent & SentFlags.Retransmitted) == 0);
        }

        ushort urgent = UrgentPointerFor(seq, ref flags);
        Frame frame = _tcp.Pool.Rent(path.TransportOffset + TcpView.MaxHeaderLength + length);
        Span<byte> bytes = frame.Buffer.AsSpan(path.TransportOffset);
        SequenceNumber ack = (flags & TcpFlags.Ack) != 0 ? _rcv.Nxt : default;
        int header = Authentication is null
            ? TcpWriter.Write(bytes, LocalPort, RemotePort, seq, ack, flags, window, urgent, options, Profile.OptionLayout)
            : WriteSignedHeader(bytes, seq, ack, flags, window, urgent, options);
        _counts.SegmentsOut++;
        ulong dataSum = length > 0 ? CopyData(seq, flags, bytes.Slice(header, length)) : 0;
        bool followed = (sent & SentFlags.Followed) != 0;
        frame.GroupFollows = followed && path.Interface.SegmentationOffload;
        _lastTransmissionAt = Instant.Max(now, _lastTransmissionAt);
        if (path.Interface.Queue is not null)
        {
            AddressQueue(frame, path.Interface, flags, length, followed);
        }

        int total = header + length;
        if (Authentication is not null)
        {
            Sign(bytes[..total], header, seq, flags);
        }

        TcpWriter.WriteChecksum(bytes[..total], header, dataSum, LocalAddress, RemoteAddress);
        frame.Length = path.TransportOffset + total;
        Count(SnmpCounter.TcpOutSegs);
        if ((flags & TcpFlags.Ack) != 0)
        {
            NoteAckSent();
        }

        path.FlowLabel = FlowLabel;
        return SendDatagram(now, path, frame, total) || !Offloads;
    }

    private bool SendDatagram(Instant now, IpPath path, Frame frame, int length)
    {
        bool dontFragment = _tcp.MayNotFragment(path, _pathMtuDiscovery);
        return Profile.CountsConnectionDatagrams
            ? _tcp.Ip.Send(
                now, path, LocalAddress, RemoteAddress, frame, length, IpProtocol.Tcp, _typeOfService, _ttl, dontFragment,
                _nextDatagramId++, dontFragment ? path.Interface.Mtu : path.Mtu)
            : _tcp.Ip.TrySend(now, path, LocalAddress, RemoteAddress, frame, length, IpProtocol.Tcp, _typeOfService, _ttl, dontFragment);
    }

    /// <summary>Data from the send buffer.</summary>
    /// <returns>Its sum (<see cref="InternetChecksum.Sum"/>).</returns>
    private ulong CopyData(SequenceNumber seq, TcpFlags flags, Span<byte> to)
    {
        _counts.DataSegmentsOut++;
        _counts.BytesSent += to.Length;
        // Beside a SYN the data begins behind its number.
        int offset = ((flags & TcpFlags.Syn) == 0 ? seq : seq + 1) - _snd.BufferStart;
        ulong sum = _sendBuffer!.CopyAndSum(offset, to);
        _sendBuffer.Expect(offset + to.Length);
        return sum;
    }

    private IpPath? CurrentPath()
    {
        if (_path is not { IsValid: true })
        {
            _path = _tcp.Ip.FindPathWith(RemoteAddress, LocalAddress, _path?.Options) ?? _path;
        }

        return _path;
    }

    /// <summary>A challenge ACK (RFC 5961 §7: limited in rate, by connection and by host).</summary>
    private void SendChallengeAck(Instant now, TcpFlags reflected = TcpFlags.None)
    {
        if (now - _lastOutOfWindowAck < Duration.FromMilliseconds(Sysctls.InvalidRateLimit))
        {
            Count(SnmpCounter.TcpExtTCPACKSkippedChallenge);
            return;
        }

        _lastOutOfWindowAck = now;
        if (_tcp.MayChallenge(now))
        {
            Count(SnmpCounter.TcpExtTCPChallengeACK);
            SendAck(now, reflected);
        }
    }

    /// <summary>
    /// An ACK for what lies outside the window; for segments without data limited in rate, so that two hosts can't go on for
    /// ever.
    /// </summary>
    private void AcknowledgeOutOfWindow(Instant now, scoped in TcpSegment segment, SnmpCounter skipped)
    {
        if (segment.Length > 0 && segment.Seq < _rcv.Nxt && (ChargesMemory || segment.End <= _rcv.Nxt))
        {
            JudgeOptionByDuplicate(segment);
            RememberDuplicate(segment.Seq, SequenceNumber.Min(segment.End, _rcv.Nxt));
            EnterQuickAck(16);
            if (ChargesMemory)
            {
                Count(SnmpCounter.TcpExtDelayedACKLost);
            }
        }

        if (segment.Length == 0)
        {
            if (now - _lastOutOfWindowAck < Duration.FromMilliseconds(Sysctls.InvalidRateLimit))
            {
                Count(skipped);
                return;
            }

            _lastOutOfWindowAck = now;
        }

        SendAck(now);
    }
}

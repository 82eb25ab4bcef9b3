using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp.FastOpen;
using SimStack.Tcp.Metrics;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// RFC 7413 §4.2.1, the client: a SYN with data and the cookie that an earlier connection was given, or with a request for one (Linux:
/// tcp_send_syn_data, tcp_rcv_fastopen_synack).
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>MAX_TCP_OPTION_SPACE: a SYN's data leaves room for all the options that there may be, as middleboxes add some.</summary>
    private const int OptionSpace = 40;

    /// <summary>connect(2) was called and the SYN waits for the first write.</summary>
    public bool IsDeferred => _fastOpen is { IsDeferred: true };

    /// <summary>connect(2) asked for a cookie: Linux refuses MSG_FASTOPEN on that connection for good (tcp_sendmsg_fastopen).</summary>
    public bool KeepsFastOpenRequest => _fastOpen is { KeepsRequest: true };

    private int FastOpenInfo => _fastOpen is { } fast ? (fast.DataTaken ? 32 : 0) | (fast.IsChild ? 128 : 0) : 0;

    /// <summary>connect(2) with TCP_FASTOPEN_CONNECT: waits for data if it could go with the SYN, otherwise asks for a cookie.</summary>
    /// <returns>True when the SYN waits (tcp_fastopen_defer_connect).</returns>
    public bool OpenOrDefer(Instant now)
    {
        _fastOpen = new FastOpenState();
        if (MayCarryData(now, out _, out _))
        {
            _fastOpen.IsDeferred = true;
            return true;
        }

        OpenWithData(now, default, MessageFlags.MSG_DONTWAIT, null);
        _fastOpen.KeepsRequest = true;
        return false;
    }

    /// <summary>sendmsg(2) with MSG_FASTOPEN, or the first write behind <see cref="OpenOrDefer"/>: the SYN, with what of the data it takes.</summary>
    /// <returns>Bytes; EINPROGRESS when none went.</returns>
    public SocketResult OpenWithData(Instant now, ReadOnlySpan<byte> data, MessageFlags flags, SendProgress? call)
    {
        FastOpenState fast = _fastOpen ??= new FastOpenState();
        fast.IsDeferred = false;
        PrepareSyn();
        bool may = MayCarryData(now, out FastOpenCookie cookie, out int mss);
        fast.PeerMss = mss > 0 ? mss : _advertisedMss;
        fast.PeerMss = _userMss > 0 ? Math.Min(fast.PeerMss, _userMss) : fast.PeerMss;
        fast.BoundsSynData = may;
        int count = may ? Math.Min(SynDataSpace(fast.PeerMss), data.Length) : 0;
        if (may && count > 0 && call is { IsUnreadable: true })
        {
            // The bytes can't be copied: an ordinary SYN goes, which asks for a cookie.
            (may, count, cookie) = (false, 0, FastOpenCookie.Request(cookie.IsExperimental));
        }

        if (count > 0)
        {
            TakeSynData(now, data[..count], flags, call);
        }

        fast.Cookie = cookie;
        fast.WriterWaits = call is { Blocks: true } && (flags & MessageFlags.MSG_DONTWAIT) == 0 && (!may || count < data.Length);
        Count(SnmpCounter.TcpActiveOpens);
        SendSyn(now, retransmission: false);
        ArmRetransmission(now);
        if (call is not null && (!call.Blocks || call.Taken == call.Length))
        {
            EndSend(now, call);
        }

        _tcp.Timers.Update(this);
        return count > 0 ? SocketResult.Ok(count) : SocketResult.Fail(Errno.EINPROGRESS);
    }

    /// <summary>A segment for a connection whose SYN waits for the first write.</summary>
    private void SegmentArrivesWhileDeferred(Instant now, scoped in TcpSegment segment)
    {
        if (segment.Has(TcpFlags.Ack))
        {
            SendResetFor(now, segment); // No SYN of ours is out yet.
        }
    }

    /// <summary>tcp_fastopen_cookie_check: whether a SYN may have data, and what it says in the option.</summary>
    private bool MayCarryData(Instant now, out FastOpenCookie cookie, out int mss)
    {
        DestinationMetrics? known = _tcp.Destinations.Find(now, LocalAddress, RemoteAddress, _path?.Route);
        mss = known?.FastOpenMss ?? 0;
        cookie = default;
        if (_tcp.IsFastOpenPaused(now, out bool proves))
        {
            return false;
        }

        FastOpenState fast = _fastOpen!;
        fast.ProvesWay |= proves;
        if (_tcp.NeedsNoCookie(Sysctls.FastOpenClientNoCookie, Socket is { Options.FastOpenNoCookie: true }, _path))
        {
            return true;
        }

        cookie = known is { FastOpenCookie.HasCookie: true } ? known.FastOpenCookie : FastOpenCookie.Request(known is { FastOpenTry: 1 });
        fast.Failure = cookie.HasCookie ? fast.Failure : FastOpenFailure.CookieUnavailable;
        return cookie.HasCookie;
    }

    /// <summary>Bytes that a SYN takes: the least of the peer's MSS as it was, the user's and the path's, less all options.</summary>
    private int SynDataSpace(int peerMss)
    {
        int mss = Math.Min(_path!.Mtu - (RemoteAddress.IsV4 ? 40 : 60), peerMss);
        return Math.Max(mss, Sysctls.MinSndMss) - OptionSpace;
    }

    private void TakeSynData(Instant now, ReadOnlySpan<byte> data, MessageFlags flags, SendProgress? call)
    {
        bool noticed = call is not null && (flags & MessageFlags.MSG_ZEROCOPY) != 0 && Socket is { Options.Zerocopy: true }
            && TryBeginNotice(call);
        SequenceNumber start = _snd.Written;
        (_sendBuffer ??= new ByteQueue(_tcp.Chunks)).Append(data);
        _snd.Written += data.Length;
        _pushPoint = _snd.Written;
        if (call is not null)
        {
            call.Taken += data.Length;
        }

        if (noticed && call!.Notice is { } notice)
        {
            // These bytes are copied, not pinned; the notice is theirs all the same.
            notice.Start = start;
            notice.PacketEnd = _snd.Written;
            notice.IsPlaced = true;
        }

        _chronograph.Start(now, SendLimit.Busy);
    }

    /// <summary>The option and the data of the first SYN; a SYN that goes again has neither (RFC 7413 §4.1.3, §4.2.1).</summary>
    /// <returns>Bytes of data.</returns>
    private int AddFastOpen(Instant now, ref TcpOptions options, bool retransmission)
    {
        FastOpenState fast = _fastOpen!;
        if (retransmission || fast.IsChild)
        {
            return 0;
        }

        fast.Cookie.WriteTo(ref options);
        fast.SentOption = fast.Cookie.IsPresent;
        int length = _snd.Written - _snd.Nxt;
        if (length <= 0)
        {
            return 0;
        }

        ref SentSegment data = ref Sent.Add();
        data.Seq = _snd.Nxt;
        data.Length = length;
        data.Flags = SentFlags.Push;
        data.SentAt = now;
        _snd.Nxt = _snd.Written;
        _packets++;
        _lastSentAt = now;
        fast.SentData = true;
        Count(SnmpCounter.TcpExtTCPOrigDataSent);
        return length;
    }

    /// <summary>The SYN-ACK is for the SYN; is it for the SYN's data too?</summary>
    private void AcknowledgeSynData(Instant now, SequenceNumber ack)
    {
        if (SegmentsOut == 0)
        {
            return;
        }

        ref SentSegment data = ref Sent[0];
        CountFlags(data.Flags, -1);
        data.Flags &= ~SentFlags.Lost;
        if (data.End > ack)
        {
            int gone = Math.Max(0, ack - data.Seq);
            data.Seq += gone;
            data.Length -= gone;
        }
        else
        {
            Sent.RemoveFirst();
            _packets--;
            CountDelivered(1); // Beside the SYN's: tcp_ack counts two, and tcp_rcv_fastopen_synack mends only tcpi_delivered.
            _chronograph.Stop(now, SendLimit.Busy, idle: !HasUnsent);
        }

        if (ack - _snd.BufferStart is var bytes && bytes > 0)
        {
            ReleaseSendBuffer(now, bytes);
            if (_marks is not null || _zerocopy is not null)
            {
                NoteAcknowledged(now);
            }
        }
    }

    /// <summary>The handshake is complete: what the SYN-ACK tells of the peer is remembered, and data that it left out is sent again.</summary>
    /// <returns>False when the ACK of the SYN-ACK goes with data, now or soon.</returns>
    private bool CompleteFastOpen(Instant now, scoped in TcpSegment segment)
    {
        FastOpenState fast = _fastOpen!;
        if (fast.SentOption || fast.SentData)
        {
            NoteFastOpenAnswer(now, fast, segment.Options);
            if (SegmentsOut > 0)
            {
                fast.Failure = _counts.Retransmitted > 0 ? FastOpenFailure.SynRetransmitted : FastOpenFailure.DataNotAcknowledged;
                Count(SnmpCounter.TcpExtTCPFastOpenActiveFail);
                ResendSynData(now);
                return false;
            }

            fast.DataTaken = fast.SentData;
            if (fast.SentData)
            {
                Count(SnmpCounter.TcpExtTCPFastOpenActive);
            }

            TakeSynAckData(now, segment);
        }

        if (!fast.WriterWaits && !ReceiveClosed)
        {
            return true;
        }

        // Whoever writes, or reads to the end, makes the ACK go; the timer if nobody does.
        ScheduleAck();
        EnterQuickAck(16);
        _timers.DelayedAck = now + TimerWheel.Fires(Duration.FromMilliseconds(Sysctls.DelayedAckMaxMilliseconds), Sysctls.TimerHz);
        return false;
    }

    private void NoteFastOpenAnswer(Instant now, FastOpenState fast, in TcpOptions options)
    {
        // A cookie that was not asked for is not kept.
        FastOpenCookie cookie = fast.SentOption ? FastOpenCookie.Of(options) : default;
        bool lost = false;
        int nextTry = 0;
        if (fast.SentOption && _counts.Retransmitted > 0)
        {
            // The peer seems to have seen the later SYNs only.
            lost = !cookie.IsPresent && SegmentsOut > 0;
        }
        else if (fast.SentOption && !cookie.IsPresent && !fast.SentData)
        {
            nextTry = fast.Cookie.IsExperimental ? 2 : 1;
        }

        int mss = options.Mss > 0 ? options.Mss : _userMss != fast.PeerMss ? fast.PeerMss : 0;
        _tcp.Destinations.Renew(now, LocalAddress, RemoteAddress, _path?.Route).NoteSynAck(now, mss, cookie, lost, nextTry);
    }

    /// <summary>The SYN's data goes once more, cut as the SYN-ACK's MSS has it. Nothing says that congestion lost it.</summary>
    private void ResendSynData(Instant now)
    {
        int mss = EffectiveMss;
        for (int i = 0; i < SegmentsOut; i++)
        {
            if (Sent[i].Length > mss)
            {
                Sent.Split(i, mss);
                Sent[i].Flags |= SentFlags.Followed;
            }

            MarkLost(now, ref Sent[i]);
        }

        RepairLost(now);
    }

    /// <summary>Data and FIN beside the SYN-ACK count where the SYN asked for Fast Open; otherwise Linux leaves them for the peer to repeat.</summary>
    private void TakeSynAckData(Instant now, scoped in TcpSegment segment)
    {
        if (Profile.RfcSegmentChecks)
        {
            return; // They are processed in any case.
        }

        if (segment.Data.Length > 0)
        {
            TakeSynData(now, segment);
            _tcp.SignalReady(this, PollEvents.POLLIN);
        }

        if (segment.Has(TcpFlags.Fin))
        {
            _finArrived = true;
            _finAt = _rcv.Nxt;
            _fastOpen!.DataTaken = true;
            ProcessFin(now, segment);
        }
    }

    /// <summary>A router has no room for the SYN with its data: it goes again without, at once (tcp_simple_retransmit).</summary>
    private void ResendSynAlone(Instant now)
    {
        Retransmit(now, 0);
        ArmRetransmission(now);
    }

    /// <summary>Timeouts in a row may be a middlebox that drops all that follows a Fast Open (tcp_fastopen_active_detect_blackhole).</summary>
    private void DetectBlackhole(Instant now, bool givesUp)
    {
        if (_fastOpen is { } fast && (fast.SentOption || fast.SentData || fast.DataTaken)
            && (_retransmissions == 2 || (_retransmissions < 2 && givesUp)))
        {
            _tcp.PauseFastOpen(now);
            Count(SnmpCounter.TcpExtTCPFastOpenActiveFail);
        }
    }

    /// <summary>A RST out of place, and never any data: as middleboxes end connections whose data they have dropped.</summary>
    private void NoteStrayReset(Instant now)
    {
        if (_fastOpen is { SentOption: true } && _counts.DataSegmentsIn == 0 && _state is TcpState.Established)
        {
            _tcp.PauseFastOpen(now);
        }
    }

    /// <summary>The connection ends: did only a FIN come through, or data (tcp_fastopen_active_disable_ofo_check)?</summary>
    private void EndFastOpen(Instant now)
    {
        if (_fastOpen is null)
        {
            return;
        }

        EndRequest(now, reset: false);
        if (!_fastOpen.SentOption)
        {
            return;
        }

        if (_counts.DataSegmentsIn == 0)
        {
            if (_finArrived && _outOfOrder is { Count: 1 })
            {
                _tcp.PauseFastOpen(now);
            }
        }
        else if (_fastOpen.ProvesWay && _path is { IsLoopback: false })
        {
            _tcp.EndFastOpenPauses();
        }
    }
}

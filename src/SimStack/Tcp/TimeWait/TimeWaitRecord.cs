using SimStack.Tcp.Authentication;
using SimStack.Tcp.Listen;
using SimStack.Wire;

namespace SimStack.Tcp.TimeWait;

/// <summary>
/// TIME-WAIT as a record of what must be remembered for 2MSL (RFC 9293 §3.6): answers retransmitted FINs, and lets a new SYN in
/// when RFC 6191 allows. FIN-WAIT-2 too where the user has closed and the profile is Linux's (tcp_time_wait). Follows Linux where RFC 1337 leaves a choice (tcp_rfc1337).
/// </summary>
internal sealed class TimeWaitRecord(TcpLayer tcp, TcpFlow from) : TcpFlow(from.Local, from.Remote, from.Id)
{
    /// <summary>A timestamp that is so old says nothing any more (Linux: TCP_PAWS_WRAP, and for a RST TCP_PAWS_MSL).</summary>
    private static readonly Duration StaleTimestamp = Duration.FromSeconds(24 * 24 * 3600), StaleForReset = Duration.FromSeconds(60);

    private Instant _deadline;
    private Instant _enteredAt;
    private Instant _lastAck = new(long.MinValue / 2);
    private TcpState _state = TcpState.TimeWait;

    public required SequenceNumber SendNext { get; init; }

    public required SequenceNumber ReceiveNext { get; set; }

    /// <summary>SEG.WND of what it sends.</summary>
    public required ushort Window { get; init; }

    /// <summary>RCV.WND in bytes.</summary>
    public int ReceiveWindow { get; init; }

    public required bool TimestampsOn { get; init; }

    public required uint TimestampsRecent { get; set; }

    public required Instant TimestampsStamp { get; set; }

    public required uint TimestampOffset { get; init; }

    public AoKeys? AoKeys { get; init; }

    public byte[]? Md5Key { get; init; }

    public byte TypeOfService { get; init; }

    public byte TimeToLive { get; init; }

    public uint FlowLabel { get; init; }

    public override TcpState State => _state;

    public override Instant Deadline => _deadline;

    private Duration TwoMsl => Duration.FromMilliseconds(tcp.Sysctls.TimeWaitMilliseconds);

    public void Begin(Instant now, TcpState state, Duration span)
    {
        _state = state;
        _enteredAt = now;
        _deadline = now + span;
    }

    public override void Timeout(Instant now)
    {
        string timer = _state is TcpState.TimeWait ? "2MSL" : "FIN-WAIT-2";
        tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, timer));
        End(now, timer + " timeout");
    }

    public void SegmentArrives(Instant now, ref TcpSegment segment)
    {
        bool old = IsOld(now, segment);
        if (_state is TcpState.FinWait2)
        {
            ArrivesInFinWait2(now, segment, old);
            return;
        }

        if (!old && segment.Seq == ReceiveNext && (segment.Length == 0 || segment.Has(TcpFlags.Rst)))
        {
            TakeExpected(now, segment);
            return;
        }

        if (segment.Has(TcpFlags.Syn) && !segment.Has(TcpFlags.Rst | TcpFlags.Ack) && !old && IsNewIncarnation(segment)
            && tcp.FindListener(LocalAddress, LocalPort, RemoteAddress, RemotePort) is { } listener)
        {
            Reopen(now, listener, ref segment);
            return;
        }

        tcp.Counters[SnmpCounter.TcpExtPAWSTimewait] += old ? 1 : 0;
        if (segment.Has(TcpFlags.Rst))
        {
            return;
        }

        if (old || segment.Has(TcpFlags.Ack))
        {
            // A retransmitted FIN: acknowledge it and start 2MSL again (RFC 9293 §3.10.7.4, eighth, TIME-WAIT).
            Restart(now);
        }

        AcknowledgeOutOfWindow(now, segment, SnmpCounter.TcpExtTCPACKSkippedTimeWait);
    }

    /// <summary>
    /// May a client take the 4-tuple for a new connection now? A port that the user bound itself at any time, one that was chosen by
    /// tcp_tw_reuse and tcp_tw_reuse_delay (Linux: tcp_twsk_unique); either way only where timestamps tell old segments from new ones (RFC 6191).
    /// </summary>
    public bool MayReuse(Instant now, bool portIsBound) =>
        TimestampsOn && (portIsBound || MayReuseChosen(now));

    private bool MayReuseChosen(Instant now) =>
        _state is TcpState.TimeWait && now - _enteredAt >= Duration.FromMilliseconds(tcp.Sysctls.TimeWaitReuseDelay)
        && (tcp.Sysctls.TimeWaitReuse == 1
            || (tcp.Sysctls.TimeWaitReuse == 2 && (LocalAddress.IsLoopback || RemoteAddress.IsLoopback)));

    /// <summary>An ISS above everything the old incarnation used.</summary>
    public uint NextIss => Math.Max(1, (SendNext + 65_537).Value);

    public void End(Instant now, string cause)
    {
        _deadline = Instant.Never;
        tcp.Forget(this);
        tcp.Host.Observer?.StateChanged(new TcpStateChange(now, Id, Local, Remote, _state, TcpState.Closed, cause));
    }

    private void TakeExpected(Instant now, scoped in TcpSegment segment)
    {
        if (segment.Has(TcpFlags.Rst))
        {
            // RFC 9293 §3.10.7.4, second. RFC 1337 would ignore the RST, to prevent TIME-WAIT assassination; Linux does so only
            // if told.
            if (!tcp.Sysctls.Rfc1337)
            {
                End(now, "rcv RST");
                return;
            }
        }
        else
        {
            Restart(now);
        }

        if (segment.Options.HasTimestamps)
        {
            TimestampsRecent = segment.Options.TsVal;
            TimestampsStamp = now;
        }
    }

    /// <summary>
    /// RFC 6191 §2: a greater timestamp, or without timestamps a greater sequence number, cannot be of the old incarnation.
    /// </summary>
    private bool IsNewIncarnation(scoped in TcpSegment segment) =>
        segment.Seq > ReceiveNext
        || (TimestampsOn && segment.Options.HasTimestamps && unchecked((int)(segment.Options.TsVal - TimestampsRecent)) > 0);

    private void Reopen(Instant now, TcpListener listener, ref TcpSegment segment)
    {
        End(now, "rcv SYN");
        uint iss = NextIss;
        if (tcp.MayPass(listener.Socket.Authentication, null, segment))
        {
            listener.SegmentArrives(now, ref segment, iss);
        }
    }

    /// <summary>PAWS (RFC 7323 §5.3; Linux: tcp_paws_reject).</summary>
    private bool IsOld(Instant now, scoped in TcpSegment segment)
    {
        if (!TimestampsOn || !segment.Options.HasTimestamps || TimestampsRecent == 0
            || unchecked((int)(segment.Options.TsVal - TimestampsRecent)) >= 0)
        {
            return false;
        }

        Duration age = now - TimestampsStamp;
        return age < StaleTimestamp && !(segment.Has(TcpFlags.Rst) && age >= StaleForReset);
    }

    /// <summary>
    /// FIN-WAIT-2 whose user is gone: the peer's FIN leads to TIME-WAIT, data or a SYN to a RST (Linux: tcp_timewait_state_process, which takes any
    /// RST in the window).
    /// </summary>
    private void ArrivesInFinWait2(Instant now, scoped in TcpSegment segment, bool old)
    {
        SequenceNumber right = ReceiveNext + ReceiveWindow;
        bool inWindow = segment.Seq == ReceiveNext || (segment.End > ReceiveNext && segment.Seq < right)
            || (segment.Seq == right && segment.Length == 0);
        if (old || !inWindow)
        {
            AcknowledgeOutOfWindow(now, segment, SnmpCounter.TcpExtTCPACKSkippedFinWait2);
        }
        else if (segment.Has(TcpFlags.Rst))
        {
            End(now, "rcv RST");
        }
        else if (segment.Has(TcpFlags.Syn) && segment.Seq >= ReceiveNext)
        {
            Reset(now, segment, "rcv SYN");
        }
        else if (segment.Has(TcpFlags.Ack) && segment.Length > 0 && segment.End > ReceiveNext)
        {
            if (segment.Has(TcpFlags.Fin) && segment.End == ReceiveNext + 1)
            {
                TakeFin(now, segment);
            }
            else
            {
                Reset(now, segment, "data after CLOSE"); // RFC 9293 §3.6.1, SHLD-3.
            }
        }
    }

    private void TakeFin(Instant now, scoped in TcpSegment segment)
    {
        ReceiveNext = segment.End;
        if (segment.Options.HasTimestamps && TimestampsOn)
        {
            TimestampsRecent = segment.Options.TsVal;
            TimestampsStamp = now;
        }

        Begin(now, TcpState.TimeWait, TwoMsl);
        tcp.Timers.Update(this);
        tcp.Host.Observer?.StateChanged(new TcpStateChange(now, Id, Local, Remote, TcpState.FinWait2, TcpState.TimeWait, "rcv FIN"));
        Acknowledge(now, segment, TypeOfService);
    }

    private void Reset(Instant now, scoped in TcpSegment segment, string cause)
    {
        tcp.ResetUnknown(now, segment, flow: this);
        End(now, cause);
    }

    private void Restart(Instant now)
    {
        _deadline = now + TwoMsl;
        tcp.Timers.Update(this);
    }

    /// <summary>
    /// Such ACKs are limited in rate, but for data: that does not come of two hosts that acknowledge each other for ever (Linux:
    /// tcp_oow_rate_limited). They are not ECN-capable, whatever the connection's segments were (TCP_TW_ACK_OOW).
    /// </summary>
    private void AcknowledgeOutOfWindow(Instant now, scoped in TcpSegment segment, SnmpCounter skipped)
    {
        if (AoKeys is not null && segment.Options.SignatureIsMalformed)
        {
            return;
        }

        if (segment.Length == 0 || segment.Has(TcpFlags.Syn))
        {
            if (now - _lastAck < Duration.FromMilliseconds(tcp.Sysctls.InvalidRateLimit))
            {
                tcp.Counters[skipped]++;
                return;
            }

            _lastAck = now;
        }

        Acknowledge(now, segment, (byte)(TypeOfService & ~EcnField.Mask));
    }

    /// <summary>
    /// Linux signs its answers here, and checks nobody's signature (tcp_v4_timewait_ack); what has no TCP-AO is answered without it.
    /// </summary>
    private SigningKey KeyFor(scoped in TcpSegment segment)
    {
        if (AoKeys is { RNext: { } rNext } keys && segment.Options.HasAuthentication
            && keys.Find(sendId: segment.Options.RNextKeyId) is { Sending: { } traffic } key)
        {
            return SigningKey.OfAo(key, traffic, rNext.ReceiveId, keys.SendExtension);
        }

        return SigningKey.OfMd5(Md5Key);
    }

    private void Acknowledge(Instant now, scoped in TcpSegment segment, byte typeOfService)
    {
        TcpOptions options = default;
        if (TimestampsOn)
        {
            options.HasTimestamps = true;
            options.TsVal = unchecked(tcp.Timestamps.At(now) + TimestampOffset);
            options.TsEcr = TimestampsRecent;
        }

        tcp.Reply(now, segment, SendNext, ReceiveNext, TcpFlags.Ack, Window, options, typeOfService, KeyFor(segment), FlowLabel);
    }
}

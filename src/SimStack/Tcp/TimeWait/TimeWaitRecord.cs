using SimStack.Tcp.Authentication;
using SimStack.Tcp.Listen;
using SimStack.Wire;

namespace SimStack.Tcp.TimeWait;

/// <summary>
/// TIME-WAIT as a record of what must be remembered for 2MSL (RFC 9293 §3.6): answers retransmitted FINs, and lets a new SYN in
/// when RFC 6191 allows. Follows Linux where RFC 1337 leaves a choice (tcp_rfc1337).
/// </summary>
internal sealed class TimeWaitRecord(TcpLayer tcp, TcpFlow from) : TcpFlow(from.Local, from.Remote, from.Id)
{
    private Instant _deadline;
    private Instant _lastAck = new(long.MinValue / 2);

    public required SequenceNumber SendNext { get; init; }

    public required SequenceNumber ReceiveNext { get; init; }

    public required ushort Window { get; init; }

    public required bool TimestampsOn { get; init; }

    public required uint TimestampsRecent { get; set; }

    public required Instant TimestampsStamp { get; set; }

    public required uint TimestampOffset { get; init; }

    public AoKeys? AoKeys { get; init; }

    public byte[]? Md5Key { get; init; }

    public byte TypeOfService { get; init; }

    public byte TimeToLive { get; init; }

    public override TcpState State => TcpState.TimeWait;

    public override Instant Deadline => _deadline;

    private Duration TwoMsl => Duration.FromMilliseconds(tcp.Sysctls.TimeWaitMilliseconds);

    public void Restart(Instant now) => _deadline = now + TwoMsl;

    public override void Timeout(Instant now)
    {
        tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "2MSL"));
        End(now, "2MSL timeout");
    }

    public void SegmentArrives(Instant now, ref TcpSegment segment)
    {
        bool old = TimestampsOn && segment.Options.HasTimestamps
            && unchecked((int)(segment.Options.TsVal - TimestampsRecent)) < 0;
        if (!old && segment.Seq == ReceiveNext && (segment.Length == 0 || segment.Has(TcpFlags.Rst)))
        {
            TakeExpected(now, segment);
            return;
        }

        if (segment.Has(TcpFlags.Syn) && !segment.Has(TcpFlags.Rst | TcpFlags.Ack) && !old && IsNewIncarnation(segment)
            && tcp.FindListener(LocalAddress, LocalPort) is { } listener)
        {
            Reopen(now, listener, ref segment);
            return;
        }

        if (segment.Has(TcpFlags.Rst))
        {
            return;
        }

        if (old || segment.Has(TcpFlags.Ack))
        {
            // A retransmitted FIN: acknowledge it and start 2MSL again (RFC 9293 §3.10.7.4, eighth, TIME-WAIT).
            Restart(now);
            tcp.Timers.Update(this);
        }

        Acknowledge(now, segment);
    }

    /// <summary>
    /// May a client take the 4-tuple for a new connection now? A port that the user bound itself at any time, one that was chosen by
    /// tcp_tw_reuse (Linux: tcp_twsk_unique); either way only where timestamps tell old segments from new ones (RFC 6191).
    /// </summary>
    public bool MayReuse(Instant now, bool portIsBound) =>
        TimestampsOn && (portIsBound || MayReuseChosen(now));

    private bool MayReuseChosen(Instant now) =>
        now - TimestampsStamp > Duration.FromSeconds(1)
        && (tcp.Sysctls.TimeWaitReuse == 1 || (tcp.Sysctls.TimeWaitReuse == 2 && LocalAddress.IsLoopback));

    /// <summary>An ISS above everything the old incarnation used.</summary>
    public uint NextIss => (SendNext + 65_537).Value;

    public void End(Instant now, string cause)
    {
        _deadline = Instant.Never;
        tcp.Forget(this);
        tcp.Host.Observer?.StateChanged(new TcpStateChange(now, Id, Local, Remote, TcpState.TimeWait, TcpState.Closed, cause));
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
            }

            return;
        }

        Restart(now);
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
            listener.SegmentArrives(now, ref segment, iss == 0 ? 1 : iss);
        }
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

    private void Acknowledge(Instant now, scoped in TcpSegment segment)
    {
        if (AoKeys is not null && segment.Options.SignatureIsMalformed)
        {
            return;
        }

        // Data or a FIN is no part of a loop of ACKs, and does not count (tcp_oow_rate_limited).
        if (segment.Length == 0 || segment.Has(TcpFlags.Syn))
        {
            if (now - _lastAck < Duration.FromMilliseconds(tcp.Sysctls.InvalidRateLimit))
            {
                tcp.Counters[SnmpCounter.TcpExtTCPACKSkippedTimeWait]++;
                return;
            }

            _lastAck = now;
        }

        TcpOptions options = default;
        if (TimestampsOn)
        {
            options.HasTimestamps = true;
            options.TsVal = unchecked(tcp.Timestamps.At(now) + TimestampOffset);
            options.TsEcr = TimestampsRecent;
        }

        // Not ECN-capable, whatever the connection's segments were (Linux: TCP_TW_ACK_OOW).
        byte typeOfService = (byte)(TypeOfService & ~EcnField.Mask);
        tcp.Reply(now, segment, SendNext, ReceiveNext, TcpFlags.Ack, Window, options, typeOfService, KeyFor(segment));
    }
}

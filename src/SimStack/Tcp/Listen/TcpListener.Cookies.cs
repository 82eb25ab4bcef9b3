using SimStack.Ip;
using SimStack.Tcp.Authentication;
using SimStack.Wire;

namespace SimStack.Tcp.Listen;

/// <summary>
/// SYN cookies (RFC 4987 §3.6): a SYN that finds no place in the queue is answered all the same, and the last ACK brings back what is needed
/// (Linux: tcp_conn_request, cookie_v4_check, cookie_v6_check).
/// </summary>
internal sealed partial class TcpListener
{
    /// <summary>net.ipv4.tcp_syncookies: every SYN gets one, not only those without a place.</summary>
    private const int CookiesAlways = 2;

    private static readonly Duration OverflowGrain = Duration.FromSeconds(1);

    /// <summary>When a cookie was sent, to the second.</summary>
    private Instant? _overflowedAt;

    private bool _floodWasTold;

    /// <summary>Linux: tcp_syn_flood_action.</summary>
    /// <returns>Whether the SYN is answered with a cookie; otherwise it is to be dropped.</returns>
    private bool MeetFlood(Instant now)
    {
        bool cookie = _tcp.Sysctls.SynCookies > 0;
        _tcp.Counters[cookie ? SnmpCounter.TcpExtTCPReqQFullDoCookies : SnmpCounter.TcpExtTCPReqQFullDrop]++;
        if (_tcp.Sysctls.SynCookies != CookiesAlways && !_floodWasTold)
        {
            _floodWasTold = true;
            Notify(now, cookie ? "possible SYN flooding, sending cookies" : "possible SYN flooding, dropping SYNs");
        }

        return cookie;
    }

    private uint MakeCookie(Instant now, scoped in TcpSegment syn)
    {
        if (_overflowedAt is not { } last || now - last > OverflowGrain)
        {
            _overflowedAt = now;
        }

        _tcp.Counters[SnmpCounter.TcpExtSyncookiesSent]++;
        int mss = syn.Options.Mss;
        int own = Socket.Options.MaximumSegment;
        return _tcp.SynCookies.Make(now, syn, mss > 0 && own > 0 ? Math.Min(mss, own) : mss);
    }

    /// <summary>Without timestamps nothing but the MSS comes back: then nothing else is agreed.</summary>
    private static TcpOptions OptionsOfCookie(in TcpOptions options, bool timestamps) =>
        timestamps ? options : new TcpOptions { Mss = options.Mss, WindowScale = -1 };

    private void SendCookie(Instant now, SynQueueEntry entry)
    {
        SendSynAck(now, entry, retransmission: false);
        Notify(now, "SYN answered with a cookie");
    }

    /// <summary>A timestamp that keeps the options that the SYN-ACK agrees to.</summary>
    private uint TimestampOfCookie(uint clock, SynQueueEntry entry) => SynCookies.PutOptions(
        clock,
        entry.Options.WindowScale >= 0 && _tcp.Sysctls.WindowScaling ? Math.Min((int)entry.Options.WindowScale, 14) : -1,
        entry.Options.SackPermitted && _tcp.Sysctls.Sack,
        entry.Ecn is not EcnState.None);

    /// <summary>An ACK for no handshake of the queue: of a cookie's, perhaps.</summary>
    /// <returns>True when it is dealt with; false when it deserves a RST.</returns>
    private bool TryTakeCookie(Instant now, ref TcpSegment segment)
    {
        if (_tcp.Sysctls.SynCookies == 0 || segment.Has(TcpFlags.Syn)
            || _overflowedAt is not { } last || now - last > SynCookies.Validity)
        {
            return false;
        }

        ushort mss = _tcp.SynCookies.Read(now, segment);
        _tcp.Counters[mss > 0 ? SnmpCounter.TcpExtSyncookiesRecv : SnmpCounter.TcpExtSyncookiesFailed]++;
        if (mss == 0)
        {
            return false;
        }

        IpEndpoint local = new(segment.Destination, segment.DestinationPort);
        IpEndpoint remote = new(segment.Source, segment.SourcePort);
        if (!TryReadOptions(segment, mss, _tcp.TimestampOffset(local, remote), out TcpOptions options, out bool ecn))
        {
            return false;
        }

        if (_tcp.Ip.FindPathWith(remote.Address, local.Address, _tcp.Ip.ReturnRoute) is { } path)
        {
            SynQueueEntry entry = NewEntry(now, segment, path, options, mss, (segment.Ack - 1).Value, EcnOfCookie(ecn, segment, path));
            CompleteCookie(now, entry, ref segment);
        }

        return true;
    }

    /// <summary>
    /// The options that an echoed timestamp holds (Linux: cookie_timestamp_decode). One that the host would not agree to shows that the echo is
    /// made up, or a setting changed meanwhile.
    /// </summary>
    private bool TryReadOptions(scoped in TcpSegment segment, ushort mss, uint offset, out TcpOptions options, out bool ecn)
    {
        ecn = false;
        options = new TcpOptions { Mss = mss, WindowScale = -1 };
        if (!segment.Options.HasTimestamps || !_tcp.Sysctls.Timestamps)
        {
            return true;
        }

        uint echo = segment.Options.TsEcr == 0 ? 0 : unchecked(segment.Options.TsEcr - offset);
        (int scale, bool sack, ecn) = SynCookies.TakeOptions(echo);
        options.HasTimestamps = true;
        options.TsVal = segment.Options.TsVal;
        options.SackPermitted = sack;
        options.WindowScale = (sbyte)scale;
        return (!sack || _tcp.Sysctls.Sack) && (scale < 0 || _tcp.Sysctls.WindowScaling);
    }

    /// <summary>
    /// The cookie says that ECN was agreed; that it was AccECN shows in the ACE field, which reflects the SYN-ACK's mark (RFC 9768 §3.1.2; Linux:
    /// cookie_ecn_ok, cookie_accecn_ok).
    /// </summary>
    private EcnState EcnOfCookie(bool agreed, scoped in TcpSegment third, IpPath path)
    {
        if (!agreed || (_tcp.Sysctls.Ecn == 0 && path.Route is not { Ecn: true }))
        {
            return EcnState.None;
        }

        return third.Has(TcpFlags.Ae | TcpFlags.Cwr) ? EcnState.Accurate : EcnState.Classic;
    }

    private void CompleteCookie(Instant now, SynQueueEntry entry, ref TcpSegment segment)
    {
        if (AcceptQueueIsFull)
        {
            // Nothing is kept that could be answered later: tcp_abort_on_overflow does not count here (tcp_v4_syn_recv_sock).
            _tcp.Counters[SnmpCounter.TcpExtListenOverflows]++;
            Drop(now, "ACK of a cookie dropped: accept queue full");
            return;
        }

        if (!TryMakeChildKeys(entry, out TcpAuthentication? keys))
        {
            _tcp.Counters[SnmpCounter.TcpExtListenDrops]++;
            return;
        }

        // When the SYN-ACK was sent nobody knows: only an echoed timestamp can tell the round trip.
        entry.FromCookie = true;
        Report(now, entry, TcpState.Listen, TcpState.SynReceived, "rcv ACK of SYN cookie");
        Establish(now, entry, keys, "handshake completed by a cookie", ref segment);
    }
}

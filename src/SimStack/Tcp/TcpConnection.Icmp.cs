using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// ICMP about one of our segments (RFC 9293 §3.9.2.2, RFC 5927): believed only for a sequence number in flight. What it means in
/// which state was compared with a Linux 6.18 kernel, type by type and code by code.
/// </summary>
internal sealed partial class TcpConnection
{
    private const int SmallestMtuV6 = 1280;
    private Errno _softError;
    private bool _receiveErrors;

    /// <summary>What a connection that timed out tells: the last soft error, which may say why (RFC 1122 §4.2.3.9).</summary>
    private Errno TimeoutError => _softError is Errno.OK ? Errno.ETIMEDOUT : _softError;

    public void IcmpArrives(Instant now, in IcmpErrorInfo error)
    {
        // RFC 5927 §4.1. Linux takes SND.NXT itself too.
        SequenceNumber end = Profile.RfcSegmentChecks ? _snd.Nxt : _snd.Nxt + 1;
        SequenceNumber start = PendingRequest is null ? _snd.Una : _snd.Iss;
        if (error.Sequence < start || error.Sequence >= end)
        {
            Count(SnmpCounter.TcpExtOutOfWindowIcmps);
            return;
        }

        if (error.IsPacketTooBig)
        {
            if (!error.IsV4 && error.Mtu < SmallestMtuV6)
            {
                return;
            }

            if (IsHeld)
            {
                _backlog!.Deferred |= Deferred.Mtu;
                _backlog.DeferredMtu = error.Mtu;
            }
            else
            {
                LowerSegmentSize(now, error.Mtu);
            }

            return;
        }

        (Errno errno, _) = IcmpErrno.For(error);
        if (errno is not Errno.OK)
        {
            ErrorArrives(now, error, errno);
        }
    }

    /// <summary>The soft error, cleared: Linux's SO_ERROR tells it when there is no other.</summary>
    public Errno TakeSoftError()
    {
        Errno error = _softError;
        _softError = Errno.OK;
        return error;
    }

    private void ErrorArrives(Instant now, in IcmpErrorInfo error, Errno errno)
    {
        if (IsHeld)
        {
            // It is not told while a call has the socket (tcp_v4_err).
            Count(SnmpCounter.TcpExtLockDroppedIcmps);
            _softError = errno;
            return;
        }

        // MUST-56 forbids to abort for a soft error. Linux takes it for a hard one while the connection is being opened (RFC 5461
        // §4), and every one for a soft one afterwards (RFC 5927 §5.2), where RFC 9293 (SHLD-26) would abort.
        // A Fast Open that somebody has accepted is as good as established.
        bool opening = _state is TcpState.SynSent or TcpState.SynReceived && PendingRequest is not { IsAccepted: true };
        if (Profile.RfcSegmentChecks ? IsHard(error) || (opening && !IsSoft(error)) : opening)
        {
            if (opening)
            {
                Count(SnmpCounter.TcpAttemptFails);
            }

            if (!Profile.RfcSegmentChecks && (error.IsV4 || _receiveErrors))
            {
                Socket?.ReportIcmp(now, error, errno); // Linux: IPv4 without being asked to.
            }

            Fail(now, errno, "ICMP " + errno);
            return;
        }

        if (NamesNoRoute(error) && PendingRequest is null)
        {
            RevertBackoff(now, error.Sequence);
        }

        if (_state is TcpState.Closed)
        {
            return;
        }

        if (_receiveErrors)
        {
            PendingError = errno;
            _tcp.SignalReady(this, PollEvents.POLLERR);
        }
        else
        {
            _softError = errno;
        }
    }

    /// <summary>
    /// A router had nowhere to send the oldest segment: that it was lost says nothing of congestion, so one doubling of the RTO is
    /// taken back (RFC 6069 §3).
    /// </summary>
    private void RevertBackoff(Instant now, SequenceNumber seq)
    {
        if (seq != _snd.Una || _retransmissions == 0 || _backoff == 0 || SegmentsOut == 0
            || _timers.Kind is not RetransmissionKind.Timeout)
        {
            return;
        }

        _backoff--;
        _doublings = _backoff;
        Instant due = Sent[0].SentAt + CurrentRto;
        if (due <= now)
        {
            RetransmissionTimeout(now);
        }
        else
        {
            _timers.Retransmission = HoldToUserTimeout(now, due, _firstRetransmissionAt);
        }
    }

    private void LowerSegmentSize(Instant now, int mtu)
    {
        // INTERFACE and OMIT do not believe it. In IPv4 Linux has the route believe it all the same, and the next segments fit
        // (tcp_v4_mtu_reduced).
        bool disbelieves = _pathMtuDiscovery is PathMtuDiscovery.IP_PMTUDISC_INTERFACE or PathMtuDiscovery.IP_PMTUDISC_OMIT;
        if (RemoteAddress.IsV6 && (disbelieves || SegmentFor(mtu) >= _maximumSegment))
        {
            return;
        }

        // Another connection on the same path may have been told before; this one's segments are too long all the same.
        int before = _path?.Mtu ?? 0;
        _tcp.Ip.LowerPathMtu(now, _path?.Destination ?? RemoteAddress, mtu);
        _path = _tcp.Ip.FindPathWith(RemoteAddress, LocalAddress, _path?.Options) ?? _path;
        if (_path is null)
        {
            return;
        }

        if (RemoteAddress.IsV4 && mtu < _path.Mtu && _tcp.MayNotFragment(_path, _pathMtuDiscovery))
        {
            _softError = Errno.EMSGSIZE; // It will not get through; if nothing else helps, that is why.
        }

        PathMtuDiscovery how = _pathMtuDiscovery ?? _tcp.DefaultPathMtuDiscovery;
        if (RemoteAddress.IsV4 && (disbelieves || how is PathMtuDiscovery.IP_PMTUDISC_DONT))
        {
            return; // Routers may cut what is on its way.
        }

        if (_state is TcpState.SynSent && _fastOpen is { SentData: true } && _path.Mtu < before)
        {
            SyncSegmentSize(_path.Mtu);
            ResendSynAlone(now);
        }
        else if (_pathMtu > _path.Mtu && IsSynchronized)
        {
            SyncSegmentSize(_path.Mtu);
            ResendTooLong(now);
        }
    }

    /// <summary>
    /// What was longer than the path takes is lost, though not by congestion: it is sent again in parts without lowering the
    /// window (RFC 1191 §6.4; Linux: tcp_simple_retransmit).
    /// </summary>
    private void ResendTooLong(Instant now)
    {
        int mss = EffectiveMss;
        bool tooLong = false;
        for (int i = 0; i < SegmentsOut; i++)
        {
            // A packet is too long if its segments are; the last of them may be shorter.
            ref SentSegment segment = ref Sent[i];
            bool first = i == 0 || !Sent[i - 1].Has(SentFlags.Followed);
            tooLong = DataOf(segment) > mss || (tooLong && !first);
            if (tooLong)
            {
                MarkLost(now, ref segment);
            }
        }

        if (Recovery.LostOut == 0)
        {
            return;
        }

        if (!_sackOn)
        {
            LimitDuplicates();
        }

        RepairLost(now);
    }

    /// <summary>Soft by RFC 9293 §3.9.2.2: destination unreachable with codes 0, 1 and 5, time exceeded, parameter problem.</summary>
    private static bool IsSoft(in IcmpErrorInfo error) => error.IsV4
        ? error.Type != (byte)IcmpType.DestinationUnreachable || error.Code is 0 or 1 or 5
        : error.Type != (byte)Icmpv6Type.DestinationUnreachable || error.Code is 0 or 3;

    /// <summary>Hard by RFC 9293 §3.9.2.2 and RFC 5461 §2: protocol and port unreachable; in IPv6 prohibited and port.</summary>
    public static bool IsHard(in IcmpErrorInfo error) => error.IsV4
        ? error.Type == (byte)IcmpType.DestinationUnreachable && (error.Code is 2 or 3)
        : error.Type == (byte)Icmpv6Type.DestinationUnreachable && (error.Code is 1 or 4);

    /// <summary>RFC 6069 §2: net or host unreachable; Linux takes no more than "no route" in IPv6.</summary>
    private static bool NamesNoRoute(in IcmpErrorInfo error) => error.IsV4
        ? error.Type == (byte)IcmpType.DestinationUnreachable && (error.Code is 0 or 1)
        : error.Type == (byte)Icmpv6Type.DestinationUnreachable && error.Code == 0;
}

using SimStack.Ip;
using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>
/// ICMP about one of our segments (RFC 9293 §3.9.2.2, RFC 5927): believed only for a sequence number in flight.
/// </summary>
internal sealed partial class TcpConnection
{
    public void IcmpArrives(Instant now, in IcmpErrorInfo error)
    {
        bool inFlight = error.Sequence >= _snd.Una && error.Sequence < _snd.Nxt;
        if (!inFlight)
        {
            Count(SnmpCounter.TcpExtOutOfWindowIcmps);
            return;
        }

        if (error.IsPacketTooBig)
        {
            LowerSegmentSize(now, error.Mtu);
            return;
        }

        // MUST-56 forbids to abort for a soft error. Linux takes it for a hard one while the connection is being opened (RFC 5461
        // §4).
        bool opening = _state is TcpState.SynSent or TcpState.SynReceived;
        if (opening && !(Profile.RfcSegmentChecks && IsSoft(error)) && ErrnoFor(error) is not Errno.OK and var errno)
        {
            Count(SnmpCounter.TcpAttemptFails);
            Fail(now, errno, "ICMP " + errno);
        }
    }

    private void LowerSegmentSize(Instant now, int mtu)
    {
        // Another connection on the same path may have been told before; this one's segments are too long all the same.
        _tcp.Ip.LowerPathMtu(now, RemoteAddress, mtu);
        _path = _tcp.Ip.FindPath(RemoteAddress, LocalAddress) ?? _path;
        if (_path is null)
        {
            return;
        }

        if (FitSegmentsToPath() && IsSynchronized && SegmentsOut > 0)
        {
            ResendTooLong(now);
        }
    }

    /// <summary>Never longer segments than the path takes; true when they had to become shorter.</summary>
    private bool FitSegmentsToPath()
    {
        int mss = _path!.Mtu - (RemoteAddress.IsV4 ? 40 : 60) - (_timestampsOn ? TimestampsLength : 0);
        if (mss >= _maximumSegment)
        {
            return false;
        }

        _maximumSegment = (ushort)Math.Max(mss, 1);
        return true;
    }

    /// <summary>
    /// What was longer than the path takes is lost, though not by congestion: it is sent again in parts without lowering the
    /// window (RFC 1191 §6.4; Linux: tcp_simple_retransmit).
    /// </summary>
    private void ResendTooLong(Instant now)
    {
        for (int i = 0; i < SegmentsOut; i++)
        {
            ref SentSegment segment = ref Sent[i];
            if (segment.Length > _maximumSegment + 1 && (segment.Flags & SentFlags.Lost) == 0)
            {
                segment.Flags = (segment.Flags | SentFlags.Lost) & ~SentFlags.RetransmissionInFlight;
                _lostSegments++;
            }
        }

        if (_lostSegments > 0)
        {
            _recoveryPoint = _snd.Nxt;
            _congestion.EnterRepair();
            _retransmitHint = 0;
            RetransmitLost(now);
            ArmRetransmission(now);
        }
    }

    /// <summary>Destination Unreachable with a code that RFC 9293 §3.9.2.2 calls soft.</summary>
    private static bool IsSoft(in IcmpErrorInfo error) => error.IsV4 ? error.Code is 0 or 1 or 5 : error.Code is 0 or 3;

    private Errno ErrnoFor(in IcmpErrorInfo error)
    {
        const byte unreachableV4 = 3;
        const byte unreachableV6 = 1;
        if (error.IsV4)
        {
            return error.Type != unreachableV4 ? Errno.OK : error.Code switch
            {
                0 or 6 or 9 or 11 => Errno.ENETUNREACH,
                2 => Errno.ENOPROTOOPT,
                3 => Errno.ECONNREFUSED,
                _ => Errno.EHOSTUNREACH,
            };
        }

        return error.Type != unreachableV6 ? Errno.OK : error.Code switch
        {
            0 => Errno.ENETUNREACH,
            1 => Errno.EACCES,
            4 => Errno.ECONNREFUSED,
            _ => Errno.EHOSTUNREACH,
        };
    }
}

using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// The segment size that the path takes (Linux: tcp_sync_mss), and the search for a larger one by sending longer segments (RFC 4821; Linux:
/// tcp_mtu_probe), which is also the way out where routers swallow what is too long without a word.
/// </summary>
internal sealed partial class TcpConnection
{
    // Fewer segments of congestion window leave no room for a lost probe to be noticed by duplicates (tcp_mtu_probe).
    private const int LeastWindowToProbe = 11;

    private MtuSearch? _mtuSearch;

    // What peer and user allow, options not taken off (Linux: mss_clamp), and the path MTU that the segment size was made for
    // (icsk_pmtu_cookie).
    private ushort _mssClamp = 536;
    private int _pathMtu;

    private int HeadersLength => RemoteAddress.IsV4 ? 40 : 60;

    private int TimestampsRoom => _timestampsOn ? TimestampsLength : 0;

    private int SegmentFor(int mtu) =>
        Math.Min(Math.Max(Math.Min(mtu - HeadersLength, _mssClamp) - IpOptionsRoom, Sysctls.MinSndMss) - TimestampsRoom, 65_483);

    private int IpOptionsRoom => _path?.OptionsLength ?? 0;

    private int MtuFor(int segment) => segment + TimestampsRoom + IpOptionsRoom + HeadersLength;

    /// <summary>The way that packets take changed, or what is known of it: segments follow before the next ones are made.</summary>
    private void FollowPathMtu()
    {
        if (_path is { } path && path.Mtu != _pathMtu && IsSynchronized)
        {
            SyncSegmentSize(path.Mtu);
        }
    }

    /// <summary>Before sending: a path MTU in IPv4 is forgotten at its instant, not with the next packet (Linux: ipv4_mtu).</summary>
    private void FollowPathMtu(Instant now)
    {
        if (_path is { } path && path.Expires <= now && RemoteAddress.IsV4)
        {
            _tcp.Ip.SetClock(now);
            CurrentPath();
        }
    }

    private void SyncSegmentSize(int mtu)
    {
        int segment = SegmentFor(mtu);
        _pathMtu = mtu;
        if (_mtuSearch is { } search)
        {
            search.High = Math.Min(search.High, mtu);
            segment = search.Enabled ? Math.Min(segment, SegmentFor(search.Low)) : segment;
        }

        _maximumSegment = (ushort)segment;
        _offloadSegments = 0;
    }

    /// <summary>tcp_mtup_init, as the connection begins.</summary>
    private void BeginMtuSearch(Instant now, bool active)
    {
        if (Sysctls.MtuProbing < 2)
        {
            return;
        }

        StartMtuSearch(now);
        if (active)
        {
            // Linux keeps to the search's ends from here on, and for a passive open only from the next change on.
            SyncSegmentSize(_pathMtu);
        }
    }

    private void StartMtuSearch(Instant now) => _mtuSearch = new MtuSearch
    {
        Enabled = true,
        High = _mssClamp + HeadersLength,
        Low = MtuFor(Sysctls.BaseMss),
        BeganAt = now,
    };

    /// <summary>
    /// Retransmissions have not helped for the time of tcp_retries1: the way is doubted (RFC 9293 §3.8.3 (b), MUST-20), or perhaps only short
    /// segments get through (tcp_mtu_probing).
    /// </summary>
    private void DoubtPath(Instant now, bool opening)
    {
        _path?.Doubt();
        if (Sysctls.MtuProbing == 0 || opening)
        {
            return;
        }

        if (_mtuSearch is not { Enabled: true } search)
        {
            StartMtuSearch(now);
        }
        else
        {
            int segment = Math.Min(Sysctls.BaseMss, SegmentFor(search.Low) >> 1);
            search.Low = MtuFor(Math.Max(Math.Max(segment, Sysctls.MtuProbeFloor), Sysctls.MinSndMss));
        }

        SyncSegmentSize(_pathMtu);
    }

    /// <summary>Sends a probe if it is time for one.</summary>
    /// <returns>True when one was sent; null when there is one to send and the windows have no room yet, so that all else waits too.</returns>
    private bool? ProbeMtu(Instant now)
    {
        MtuSearch search = _mtuSearch!;
        if (!search.Enabled || search.ProbeSize != 0 || _congestion.Phase is not CongestionPhase.Open
            || _congestion.Window < LeastWindowToProbe || _outOfOrder is { BlockCount: > 0 } || _duplicateLeft != _duplicateRight)
        {
            return false;
        }

        FollowPathMtu();
        int length = SegmentFor((search.High + search.Low) >> 1);
        if (length > SegmentFor(search.High) || search.High - search.Low < Sysctls.ProbeThreshold)
        {
            SearchAgain(now, search);
            return false;
        }

        int needed = length + (((_recovery?.Reordering ?? Sysctls.Reordering) + 1) * _maximumSegment);
        int unsent = _snd.Written - _snd.Nxt + (FinWaits ? 1 : 0);
        if (unsent < needed || _snd.Wnd < needed)
        {
            return false;
        }

        if (_snd.WindowEnd - _snd.Nxt < needed)
        {
            return null;
        }

        if (SegmentsInFlight + 2 > _congestion.Window)
        {
            return SegmentsInFlight == 0 ? false : null;
        }

        return SendMtuProbe(now, search, length);
    }

    private bool SendMtuProbe(Instant now, MtuSearch search, int length)
    {
        SequenceNumber start = _snd.Nxt;
        if (_path is { } path && MtuFor(length) > path.Interface.Mtu)
        {
            // What a peer may take that says a larger MSS than the interface allows: IP refuses it, each time anew.
            _tcp.Ip.RefuseTooLong(path);
            return false;
        }

        if (Offloads)
        {
            if (!_writeQueue!.CanJoin(start, length) || (_marks is not null && _marks.FirstFrom(start) is var mark && mark < _marks.Count && _marks[mark].Key < start + length))
            {
                return false;
            }

            while (HeadLength < length)
            {
                GrowHead(length - HeadLength);
            }

            if (!TransmitPacket(now, length, fin: false, length))
            {
                return false;
            }
        }
        else
        {
            TransmitNew(now, length, fin: false);
        }

        // It takes the room of two: what is lost with it is not to be taken for congestion.
        _congestion.Window--;
        search.ProbeSize = MtuFor(length);
        search.ProbeStart = start;
        search.ProbeEnd = start + length;
        return true;
    }

    /// <summary>The search is over; after tcp_probe_interval the path may be another one (tcp_mtu_check_reprobe).</summary>
    private void SearchAgain(Instant now, MtuSearch search)
    {
        if (now - search.BeganAt < Duration.FromSeconds(Sysctls.ProbeInterval))
        {
            return;
        }

        search.ProbeSize = 0;
        search.High = _mssClamp + HeadersLength;
        search.Low = MtuFor(EffectiveMss);
        search.BeganAt = now;
    }

    /// <summary>The probe was acknowledged: segments may be as long, and the congestion window is the same in bytes.</summary>
    private void NoteProbeDelivered(Instant now)
    {
        if (_mtuSearch is not { ProbeSize: > 0 } search || search.ProbeEnd > _snd.Una)
        {
            return;
        }

        Count(SnmpCounter.TcpExtTCPMTUPSuccess);
        _congestion.Window = (int)Math.Max(1, (long)_congestion.Window * MtuFor(_maximumSegment) / search.ProbeSize);
        _congestion.Credit = 0;
        _congestion.Threshold = CurrentThreshold;
        Recovery.PriorThreshold = _congestion.Threshold;
        Recovery.WindowStamp = now;
        search.Low = search.ProbeSize;
        search.ProbeSize = 0;
        SyncSegmentSize(_pathMtu);
    }

    /// <summary>
    /// Duplicates tell of a loss. When it is that of the probe it says nothing of congestion: the data goes again in shorter segments
    /// (RFC 4821 §7.6.2).
    /// </summary>
    /// <returns>True when it was the probe, and there is nothing else to do.</returns>
    private bool JudgeLostProbe(Instant now)
    {
        if (_mtuSearch is not { ProbeSize: > 0 } search || _congestion.Phase >= CongestionPhase.Cwr || _snd.Una != search.ProbeStart)
        {
            return false;
        }

        Count(SnmpCounter.TcpExtTCPMTUPFail);
        search.High = search.ProbeSize - 1;
        search.ProbeSize = 0;
        _congestion.Window++;
        ResendTooLong(now);
        return true;
    }
}

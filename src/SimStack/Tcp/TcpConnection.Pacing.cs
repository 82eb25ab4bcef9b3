namespace SimStack.Tcp;

/// <summary>
/// The pacing rate, by which Linux sizes its offload packets, and the size itself (tcp_update_pacing_rate, tcp_tso_autosize). Nothing is
/// delayed by it here.
/// </summary>
internal sealed partial class TcpConnection
{
    // Linux's GSO_LEGACY_MAX_SIZE less its longest header, and as many segments as a packet may have.
    private const int MostOffloadBytes = 65_215;
    private const int MostOffloadSegments = 65_535;

    // As they were at the last ACK: the larger of window and segments out, in percent, and eight times SRTT in microseconds.
    private long _pacedSegmentsPercent;
    private int _pacedSmoothed8;
    private int _offloadSegments;

    /// <summary>Bytes per second; as good as unlimited before the first ACK.</summary>
    private long PacingRate => _control is { ControlsWindow: true } ? _congestion.PacingRate
        : _pacedSegmentsPercent == 0 ? long.MaxValue
        : BoundedMss * 80_000L * _pacedSegmentsPercent / Math.Max(1, _pacedSmoothed8);

    private int LeastOffloadSegments =>
        _control?.LeastOffloadSegments(_congestion, _tcp.Congestion, Sysctls.MinTsoSegments) ?? Sysctls.MinTsoSegments;

    /// <summary>An ACK was processed: twice the window in a round trip in slow start, 1.2 windows later, by default.</summary>
    private void UpdatePacing()
    {
        int ratio = _congestion.Window < _congestion.Threshold / 2 ? Sysctls.PacingSlowStartRatio : Sysctls.PacingAvoidanceRatio;
        _pacedSegmentsPercent = (long)Math.Max(_congestion.Window, SegmentsOut) * ratio;
        _pacedSmoothed8 = _rtt.Smoothed8;
        _offloadSegments = 0;
    }

    /// <summary>
    /// Segments of an offload packet at most: what the rate sends in a millisecond, and more on the shortest paths; reckoned once for an
    /// ACK.
    /// </summary>
    private int OffloadSegments(int mss)
    {
        if (_offloadSegments == 0)
        {
            long bytes = Math.Min(PacingRate >> 10, MostOffloadBytes);
            uint shift = _rtt.LeastMicroseconds >> Math.Min(Sysctls.TsoRttLog, 31);
            if (shift < 32)
            {
                bytes = Math.Min(bytes + (MostOffloadBytes >> (int)shift), MostOffloadBytes);
            }

            long segments = Math.Min(Math.Max(bytes / mss, LeastOffloadSegments), MostOffloadSegments);
            // A network card can't sign (Linux: sk_gso_disable).
            _offloadSegments = Authentication is null ? (int)Math.Max(1, Math.Min(segments, MostOffloadBytes / mss)) : 1;
        }

        return _offloadSegments;
    }
}

using SimStack.Tcp.Congestion;
using SimStack.Tcp.Metrics;

namespace SimStack.Tcp;

/// <summary>What the host remembers of the destination, taken when the connection begins and left when it ends (RFC 2140, RFC 9040; Linux:
/// tcp_metrics.c).</summary>
internal sealed partial class TcpConnection
{
    /// <summary>
    /// The connection begins (tcp_init_metrics). A remembered RTT that is longer than the handshake's sets the first RTO, since a SYN is small and
    /// fast; without any RTT it is 3 s (RFC 6298 §5.7). The window that is remembered is not used, as it is not by Linux.
    /// </summary>
    private void LoadMetrics(Instant now)
    {
        int known = 0;
        if (_tcp.Destinations.Find(now, LocalAddress, RemoteAddress, _path?.Route) is { } metrics)
        {
            known = metrics.SmoothedRtt8;
            TakeMetrics(metrics);
        }

        if (known > _rtt.Smoothed8)
        {
            long tick = Sysctls.TimerHz > 0 ? 1_000_000 / Sysctls.TimerHz : 1;
            long rtt = known / 8 / tick * tick;
            _rtt.RtoMicroseconds = (int)Math.Min(rtt + Math.Max(2 * rtt, RtoMin), int.MaxValue);
        }
        else if (!_rtt.HasSample)
        {
            // The SYN was sent twice and no timestamp tells which was answered.
            _rtt.FallBack();
        }
    }

    private void TakeMetrics(DestinationMetrics metrics)
    {
        if (metrics.IsWindowLocked)
        {
            _congestion.Clamp = metrics.Window;
        }

        if (metrics.Threshold != 0 && !Sysctls.NoSsthreshMetricsSave)
        {
            _congestion.Threshold = Math.Min(metrics.Threshold, _congestion.Clamp);
        }

        if (metrics.Reordering != 0 && metrics.Reordering != Sysctls.Reordering)
        {
            Recovery.Reordering = metrics.Reordering;
        }
    }

    /// <summary>It enters TIME-WAIT, or is done in LAST-ACK; one that is aborted teaches nothing (tcp_update_metrics).</summary>
    private void SaveMetrics(Instant now)
    {
        if (Sysctls.NoMetricsSave || _path is null)
        {
            return;
        }

        if (_backoff > 0 || !_rtt.HasSample)
        {
            _tcp.Destinations.Find(now, LocalAddress, RemoteAddress, _path.Route)?.ForgetRtt();
            return;
        }

        _tcp.Destinations.Renew(now, LocalAddress, RemoteAddress, _path.Route).Learn(
            now,
            new ConnectionMetrics
            {
                SmoothedRtt8 = _rtt.Smoothed8,
                Deviation4 = _rtt.Deviation4,
                Window = _congestion.Window,
                Threshold = _congestion.Threshold,
                Reordering = _recovery?.Reordering ?? Sysctls.Reordering,
                IsSteady = !_congestion.InSlowStart && _congestion.Phase is CongestionPhase.Open,
            },
            Sysctls);
    }
}

using SimStack.Ip;
using SimStack.Profiles;

namespace SimStack.Tcp.Metrics;

/// <summary>What closed connections measured of the way (Linux: tcp_metrics.c, tcpm_vals and tcpm_lock).</summary>
internal sealed partial class DestinationMetrics
{
    /// <summary>What was not renewed for so long is forgotten (TCP_METRICS_TIMEOUT).</summary>
    private static readonly Duration Lifetime = Duration.FromSeconds(60 * 60);

    private TcpMetricLocks _locks;

    /// <summary>When it was made, or a connection last closed.</summary>
    public Instant Stamp { get; private set; }

    /// <summary>Eight times SRTT in microseconds; 0: unknown.</summary>
    public int SmoothedRtt8 { get; private set; }

    /// <summary>Four times the deviation in microseconds.</summary>
    public int Deviation4 { get; private set; }

    /// <summary>Segments; 0: unknown.</summary>
    public int Threshold { get; private set; }

    public int Window { get; private set; }

    public int Reordering { get; private set; }

    public bool IsWindowLocked => (_locks & TcpMetricLocks.Cwnd) != 0;

    /// <summary>Begins with what the route says; Fast Open's part stays (tcpm_suck_dst).</summary>
    public void TakeFrom(Instant now, Route? route)
    {
        RouteTcpMetrics said = route?.TcpMetrics ?? Unsaid;
        Stamp = now;
        _locks = said.Locks;
        SmoothedRtt8 = (int)Math.Min(said.Rtt.WholeMicroseconds * 8, int.MaxValue);
        Deviation4 = (int)Math.Min(said.RttVar.WholeMicroseconds * 4, int.MaxValue);
        (Threshold, Window, Reordering) = (said.Ssthresh, said.Cwnd, said.Reordering);
    }

    /// <summary>What is older than an hour counts no more (tcpm_check_stamp).</summary>
    public void Expire(Instant now, Route? route)
    {
        if (now > Stamp + Lifetime)
        {
            TakeFrom(now, route);
        }
    }

    /// <summary>A connection that never measured a round trip: what is known may be wrong.</summary>
    public void ForgetRtt() => SmoothedRtt8 = Locked(TcpMetricLocks.Rtt) ? SmoothedRtt8 : 0;

    /// <summary>A connection closes (tcp_update_metrics). A longer RTT is taken as it is, a shorter one slowly: too long does no harm.</summary>
    public void Learn(Instant now, in ConnectionMetrics seen, Sysctls sysctls)
    {
        int shorter = SmoothedRtt8 - seen.SmoothedRtt8;
        if (!Locked(TcpMetricLocks.Rtt))
        {
            SmoothedRtt8 = shorter <= 0 ? seen.SmoothedRtt8 : SmoothedRtt8 - (shorter >> 3);
        }

        if (!Locked(TcpMetricLocks.RttVar))
        {
            int deviation = Math.Max(Math.Abs(shorter) >> 1, seen.Deviation4);
            Deviation4 = deviation >= Deviation4 ? deviation : Deviation4 - ((Deviation4 - deviation) >> 2);
        }

        bool threshold = !sysctls.NoSsthreshMetricsSave && !Locked(TcpMetricLocks.Ssthresh);
        LearnWindows(seen, threshold);
        if (!seen.IsInInitialSlowStart && !seen.IsSteady && !Locked(TcpMetricLocks.Reordering)
            && Reordering < seen.Reordering && seen.Reordering != sysctls.Reordering)
        {
            Reordering = seen.Reordering;
        }

        Stamp = now;
    }

    private static readonly RouteTcpMetrics Unsaid = new();

    private bool Locked(TcpMetricLocks which) => (_locks & which) != 0;

    private void LearnWindows(in ConnectionMetrics seen, bool threshold)
    {
        bool window = !IsWindowLocked;
        if (seen.IsInInitialSlowStart)
        {
            // The end of slow start was not seen: at least this.
            Threshold = threshold && Threshold != 0 ? Math.Max(Threshold, seen.Window >> 1) : Threshold;
            Window = window ? Math.Max(Window, seen.Window) : Window;
        }
        else if (seen.IsSteady)
        {
            Threshold = threshold ? Math.Max(seen.Window >> 1, seen.Threshold) : Threshold;
            Window = window ? Mean(Window, seen.Window) : Window;
        }
        else
        {
            // Before or in recovery the window says nothing.
            Window = window ? Mean(Window, seen.Threshold) : Window;
            Threshold = threshold && Threshold != 0 ? Math.Max(Threshold, seen.Threshold) : Threshold;
        }
    }

    private static int Mean(int a, int b) => (int)(((long)a + b) >> 1);
}

using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Tcp.Metrics;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp.Metrics;

/// <summary>What a closed connection changes of what is known (Linux: tcp_update_metrics); what dialogues show is in tests/Scripts/metrics.</summary>
public sealed class DestinationMetricsTests
{
    private const int None = int.MaxValue;

    /// <summary>SRTT times 8 and deviation times 4 as known and as measured; both afterwards.</summary>
    [Theory]
    [InlineData(0, 0, 800, 200, 800, 400)] // the first: half of what it is longer by, 800, counts as deviation
    [InlineData(800, 400, 1600, 200, 1600, 400)] // longer: at once
    [InlineData(1600, 400, 800, 100, 1500, 400)] // shorter: an eighth of the way
    [InlineData(1600, 800, 1600, 100, 1600, 625)] // steadier: a quarter of the way
    public void Round_trips(int known, int deviation, int measured, int measuredDeviation, int after, int deviationAfter)
    {
        DestinationMetrics metrics = Known(new RouteTcpMetrics
        {
            Rtt = Duration.FromMicroseconds(known / 8),
            RttVar = Duration.FromMicroseconds(deviation / 4),
        });
        metrics.Learn(default, Seen(measured, measuredDeviation, 10, None), new Sysctls());
        Assert.Equal((after, deviationAfter), (metrics.SmoothedRtt8, metrics.Deviation4));
    }

    /// <summary>Threshold and window as known; window, threshold and whether it is steady as seen; threshold and window afterwards.</summary>
    [Theory]
    [InlineData(0, 0, 40, None, false, 0, 40)] // slow start to the end: no threshold was found
    [InlineData(10, 50, 40, None, false, 20, 50)] // but it is above the old one
    [InlineData(30, 50, 40, None, false, 30, 50)]
    [InlineData(0, 0, 40, 12, true, 20, 20)] // avoidance: half of the window, and the window half the way
    [InlineData(99, 20, 40, 30, true, 30, 30)]
    [InlineData(0, 20, 5, 30, false, 0, 25)] // recovery, or slow start before the threshold: the threshold alone says something
    [InlineData(20, 20, 5, 30, false, 30, 25)]
    [InlineData(40, 20, 5, 30, false, 40, 25)]
    public void Windows(int threshold, int window, int seen, int seenThreshold, bool steady, int thresholdAfter, int windowAfter)
    {
        RouteTcpMetrics known = new() { Ssthresh = threshold, Cwnd = window };
        DestinationMetrics metrics = Known(known);
        metrics.Learn(default, Seen(800, 200, seen, seenThreshold, steady), new Sysctls { NoSsthreshMetricsSave = false });
        Assert.Equal((thresholdAfter, windowAfter), (metrics.Threshold, metrics.Window));

        DestinationMetrics usual = Known(known);
        usual.Learn(default, Seen(800, 200, seen, seenThreshold, steady), new Sysctls());
        Assert.Equal((threshold, windowAfter), (usual.Threshold, usual.Window));
    }

    /// <summary>Only a connection that saw losses knows of reordering; only more than is known is news.</summary>
    [Theory]
    [InlineData(0, 7, 30, 7)]
    [InlineData(9, 7, 30, 9)]
    [InlineData(0, 3, 30, 0)]
    [InlineData(0, 7, None, 0)]
    public void Reordering(int known, int seen, int threshold, int after)
    {
        DestinationMetrics metrics = Known(new RouteTcpMetrics { Reordering = known });
        metrics.Learn(
            default,
            new ConnectionMetrics { SmoothedRtt8 = 800, Deviation4 = 200, Window = 5, Threshold = threshold, Reordering = seen },
            new Sysctls());
        Assert.Equal(after, metrics.Reordering);
    }

    [Fact]
    public void What_the_route_locks_stays()
    {
        RouteTcpMetrics said = new()
        {
            Rtt = Duration.FromMilliseconds(5),
            RttVar = Duration.FromMilliseconds(3),
            Ssthresh = 6,
            Cwnd = 9,
            Reordering = 5,
            Locks = TcpMetricLocks.Rtt | TcpMetricLocks.RttVar | TcpMetricLocks.Ssthresh | TcpMetricLocks.Cwnd | TcpMetricLocks.Reordering,
        };
        DestinationMetrics metrics = Known(said);
        metrics.Learn(default, Seen(999_999, 200, 40, 30), new Sysctls { NoSsthreshMetricsSave = false });
        metrics.Learn(default, Seen(999_999, 200, 40, 30, steady: true), new Sysctls { NoSsthreshMetricsSave = false });
        metrics.ForgetRtt();
        Assert.Equal((40_000, 12_000, 6, 9, 5, true), (metrics.SmoothedRtt8, metrics.Deviation4, metrics.Threshold, metrics.Window, metrics.Reordering, metrics.IsWindowLocked));
    }

    [Fact]
    public void After_an_hour_the_route_s_word_counts_again()
    {
        DestinationCache cache = new();
        IpAddress own = IpAddress.FromV4(10, 0, 0, 1), peer = IpAddress.FromV4(10, 0, 0, 2);
        cache.Renew(default, own, peer, null).Learn(default, Seen(800, 200, 10, None), new Sysctls());
        Instant hour = Instant.Zero + Duration.FromSeconds(3600);
        Assert.Equal(800, cache.Find(hour, own, peer, null)!.SmoothedRtt8);
        Assert.Equal(0, cache.Find(hour + Duration.FromMilliseconds(1), own, peer, null)!.SmoothedRtt8);
    }

    /// <summary>As iproute2 prints it, with its unit of the last drop.</summary>
    [Fact]
    public void The_line()
    {
        TcpMetrics metrics = new(
            IpAddress.FromV4(10, 0, 0, 2), IpAddress.FromV4(10, 0, 0, 1), Duration.FromMilliseconds(12_034), Duration.FromMicroseconds(65),
            Duration.FromMicroseconds(7), 0, 10, 5, 1460, 2, Duration.FromMilliseconds(500), "0123456789abcdef");
        Assert.Equal(
            "10.0.0.2 age 12.034sec cwnd 10 reordering 5 rtt 65us rttvar 7us fo_mss 1460 fo_syn_drops 2/0.500usec ago "
            + "fo_cookie 0123456789abcdef source 10.0.0.1",
            metrics.ToString());
    }

    private static DestinationMetrics Known(RouteTcpMetrics said)
    {
        NetworkInterface device = new Host(new HostOptions { Name = "here", FramePool = new FramePool() }).Loopback;
        DestinationMetrics metrics = new(default);
        metrics.TakeFrom(default, new Route(IpAddress.AnyV4, 0, null, device) { TcpMetrics = said });
        return metrics;
    }

    private static ConnectionMetrics Seen(int rtt, int deviation, int window, int threshold, bool steady = false) => new()
    {
        SmoothedRtt8 = rtt,
        Deviation4 = deviation,
        Window = window,
        Threshold = threshold,
        Reordering = 3,
        IsSteady = steady,
    };
}

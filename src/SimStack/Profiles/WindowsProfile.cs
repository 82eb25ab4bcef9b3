using SimStack.Wire;

namespace SimStack.Profiles;

internal static class WindowsProfile
{
    /// <summary>
    /// Windows 7: the client that offers window 8192 with scale 2 and no timestamps. Times from Microsoft's registry reference
    /// (TcpInitialRtt, TcpMaxConnectRetransmissions, TcpMaxDataRetransmissions, TcpTimedWaitDelay, KeepAliveTime, KeepAliveInterval) and
    /// KB 175523; docs/profiles.md has each value's source.
    /// </summary>
    public static Profile Create() => new()
    {
        Name = "windows",
        Description = "Windows 7",
        OptionLayout = TcpOptionLayout.Windows,
        InitialReceiveWindow = 8192,
        RetryAfterRefusal = Duration.FromMilliseconds(500),
        CountsEveryDatagram = true,
        EchoesCode = false,
        CountsRetransmissions = true,
        Rfc6298Timer = true,
        ZeroWindowProbeCarriesData = true,
        ClassicNagle = true,
        QuickAcks = false,
        RfcSegmentChecks = true,
        Listen = ListenRule.Windows,
        Defaults = new Sysctls
        {
            BacklogAckDefer = false,
            NoMetricsSave = true,
            AutoFlowLabels = 0,
            CongestionControl = "reno",
            Rack = false,
            ProportionalReduction = false,
            SynCookies = 0,
            Frto = 0,
            DefaultTtl = 128,
            PortRangeFirst = 49_152,
            PortRangeLast = 65_535,
            SoMaxConn = 200,

            // 65,700 bytes, 45 segments of 1460, are for data; the scale follows from the most that may be.
            RmemDefault = 131_400,
            RmemMaximum = 262_143,
            RmemMax = 262_143,
            Timestamps = false,
            SynRetries = 2,
            Ecn = 0, // netsh int tcp show global: ECN Capability disabled.
            SynLinearTimeouts = 0,
            SynAckRetries = 2,
            InitialRtoMilliseconds = 3000,
            RtoMinMicroseconds = 300_000,
            RtoMaxMilliseconds = 120_000,
            Retries2 = 5,
            OrphanRetries = 5,
            InitialWindowSegments = 2,
            DelayedAckMinMilliseconds = 200,
            DelayedAckMaxMilliseconds = 200,
            TimeWaitMilliseconds = 120_000,
            TimeWaitReuse = 0,
            KeepAliveTime = 7200,
            KeepAliveInterval = 1,
            KeepAliveProbes = 10,
        },
    };
}

using SimStack.Wire;

namespace SimStack.Profiles;

internal static class FreeBsdProfile
{
    /// <summary>
    /// FreeBSD 14: tcp(4), syncache(4) and listen(2), with net.inet.tcp's defaults; docs/profiles.md has each value's source.
    /// </summary>
    public static Profile Create() => new()
    {
        Name = "freebsd",
        Description = "FreeBSD 14, default sysctls",

        // mss, nop, wscale, sackOK, TS, as with Windows.
        OptionLayout = TcpOptionLayout.Windows,
        InitialReceiveWindow = 65_535,
        CountsRetransmissions = true,
        Rfc6298Timer = true,
        ZeroWindowProbeCarriesData = true,
        ClassicNagle = true,
        QuickAcks = false,
        RfcSegmentChecks = true,
        Listen = ListenRule.FreeBsd,
        Defaults = new Sysctls
        {
            BacklogAckDefer = false,
            NoMetricsSave = true,
            AutoFlowLabels = 0,
            CongestionControl = "reno",
            // PRR since FreeBSD 13.
            Rack = false,
            Frto = 0,
            DefaultTtl = 64,
            PortRangeFirst = 10_000,
            PortRangeLast = 65_535,
            SoMaxConn = 128,

            // recvspace 65,536; the scale follows kern.ipc.maxsockbuf, 2 MiB.
            RmemDefault = 131_072,
            RmemMaximum = 2_097_152,
            RmemMax = 2_097_152,
            WmemDefault = 65_536,

            // SYNs at 0, 1, 3, 7, 15, 31 and 63 s, but connect waits no longer than keepinit.
            SynRetries = 12,
            SynLinearTimeouts = 0,
            ConnectTimeoutMilliseconds = 75_000,
            SynAckRetries = 3,
            MaxSynBacklog = 15_360,
            SynCookies = 0,
            InitialRtoMilliseconds = 1000,

            // rexmit_min 30 ms and, on top of it, rexmit_slop 200 ms.
            RtoMinMicroseconds = 230_000,
            RtoMaxMilliseconds = 64_000,
            Retries2 = 12,
            OrphanRetries = 12,
            DelayedAckMinMilliseconds = 40,
            DelayedAckMaxMilliseconds = 40,
            TimeWaitMilliseconds = 60_000,
            TimeWaitReuse = 0,
            KeepAliveTime = 7200,
            KeepAliveInterval = 75,
            KeepAliveProbes = 8,
        },
    };
}

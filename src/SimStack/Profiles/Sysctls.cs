using System.Globalization;

namespace SimStack.Profiles;

/// <summary>
/// The settings of one host by Linux's sysctl names and units (Documentation/networking/ip-sysctl.rst), besides a few
/// <c>sim.*</c> ones for what Linux has no setting for. Reading one in the stack is a field read.
/// </summary>
public sealed partial class Sysctls
{
    private static readonly SortedList<string, Entry> Entries = BuildEntries();
    private static string[]? _names;

    // net.core
    public int SoMaxConn = 4096;
    public int OptMemMax = 131_072;
    public int RmemMax = 4_194_304;
    public int WmemMax = 4_194_304;
    public int CoreRmemDefault = 212_992;
    public int CoreWmemDefault = 212_992;

    // net.ipv4.tcp_*: buffers
    public int RmemMinimum = 4096, RmemDefault = 131_072, RmemMaximum = 33_554_432;
    public int WmemMinimum = 4096, WmemDefault = 16_384, WmemMaximum = 4_194_304;

    // net.ipv4.tcp_*: receiving; pages, microseconds
    public bool ModerateReceiveBuffer = true;
    public bool ShrinkWindow;
    public int AppWindow = 31;
    public int ReceiveBufferLowRtt;
    public int MemLow = 287_901, MemPressure = 383_869, MemHigh = 575_802;

    // net.ipv4.tcp_comp_sack_*: nanoseconds, ACKs, percent
    public long CompressedSackDelay = 1_000_000;
    public long CompressedSackSlack = 100_000;
    public bool BacklogAckDefer = true;
    public int CompressedSackCount = 44;
    public int CompressedSackRttPercent = 5;

    // net.ipv4.tcp_*: options
    public bool Timestamps = true;
    public bool TimestampOffsets = true;
    public bool Sack = true;
    public bool Dsack = true;
    public bool WindowScaling = true;

    // net.ipv4.tcp_*: opening
    public int SynRetries = 6;
    public int SynAckRetries = 5;
    public int SynLinearTimeouts = 4;
    public int MaxSynBacklog = 4096;
    public int SynCookies = 1;
    public bool AbortOnOverflow;
    public bool MigrateRequests;

    // net.ipv4.tcp_*: ECN; 0 to 5, and the option's 0 to 3, as in Linux 7.0
    public int Ecn = 2;
    public bool EcnFallback = true;
    public int EcnOption = 2;
    public int EcnOptionBeacon = 3;

    // net.ipv4.tcp_*: established
    public int Retries1 = 3;
    public int Retries2 = 15;
    public int OrphanRetries;
    public bool SlowStartAfterIdle = true;
    public int KeepAliveTime = 7200;
    public int KeepAliveInterval = 75;
    public int KeepAliveProbes = 9;
    public int PingPongThreshold = 1;
    public int MinSndMss = 48;
    public int RtoMinMicroseconds = 200_000;
    public int RtoMaxMilliseconds = 120_000;
    public int InvalidRateLimit = 500;
    public int ChallengeAckLimit = int.MaxValue;

    // net.ipv4.tcp_*: offload packets, pacing, unsent data; percent, and bytes
    public int MinTsoSegments = 2;
    public int TsoWindowDivisor = 3;
    public int TsoRttLog = 9;
    public int PacingSlowStartRatio = 200;
    public int PacingAvoidanceRatio = 120;
    public uint NotSentLowWater = uint.MaxValue;
    public int LimitOutputBytes = 4_194_304;
    public bool AutoCorking = true;

    // net.ipv4.tcp_reflect_tos: an accepted connection has the type of service of the peer's SYN.
    public bool ReflectTypeOfService;

    // net.ipv4.tcp_*: closing
    public int FinTimeout = 60;
    public bool Rfc1337;
    public int TimeWaitReuse = 2;
    public int TimeWaitReuseDelay = 1000;
    public int MaxTimeWaitBuckets = 131_072;
    public int MaxOrphans = 131_072;

    // net.ipv4.*: ports
    public int PortRangeFirst = 32_768, PortRangeLast = 60_999;
    public int DefaultTtl = 64;

    // sim.*; of a host's interfaces: 0 as each has it, otherwise 1 + ReceiveBufferLayout
    public int ReceiveBuffers;
    public int TimerHz;
    public int TimeWaitMilliseconds = 60_000;
    public int InitialWindowSegments = 10;
    public int InitialRtoMilliseconds = 1000;
    public int IsnTickNanoseconds = 64;
    public int ConnectTimeoutMilliseconds;
    public int DelayedAckMinMilliseconds = 40;
    public int DelayedAckMaxMilliseconds = 200;

    /// <summary>All names that are known, in alphabetical order; those of Linux that can't be changed yet too.</summary>
    public static IReadOnlyList<string> Names => _names ??= [.. Entries.Keys.Concat(AcceptedOnly.Keys).Concat(Texts.Keys).Order(StringComparer.Ordinal)];

    /// <summary>As <see cref="Set"/>, for whom it is enough that it was refused.</summary>
    public bool TrySet(string name, string value, out string? error) => Set(name, value, out error) is SysctlResult.Ok;

    /// <summary>Sets one from text, as sysctl -w does; <c>net.ipv4.</c> may be written with slashes too.</summary>
    /// <param name="name">For example <c>net.ipv4.tcp_syn_retries</c>.</param>
    /// <param name="value">Numbers, decimal or hexadecimal with 0x, several separated by blanks where the setting has several.</param>
    /// <param name="error">What was wrong and what would be right, on one line.</param>
    public SysctlResult Set(string name, string value, out string? error)
    {
        name = name.Replace('/', '.');
        if (!Entries.TryGetValue(name, out Entry? entry))
        {
            if (Texts.TryGetValue(name, out TextEntry? text))
            {
                return SetText(name, text, value, out error);
            }

            if (AcceptedOnly.TryGetValue(name, out Accepted? accepted))
            {
                return SetAccepted(name, accepted, value, out error);
            }

            error = $"unknown sysctl '{name}'";
            return SysctlResult.UnknownName;
        }

        string[] words = value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        Span<long> numbers = stackalloc long[entry.Count];
        if (words.Length != entry.Count)
        {
            error = $"{name} takes {entry.Count} number{(entry.Count == 1 ? "" : "s")}, not '{value}'";
            return SysctlResult.BadValue;
        }

        for (int i = 0; i < words.Length; i++)
        {
            if (!TryNumber(words[i], out numbers[i]) || numbers[i] < entry.Minimum || numbers[i] > entry.Maximum)
            {
                error = $"{name} takes {entry.Minimum} to {entry.Maximum}, not '{words[i]}'";
                return SysctlResult.BadValue;
            }
        }

        if (entry.Ascends && numbers[1] < numbers[0])
        {
            error = $"{name} takes the first and the last, not '{value}'";
            return SysctlResult.BadValue;
        }

        entry.Set(this, numbers);
        error = null;
        return SysctlResult.Ok;
    }

    /// <summary>The value as sysctl prints it.</summary>
    public bool TryGet(string name, out string value)
    {
        value = "";
        name = name.Replace('/', '.');
        if (Texts.TryGetValue(name, out TextEntry? text))
        {
            value = text.Get(this);
            return true;
        }

        if (!Entries.TryGetValue(name, out Entry? entry))
        {
            bool known = AcceptedOnly.TryGetValue(name, out Accepted? accepted);
            value = known ? GetAccepted(name, accepted!) : "";
            return known;
        }

        Span<long> numbers = stackalloc long[entry.Count];
        entry.Get(this, numbers);
        value = string.Join('\t', numbers.ToArray().Select(n => n.ToString(CultureInfo.InvariantCulture)));
        return true;
    }

    /// <summary>A copy to change without changing this one.</summary>
    public Sysctls Clone() => (Sysctls)MemberwiseClone();

    private static SortedList<string, Entry> BuildEntries()
    {
        SortedList<string, Entry> all = new(StringComparer.Ordinal);
        void Number(string name, int min, int max, Func<Sysctls, int> get, Action<Sysctls, int> set) =>
            all.Add(name, new Entry(1, min, max, (s, to) => to[0] = get(s), (s, from) => set(s, (int)from[0])));
        void Flag(string name, Func<Sysctls, bool> get, Action<Sysctls, bool> set) =>
            all.Add(name, new Entry(1, 0, 1, (s, to) => to[0] = get(s) ? 1 : 0, (s, from) => set(s, from[0] != 0)));

        Number("net.core.somaxconn", 0, 65_535, s => s.SoMaxConn, (s, v) => s.SoMaxConn = v);
        Number("net.core.rmem_max", 2304, int.MaxValue, s => s.RmemMax, (s, v) => s.RmemMax = v);
        Number("net.core.wmem_max", 4608, int.MaxValue, s => s.WmemMax, (s, v) => s.WmemMax = v);
        Number("net.core.optmem_max", 0, int.MaxValue, s => s.OptMemMax, (s, v) => s.OptMemMax = v);
        Number("net.core.rmem_default", 2304, int.MaxValue, s => s.CoreRmemDefault, (s, v) => s.CoreRmemDefault = v);
        Number("net.core.wmem_default", 4608, int.MaxValue, s => s.CoreWmemDefault, (s, v) => s.CoreWmemDefault = v);
        all.Add("net.ipv4.tcp_rmem", new Entry(3, 1, int.MaxValue,
            (s, to) => (to[0], to[1], to[2]) = (s.RmemMinimum, s.RmemDefault, s.RmemMaximum),
            (s, from) => (s.RmemMinimum, s.RmemDefault, s.RmemMaximum) = ((int)from[0], (int)from[1], (int)from[2])));
        all.Add("net.ipv4.tcp_wmem", new Entry(3, 1, int.MaxValue,
            (s, to) => (to[0], to[1], to[2]) = (s.WmemMinimum, s.WmemDefault, s.WmemMaximum),
            (s, from) => (s.WmemMinimum, s.WmemDefault, s.WmemMaximum) = ((int)from[0], (int)from[1], (int)from[2])));
        all.Add("net.ipv4.ip_local_port_range", new Entry(2, 1, 65_535,
            (s, to) => (to[0], to[1]) = (s.PortRangeFirst, s.PortRangeLast),
            (s, from) => (s.PortRangeFirst, s.PortRangeLast) = ((int)from[0], (int)from[1]), Ascends: true));
        Flag("net.ipv4.ip_autobind_reuse", s => s.AutobindReuse, (s, v) => s.AutobindReuse = v);
        Number("net.ipv4.ip_default_ttl", 1, 255, s => s.DefaultTtl, (s, v) => s.DefaultTtl = v);
        all.Add("net.ipv4.tcp_notsent_lowat", new Entry(
            1, 0, uint.MaxValue, (s, to) => to[0] = s.NotSentLowWater, (s, from) => s.NotSentLowWater = (uint)from[0]));
        all.Add("net.ipv4.tcp_mem", new Entry(3, 0, int.MaxValue,
            (s, to) => (to[0], to[1], to[2]) = (s.MemLow, s.MemPressure, s.MemHigh),
            (s, from) => (s.MemLow, s.MemPressure, s.MemHigh) = ((int)from[0], (int)from[1], (int)from[2])));
        all.Add("net.ipv4.tcp_comp_sack_delay_ns", new Entry(
            1, 0, long.MaxValue, (s, to) => to[0] = s.CompressedSackDelay, (s, from) => s.CompressedSackDelay = from[0]));
        all.Add("net.ipv4.tcp_comp_sack_slack_ns", new Entry(
            1, 0, long.MaxValue, (s, to) => to[0] = s.CompressedSackSlack, (s, from) => s.CompressedSackSlack = from[0]));
        AddTcp(Number, Flag);
        AddFastOpen(Number);
        AddIp(Number, Flag);
        AddIcmp(Number, Flag);
        AddCongestion(Number, Flag);
        AddRecovery(Number, Flag);
        Number("sim.tcp_timewait_ms", 0, int.MaxValue, s => s.TimeWaitMilliseconds, (s, v) => s.TimeWaitMilliseconds = v);
        Number("sim.timer_hz", 0, 1000, s => s.TimerHz, (s, v) => s.TimerHz = v);
        Number("sim.rx_buffers", 0, 2, s => s.ReceiveBuffers, (s, v) => s.ReceiveBuffers = v);
        Number("sim.tcp_init_cwnd", 1, 65_535, s => s.InitialWindowSegments, (s, v) => s.InitialWindowSegments = v);
        Number("sim.tcp_rto_initial_ms", 1, 120_000, s => s.InitialRtoMilliseconds, (s, v) => s.InitialRtoMilliseconds = v);
        Number("sim.tcp_isn_tick_ns", 1, 1_000_000, s => s.IsnTickNanoseconds, (s, v) => s.IsnTickNanoseconds = v);
        Number("sim.tcp_connect_timeout_ms", 0, int.MaxValue, s => s.ConnectTimeoutMilliseconds, (s, v) => s.ConnectTimeoutMilliseconds = v);
        Number("sim.tcp_delack_min_ms", 1, 500, s => s.DelayedAckMinMilliseconds, (s, v) => s.DelayedAckMinMilliseconds = v);
        Number("sim.tcp_delack_max_ms", 1, 500, s => s.DelayedAckMaxMilliseconds, (s, v) => s.DelayedAckMaxMilliseconds = v);
        return all;
    }

    private static void AddTcp(
        Action<string, int, int, Func<Sysctls, int>, Action<Sysctls, int>> number,
        Action<string, Func<Sysctls, bool>, Action<Sysctls, bool>> flag)
    {
        number(
            "net.ipv4.tcp_timestamps", 0, 2, s => !s.Timestamps ? 0 : s.TimestampOffsets ? 1 : 2,
            (s, v) => (s.Timestamps, s.TimestampOffsets) = (v != 0, v != 2));
        flag("net.ipv4.tcp_sack", s => s.Sack, (s, v) => s.Sack = v);
        flag("net.ipv4.tcp_dsack", s => s.Dsack, (s, v) => s.Dsack = v);
        flag("net.ipv4.tcp_window_scaling", s => s.WindowScaling, (s, v) => s.WindowScaling = v);
        number("net.ipv4.tcp_syn_retries", 1, 127, s => s.SynRetries, (s, v) => s.SynRetries = v);
        number("net.ipv4.tcp_synack_retries", 0, 255, s => s.SynAckRetries, (s, v) => s.SynAckRetries = v);
        number("net.ipv4.tcp_syn_linear_timeouts", 0, 127, s => s.SynLinearTimeouts, (s, v) => s.SynLinearTimeouts = v);
        number("net.ipv4.tcp_max_syn_backlog", 1, int.MaxValue, s => s.MaxSynBacklog, (s, v) => s.MaxSynBacklog = v);
        number("net.ipv4.tcp_syncookies", 0, 2, s => s.SynCookies, (s, v) => s.SynCookies = v);
        flag("net.ipv4.tcp_abort_on_overflow", s => s.AbortOnOverflow, (s, v) => s.AbortOnOverflow = v);
        flag("net.ipv4.tcp_migrate_req", s => s.MigrateRequests, (s, v) => s.MigrateRequests = v);
        // AccECN's 3 to 5, and the option's 3, are those of Linux 7.0: 6.18 has the code, and refuses them.
        number("net.ipv4.tcp_ecn", 0, 5, s => s.Ecn, (s, v) => s.Ecn = v);
        flag("net.ipv4.tcp_ecn_fallback", s => s.EcnFallback, (s, v) => s.EcnFallback = v);
        number("net.ipv4.tcp_ecn_option", 0, 3, s => s.EcnOption, (s, v) => s.EcnOption = v);
        number("net.ipv4.tcp_ecn_option_beacon", 0, 3, s => s.EcnOptionBeacon, (s, v) => s.EcnOptionBeacon = v);
        number("net.ipv4.tcp_retries1", 0, 255, s => s.Retries1, (s, v) => s.Retries1 = v);
        number("net.ipv4.tcp_retries2", 0, 255, s => s.Retries2, (s, v) => s.Retries2 = v);
        number("net.ipv4.tcp_orphan_retries", 0, 255, s => s.OrphanRetries, (s, v) => s.OrphanRetries = v);
        flag("net.ipv4.tcp_slow_start_after_idle", s => s.SlowStartAfterIdle, (s, v) => s.SlowStartAfterIdle = v);
        number("net.ipv4.tcp_keepalive_time", 1, 32_767, s => s.KeepAliveTime, (s, v) => s.KeepAliveTime = v);
        number("net.ipv4.tcp_keepalive_intvl", 1, 32_767, s => s.KeepAliveInterval, (s, v) => s.KeepAliveInterval = v);
        number("net.ipv4.tcp_keepalive_probes", 1, 255, s => s.KeepAliveProbes, (s, v) => s.KeepAliveProbes = v);
        number("net.ipv4.tcp_pingpong_thresh", 1, 255, s => s.PingPongThreshold, (s, v) => s.PingPongThreshold = v);
        number("net.ipv4.tcp_min_snd_mss", 48, 65_535, s => s.MinSndMss, (s, v) => s.MinSndMss = v);
        number("net.ipv4.tcp_rto_min_us", 1, 10_000_000, s => s.RtoMinMicroseconds, (s, v) => s.RtoMinMicroseconds = v);
        number("net.ipv4.tcp_rto_max_ms", 1000, 120_000, s => s.RtoMaxMilliseconds, (s, v) => s.RtoMaxMilliseconds = v);
        number("net.ipv4.tcp_invalid_ratelimit", 0, int.MaxValue, s => s.InvalidRateLimit, (s, v) => s.InvalidRateLimit = v);
        number("net.ipv4.tcp_challenge_ack_limit", 0, int.MaxValue, s => s.ChallengeAckLimit, (s, v) => s.ChallengeAckLimit = v);
        number("net.ipv4.tcp_min_tso_segs", 1, 255, s => s.MinTsoSegments, (s, v) => s.MinTsoSegments = v);
        number("net.ipv4.tcp_tso_win_divisor", 0, 255, s => s.TsoWindowDivisor, (s, v) => s.TsoWindowDivisor = v);
        number("net.ipv4.tcp_tso_rtt_log", 0, 255, s => s.TsoRttLog, (s, v) => s.TsoRttLog = v);
        number("net.ipv4.tcp_pacing_ss_ratio", 0, 1000, s => s.PacingSlowStartRatio, (s, v) => s.PacingSlowStartRatio = v);
        number("net.ipv4.tcp_pacing_ca_ratio", 0, 1000, s => s.PacingAvoidanceRatio, (s, v) => s.PacingAvoidanceRatio = v);
        AddMtuProbing(number);
        flag("net.ipv4.tcp_autocorking", s => s.AutoCorking, (s, v) => s.AutoCorking = v);
        number("net.ipv4.tcp_limit_output_bytes", 0, int.MaxValue, s => s.LimitOutputBytes, (s, v) => s.LimitOutputBytes = v);
        flag("net.ipv4.tcp_backlog_ack_defer", s => s.BacklogAckDefer, (s, v) => s.BacklogAckDefer = v);
        number("net.ipv4.tcp_comp_sack_nr", 0, 255, s => s.CompressedSackCount, (s, v) => s.CompressedSackCount = v);
        number("net.ipv4.tcp_comp_sack_rtt_percent", 1, 1000, s => s.CompressedSackRttPercent, (s, v) => s.CompressedSackRttPercent = v);
        number("net.ipv4.tcp_rcvbuf_low_rtt", 0, int.MaxValue, s => s.ReceiveBufferLowRtt, (s, v) => s.ReceiveBufferLowRtt = v);
        number("net.ipv4.tcp_app_win", 0, 31, s => s.AppWindow, (s, v) => s.AppWindow = v);
        flag("net.ipv4.tcp_moderate_rcvbuf", s => s.ModerateReceiveBuffer, (s, v) => s.ModerateReceiveBuffer = v);
        flag("net.ipv4.tcp_shrink_window", s => s.ShrinkWindow, (s, v) => s.ShrinkWindow = v);
        number("net.ipv4.tcp_fin_timeout", 0, 32_767, s => s.FinTimeout, (s, v) => s.FinTimeout = v);
        flag("net.ipv4.tcp_reflect_tos", s => s.ReflectTypeOfService, (s, v) => s.ReflectTypeOfService = v);
        flag("net.ipv4.tcp_rfc1337", s => s.Rfc1337, (s, v) => s.Rfc1337 = v);
        number("net.ipv4.tcp_tw_reuse", 0, 2, s => s.TimeWaitReuse, (s, v) => s.TimeWaitReuse = v);
        number("net.ipv4.tcp_tw_reuse_delay", 1, 60_000, s => s.TimeWaitReuseDelay, (s, v) => s.TimeWaitReuseDelay = v);
        number("net.ipv4.tcp_max_tw_buckets", 0, int.MaxValue, s => s.MaxTimeWaitBuckets, (s, v) => s.MaxTimeWaitBuckets = v);
        number("net.ipv4.tcp_max_orphans", 0, int.MaxValue, s => s.MaxOrphans, (s, v) => s.MaxOrphans = v);
    }

    private delegate void Getter(Sysctls sysctls, Span<long> to);

    private delegate void Setter(Sysctls sysctls, ReadOnlySpan<long> from);

    private sealed record Entry(int Count, long Minimum, long Maximum, Getter Get, Setter Set, bool Ascends = false);
}

using SimStack.Tcp.Congestion;

namespace SimStack.Profiles;

/// <summary>
/// Which congestion control connections have, and the algorithms' own settings by the names that Linux's command line has for them
/// (<c>tcp_cubic.hystart</c> is /sys/module/tcp_cubic/parameters/hystart).
/// </summary>
public sealed partial class Sysctls
{
    private static readonly SortedList<string, TextEntry> Texts = BuildTexts();

    /// <summary>net.ipv4.tcp_congestion_control: of sockets that have none of their own.</summary>
    public string CongestionControl = "cubic";

    // tcp_cubic.*: flags, 1/1024, segments, bits (1 trains, 2 delay), segments, microseconds
    public bool CubicFastConvergence = true;
    public bool CubicFriendliness = true;
    public bool CubicHystart = true;
    public int CubicBeta = 717;
    public int CubicInitialThreshold;
    public int CubicHystartDetect = 3;
    public int CubicHystartLowWindow = 16;
    public int CubicHystartAckDelta = 2000;

    // tcp_dctcp.*: alpha in 1/1024, and the power of two by which it follows; tcp_vegas.*: segments
    public int DctcpAlphaOnInit = 1024;
    public int DctcpShiftG = 4;
    public int VegasAlpha = 2;
    public int VegasBeta = 4;
    public int VegasGamma = 1;

    /// <summary>
    /// sim.tcp_cubic_rfc9438: CUBIC's window is never below what Reno's would be (RFC 9438 §4.3). Linux looks at that with an unchanged window
    /// only every thirty-second of a second, then goes after it, and never takes Reno's full pace: on short paths it is slower than Reno.
    /// </summary>
    public bool CubicByRfc;

    /// <summary>sim.tcp_hystart_plusplus: RFC 9406 in the first slow start of reno and cubic, in place of Linux's HyStart.</summary>
    public bool HystartPlusPlus;

    /// <summary>
    /// sim.tcp_abc: how many segments an ACK may add to the window in slow start, 1 by RFC 5681 §3.1, 2 by RFC 3465 §2.2; 0: as many as it
    /// acknowledges, as Linux.
    /// </summary>
    public int SlowStartLimit;

    // What tcp_allowed_congestion_control was set to.
    private string? _allowedCongestionControl;

    /// <summary>net.ipv4.tcp_allowed_congestion_control: what a user without privileges may choose; the default is always among them.</summary>
    public string AllowedCongestionControl =>
        CongestionAlgorithms.Ordered([.. (_allowedCongestionControl ?? CongestionAlgorithms.Unrestricted).Split(' '), CongestionControl]);

    /// <summary>Whether it is one of net.ipv4.tcp_available_congestion_control.</summary>
    public static bool IsCongestionControl(string name) => CongestionAlgorithms.IsKnown(name);

    private static void AddCongestion(
        Action<string, int, int, Func<Sysctls, int>, Action<Sysctls, int>> number,
        Action<string, Func<Sysctls, bool>, Action<Sysctls, bool>> flag)
    {
        flag("tcp_cubic.fast_convergence", s => s.CubicFastConvergence, (s, v) => s.CubicFastConvergence = v);
        flag("tcp_cubic.tcp_friendliness", s => s.CubicFriendliness, (s, v) => s.CubicFriendliness = v);
        flag("tcp_cubic.hystart", s => s.CubicHystart, (s, v) => s.CubicHystart = v);
        number("tcp_cubic.beta", 0, 1023, s => s.CubicBeta, (s, v) => s.CubicBeta = v);
        number("tcp_cubic.initial_ssthresh", 0, int.MaxValue, s => s.CubicInitialThreshold, (s, v) => s.CubicInitialThreshold = v);
        number("tcp_cubic.hystart_detect", 0, 3, s => s.CubicHystartDetect, (s, v) => s.CubicHystartDetect = v);
        number("tcp_cubic.hystart_low_window", 0, int.MaxValue, s => s.CubicHystartLowWindow, (s, v) => s.CubicHystartLowWindow = v);
        number("tcp_cubic.hystart_ack_delta_us", 0, int.MaxValue, s => s.CubicHystartAckDelta, (s, v) => s.CubicHystartAckDelta = v);
        number("tcp_dctcp.dctcp_alpha_on_init", 0, int.MaxValue, s => s.DctcpAlphaOnInit, (s, v) => s.DctcpAlphaOnInit = v);
        number("tcp_dctcp.dctcp_shift_g", 0, 10, s => s.DctcpShiftG, (s, v) => s.DctcpShiftG = v);
        number("tcp_vegas.alpha", 0, 65_535, s => s.VegasAlpha, (s, v) => s.VegasAlpha = v);
        number("tcp_vegas.beta", 0, 65_535, s => s.VegasBeta, (s, v) => s.VegasBeta = v);
        number("tcp_vegas.gamma", 0, 65_535, s => s.VegasGamma, (s, v) => s.VegasGamma = v);
        flag("sim.tcp_cubic_rfc9438", s => s.CubicByRfc, (s, v) => s.CubicByRfc = v);
        number("sim.tcp_abc", 0, 2, s => s.SlowStartLimit, (s, v) => s.SlowStartLimit = v);
        flag("sim.tcp_hystart_plusplus", s => s.HystartPlusPlus, (s, v) => s.HystartPlusPlus = v);
    }

    private static SortedList<string, TextEntry> BuildTexts() => new(StringComparer.Ordinal)
    {
        [ReservedPortsName] = new(s => s._reservedPortsText, SetReservedPorts),
        ["net.ipv4.tcp_congestion_control"] = new(s => s.CongestionControl, (s, text) =>
        {
            if (!CongestionAlgorithms.IsKnown(text))
            {
                return $"net.ipv4.tcp_congestion_control takes one of {CongestionAlgorithms.Available}, not '{text}'";
            }

            // Whoever was the default stays allowed (Linux: tcp_set_default_congestion_control).
            s._allowedCongestionControl = s.AllowedCongestionControl;
            s.CongestionControl = text;
            return null;
        }),
        ["net.ipv4.tcp_allowed_congestion_control"] = new(s => s.AllowedCongestionControl, (s, text) =>
        {
            string[] names = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!names.All(CongestionAlgorithms.IsKnown))
            {
                return $"net.ipv4.tcp_allowed_congestion_control takes some of {CongestionAlgorithms.Available}, not '{text}'";
            }

            s._allowedCongestionControl = string.Join(' ', names);
            return null;
        }),
        ["net.ipv4.tcp_available_congestion_control"] = new(_ => CongestionAlgorithms.Available, null),
        [FastOpenKeyName] = new(s => s.FastOpenKeys?.ToString() ?? NoFastOpenKey, SetFastOpenKeys),
    };

    private SysctlResult SetText(string name, TextEntry entry, string value, out string? error)
    {
        error = entry.Set is null ? $"{name} can only be read" : entry.Set(this, value.Trim());
        return error is null ? SysctlResult.Ok : SysctlResult.BadValue;
    }

    /// <summary>One whose value is no number; setting it tells what is wrong with a text, null for nothing.</summary>
    private sealed record TextEntry(Func<Sysctls, string> Get, Func<Sysctls, string, string?>? Set);
}

using Scenarios.Bench;

namespace Scenarios.Fidelity;

/// <summary>Settings of both kinds of hosts: those in which machines differ, or that make one run depend on another.</summary>
internal static class HostSettings
{
    /// <summary>Of every socket: a namespace's default must not be every algorithm, a socket's may (tcp_set_default_congestion_control).</summary>
    public const string CongestionControl = "cubic";

    /// <summary>By their sysctl names.</summary>
    public static readonly SysctlSetting[] Sysctls =
    [
        new("net.ipv4.tcp_no_metrics_save", "1"),
        new("net.ipv4.tcp_rmem", "4096 131072 6291456"),
        new("net.ipv4.tcp_wmem", "4096 16384 4194304"),
        new("net.ipv4.tcp_moderate_rcvbuf", "1"),
        new("net.ipv4.tcp_window_scaling", "1"),
        new("net.ipv4.tcp_timestamps", "1"),
        new("net.ipv4.tcp_sack", "1"),
        new("net.ipv4.tcp_ecn", "2"),
        new("net.ipv4.tcp_recovery", "1"),
        new("net.ipv4.tcp_early_retrans", "3"),
        new("net.ipv4.tcp_frto", "2"),
    ];
}

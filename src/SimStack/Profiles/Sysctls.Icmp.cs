namespace SimStack.Profiles;

/// <summary>net.ipv4.icmp_* and net.ipv6.icmp.*, with the defaults of Linux 6.18.</summary>
public sealed partial class Sysctls
{
    public bool IcmpEchoIgnoreAll;
    public bool IcmpEchoIgnoreBroadcasts = true;
    public int IcmpRateLimit = 1000;
    public int IcmpRateMask = 6168;
    public int IcmpMessagesPerSecond = 1000;
    public int IcmpMessagesBurst = 50;
    public bool Icmp6EchoIgnoreAll;
    public int Icmp6RateLimit = 100;

    private static void AddIcmp(
        Action<string, int, int, Func<Sysctls, int>, Action<Sysctls, int>> number,
        Action<string, Func<Sysctls, bool>, Action<Sysctls, bool>> flag)
    {
        flag("net.ipv4.icmp_echo_ignore_all", s => s.IcmpEchoIgnoreAll, (s, v) => s.IcmpEchoIgnoreAll = v);
        flag("net.ipv4.icmp_echo_ignore_broadcasts", s => s.IcmpEchoIgnoreBroadcasts, (s, v) => s.IcmpEchoIgnoreBroadcasts = v);
        number("net.ipv4.icmp_ratelimit", 0, int.MaxValue, s => s.IcmpRateLimit, (s, v) => s.IcmpRateLimit = v);
        number("net.ipv4.icmp_ratemask", 0, int.MaxValue, s => s.IcmpRateMask, (s, v) => s.IcmpRateMask = v);
        number(
            "net.ipv4.icmp_msgs_per_sec", 0, int.MaxValue, s => s.IcmpMessagesPerSecond, (s, v) => s.IcmpMessagesPerSecond = v);
        number("net.ipv4.icmp_msgs_burst", 0, int.MaxValue, s => s.IcmpMessagesBurst, (s, v) => s.IcmpMessagesBurst = v);
        flag("net.ipv6.icmp.echo_ignore_all", s => s.Icmp6EchoIgnoreAll, (s, v) => s.Icmp6EchoIgnoreAll = v);
        number("net.ipv6.icmp.ratelimit", 0, int.MaxValue, s => s.Icmp6RateLimit, (s, v) => s.Icmp6RateLimit = v);
    }
}

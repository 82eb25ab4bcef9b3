namespace SimStack.Profiles;

/// <summary>Settings of IP itself: forwarding, reassembly, path MTU. Interfaces have no settings of their own: "all" holds for each.</summary>
public sealed partial class Sysctls
{
    // net.ipv4, net.ipv6.conf.all: forwarding
    public bool IpForward;
    public bool Ip6Forwarding;
    public int ReversePathFilter;
    public bool SendRedirects = true;
    public bool AcceptRedirects = true;
    public bool AcceptSourceRoute;

    // net.ipv4.ipfrag_*, net.ipv6.ip6frag_*: seconds, bytes, fragments of the same source
    public int IpFragTime = 30;
    public int IpFragHighThreshold = 4 << 20;
    public int IpFragMaxDistance = 64;
    public int Ip6FragTime = 60;
    public int Ip6FragHighThreshold = 4 << 20;

    // net.ipv4.ip_no_pmtu_disc, net.ipv*.route.*: path MTU; seconds, bytes
    public int NoPathMtuDiscovery;
    public int PathMtuExpires = 600;
    public int MinPathMtu = 552;
    public int Path6MtuExpires = 600;

    /// <summary>
    /// net.ipv6.auto_flowlabels: the flow label of TCP's packets is a hash of the connection. 0: never; 1: unless IPV6_AUTOFLOWLABEL says no;
    /// 2: where it says yes; 3: always.
    /// </summary>
    public int AutoFlowLabels = 1;

    private static void AddIp(
        Action<string, int, int, Func<Sysctls, int>, Action<Sysctls, int>> number,
        Action<string, Func<Sysctls, bool>, Action<Sysctls, bool>> flag)
    {
        flag("net.ipv4.ip_forward", s => s.IpForward, (s, v) => s.IpForward = v);
        flag("net.ipv4.conf.all.forwarding", s => s.IpForward, (s, v) => s.IpForward = v);
        flag("net.ipv6.conf.all.forwarding", s => s.Ip6Forwarding, (s, v) => s.Ip6Forwarding = v);
        number("net.ipv4.conf.all.rp_filter", 0, 2, s => s.ReversePathFilter, (s, v) => s.ReversePathFilter = v);
        flag("net.ipv4.conf.all.send_redirects", s => s.SendRedirects, (s, v) => s.SendRedirects = v);
        flag("net.ipv4.conf.all.accept_redirects", s => s.AcceptRedirects, (s, v) => s.AcceptRedirects = v);
        flag("net.ipv4.conf.all.accept_source_route", s => s.AcceptSourceRoute, (s, v) => s.AcceptSourceRoute = v);
        number("net.ipv4.ipfrag_time", 1, 3600, s => s.IpFragTime, (s, v) => s.IpFragTime = v);
        number("net.ipv4.ipfrag_high_thresh", 0, 1 << 30, s => s.IpFragHighThreshold, (s, v) => s.IpFragHighThreshold = v);
        number("net.ipv4.ipfrag_max_dist", 0, int.MaxValue, s => s.IpFragMaxDistance, (s, v) => s.IpFragMaxDistance = v);
        number("net.ipv6.ip6frag_time", 1, 3600, s => s.Ip6FragTime, (s, v) => s.Ip6FragTime = v);
        number("net.ipv6.ip6frag_high_thresh", 0, 1 << 30, s => s.Ip6FragHighThreshold, (s, v) => s.Ip6FragHighThreshold = v);
        number("net.ipv4.ip_no_pmtu_disc", 0, 3, s => s.NoPathMtuDiscovery, (s, v) => s.NoPathMtuDiscovery = v);
        number("net.ipv4.route.mtu_expires", 1, 1_000_000, s => s.PathMtuExpires, (s, v) => s.PathMtuExpires = v);
        number("net.ipv4.route.min_pmtu", 68, 65_535, s => s.MinPathMtu, (s, v) => s.MinPathMtu = v);
        number("net.ipv6.auto_flowlabels", 0, 3, s => s.AutoFlowLabels, (s, v) => s.AutoFlowLabels = v);
        number("net.ipv6.route.mtu_expires", 1, 1_000_000, s => s.Path6MtuExpires, (s, v) => s.Path6MtuExpires = v);
    }
}

namespace SimStack.Tcp.Congestion;

/// <summary>The algorithms by Linux's names (tcp_cong.c).</summary>
internal static class CongestionAlgorithms
{
    /// <summary>Linux: TCP_CA_NAME_MAX, with the zero behind it.</summary>
    public const int LongestName = 15;

    // In the order in which a kernel with all of them built in registers them; what it does not have comes last. Those that may be starved, or
    // starve others, are for privileged users (TCP_CONG_NON_RESTRICTED).
    private static readonly (string Name, bool Restricted, Func<CongestionControl> Create)[] All =
    [
        ("reno", false, static () => new Reno()),
        ("bbr", false, static () => new Bbr()),
        ("cubic", true, static () => new Cubic()),
        ("dctcp", true, static () => new Dctcp()),
        ("vegas", true, static () => new Vegas()),
        ("bbr3", true, static () => new Bbr3()),
    ];

    /// <summary>Of tcp_available_congestion_control.</summary>
    public static string Available { get; } = string.Join(' ', All.Select(one => one.Name));

    /// <summary>Of tcp_allowed_congestion_control, before a default is chosen or anybody changed it.</summary>
    public static string Unrestricted { get; } = string.Join(' ', All.Where(one => !one.Restricted).Select(one => one.Name));

    public static bool IsKnown(string name) => Find(name) >= 0;

    /// <summary>The names among those of a list, in the order of registration.</summary>
    public static string Ordered(IEnumerable<string> names) =>
        string.Join(' ', All.Select(one => one.Name).Where(name => names.Contains(name, StringComparer.Ordinal)));

    /// <summary>A new one for a connection.</summary>
    /// <param name="name">One that is known; reno stands in for any other.</param>
    public static CongestionControl Create(string name) => All[Math.Max(0, Find(name))].Create();

    /// <summary>SYN and data are sent as ECN-capable whatever net.ipv4.tcp_ecn says (TCP_CONG_NEEDS_ECN).</summary>
    public static bool NeedsEcn(string name) => name == "dctcp";

    private static int Find(string name)
    {
        for (int i = 0; i < All.Length; i++)
        {
            if (All[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }
}

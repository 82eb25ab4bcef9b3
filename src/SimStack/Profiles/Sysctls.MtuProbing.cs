namespace SimStack.Profiles;

/// <summary>net.ipv4.tcp_mtu_probing and what belongs to it: packetization layer path MTU discovery (RFC 4821), by Linux's names.</summary>
public sealed partial class Sysctls
{
    /// <summary>0: never; 1: once the path seems to swallow long segments; 2: always.</summary>
    public int MtuProbing;

    // Bytes of data, options included; seconds; bytes of search range.
    public int BaseMss = 1024;
    public int MtuProbeFloor = 48;
    public int ProbeInterval = 600;
    public int ProbeThreshold = 8;

    private static void AddMtuProbing(Action<string, int, int, Func<Sysctls, int>, Action<Sysctls, int>> number)
    {
        number("net.ipv4.tcp_mtu_probing", 0, 255, s => s.MtuProbing, (s, v) => s.MtuProbing = v);
        number("net.ipv4.tcp_base_mss", 0, 65_535, s => s.BaseMss, (s, v) => s.BaseMss = v);
        number("net.ipv4.tcp_mtu_probe_floor", 48, 65_535, s => s.MtuProbeFloor, (s, v) => s.MtuProbeFloor = v);
        number("net.ipv4.tcp_probe_interval", 0, int.MaxValue, s => s.ProbeInterval, (s, v) => s.ProbeInterval = v);
        number("net.ipv4.tcp_probe_threshold", 0, 65_535, s => s.ProbeThreshold, (s, v) => s.ProbeThreshold = v);
    }
}

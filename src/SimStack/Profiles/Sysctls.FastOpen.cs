using SimStack.Tcp.FastOpen;

namespace SimStack.Profiles;

/// <summary>net.ipv4.tcp_fastopen*, with the defaults of Linux 6.18.</summary>
public sealed partial class Sysctls
{
    /// <summary>Bits of net.ipv4.tcp_fastopen (Documentation/networking/ip-sysctl.rst).</summary>
    internal const int FastOpenClient = 1, FastOpenServer = 2, FastOpenClientNoCookie = 4, FastOpenServerNoCookie = 0x200, FastOpenAllListeners = 0x400;

    private const string FastOpenKeyName = "net.ipv4.tcp_fastopen_key";
    private const string NoFastOpenKey = "00000000-00000000-00000000-00000000";

    public int FastOpen = FastOpenClient;
    public int FastOpenBlackholeTimeout;

    /// <summary>Null until one was set, or the host drew one.</summary>
    internal FastOpenKeys? FastOpenKeys { get; set; }

    /// <summary>Counts how often the timeout was written: each time pauses are forgotten (Linux: proc_tfo_blackhole_detect_timeout).</summary>
    internal int FastOpenBlackholeWrites { get; private set; }

    private static void AddFastOpen(Action<string, int, int, Func<Sysctls, int>, Action<Sysctls, int>> number)
    {
        number("net.ipv4.tcp_fastopen", int.MinValue, int.MaxValue, s => s.FastOpen, (s, v) => s.FastOpen = v);
        number(
            "net.ipv4.tcp_fastopen_blackhole_timeout_sec", 0, int.MaxValue, s => s.FastOpenBlackholeTimeout,
            (s, v) =>
            {
                s.FastOpenBlackholeTimeout = v;
                s.FastOpenBlackholeWrites++;
            });
    }

    /// <summary>Null, or what is wrong with the text.</summary>
    private static string? SetFastOpenKeys(Sysctls sysctls, string text)
    {
        if (Tcp.FastOpen.FastOpenKeys.Parse(text) is not { } keys)
        {
            return $"{FastOpenKeyName} takes one or two keys such as 0a1b2c3d-4e5f6071-8293a4b5-c6d7e8f9, separated by a comma, not '{text}'";
        }

        sysctls.FastOpenKeys = keys;
        return null;
    }
}

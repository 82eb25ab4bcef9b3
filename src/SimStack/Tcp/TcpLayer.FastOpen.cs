using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Tcp.FastOpen;
using SimStack.Tcp.Metrics;

namespace SimStack.Tcp;

/// <summary>Fast Open of the whole host: the server's keys, the client's cookies, and the pause after a black hole (RFC 7413).</summary>
internal sealed partial class TcpLayer
{
    // The pause doubles with every black hole, up to this power of two.
    private const int LongestPause = 6;

    private Instant _blackholeAt;
    private int _blackholes;
    private int _blackholeWrites;

    public DestinationCache Destinations { get; } = new();

    /// <summary>The host's keys; drawn when somebody first wants Fast Open and none was set (tcp_fastopen_init_key_once).</summary>
    public FastOpenKeys DrawFastOpenKeys() => Sysctls.FastOpenKeys ??= new FastOpenKeys(
        new FastOpenKey(_secret.Compute(0xFA57, 1), _secret.Compute(0xFA57, 2)));

    /// <summary>Whether cookies are done without: by sysctl, by socket or by route.</summary>
    /// <param name="bit">The bit of net.ipv4.tcp_fastopen for this side.</param>
    /// <param name="bySocket">TCP_FASTOPEN_NO_COOKIE.</param>
    /// <param name="path">The way to the peer.</param>
    public bool NeedsNoCookie(int bit, bool bySocket, IpPath? path) =>
        (Sysctls.FastOpen & bit) != 0 || bySocket || path?.Route is { FastOpenNoCookie: true };

    /// <summary>
    /// A middlebox seems to swallow what follows a Fast Open: no connection of this host uses it for a while (tcp_fastopen_active_disable;
    /// RFC 7413 §4.1.3.1 asks for it by path, Linux does it for all).
    /// </summary>
    public void PauseFastOpen(Instant now)
    {
        if (Sysctls.FastOpenBlackholeTimeout == 0)
        {
            return;
        }

        ForgetPausesOnWrite();
        _blackholeAt = now;
        _blackholes++;
        Counters[SnmpCounter.TcpExtTCPFastOpenBlackhole]++;
    }

    /// <summary>Whether connections do without Fast Open now (tcp_fastopen_active_should_disable).</summary>
    /// <param name="now">The instant.</param>
    /// <param name="proves">There was a pause and it is over: data on the next connection shows that the way is free.</param>
    public bool IsFastOpenPaused(Instant now, out bool proves)
    {
        proves = false;
        ForgetPausesOnWrite();
        if (Sysctls.FastOpenBlackholeTimeout == 0 || _blackholes == 0)
        {
            return false;
        }

        Duration pause = Duration.FromSeconds((long)Sysctls.FastOpenBlackholeTimeout << Math.Min(_blackholes - 1, LongestPause));
        bool paused = now < _blackholeAt + pause;
        proves = !paused;
        return paused;
    }

    /// <summary>Data came through on a Fast Open: the next pause is a short one again.</summary>
    public void EndFastOpenPauses() => _blackholes = 0;

    /// <summary>There was a pause that nothing has disproved yet.</summary>
    public bool HadFastOpenPause => _blackholes > 0;

    private void ForgetPausesOnWrite()
    {
        if (_blackholeWrites != Sysctls.FastOpenBlackholeWrites)
        {
            _blackholeWrites = Sysctls.FastOpenBlackholeWrites;
            _blackholes = 0;
        }
    }
}

using System.Collections.Frozen;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>
/// A socket option of a TCP socket that on this machine has nothing to act on: no filters, no multicast, no security modules, one device that is
/// never polled. Linux takes it, tells it again or refuses it all the same (sk_setsockopt, do_ip_setsockopt, do_tcp_setsockopt of Linux 6.18).
/// </summary>
/// <param name="Default">What getsockopt tells before it is set; null: nothing, it fails with <see cref="GetError"/>.</param>
internal sealed record InertOption(int? Default)
{
    private static readonly FrozenDictionary<string, InertOption> ByName = Build().ToFrozenDictionary(o => o.Name, o => o.Option, StringComparer.Ordinal);

    /// <summary>Why it can't be read.</summary>
    public int GetError { get; private init; } = (int)Errno.ENOPROTOOPT;

    /// <summary>What may be set; anything, unless it says less.</summary>
    public (int Least, int Most) Range { get; private init; } = (int.MinValue, int.MaxValue);

    /// <summary>Why no value is taken, or one that is out of range.</summary>
    public int SetError { get; private init; }

    /// <summary>Every number but 0 is 1.</summary>
    public bool IsFlag { get; private init; }

    /// <summary>Bytes that the call must give at least; with fewer it fails with EINVAL before anything else.</summary>
    public int LeastLength { get; private init; } = sizeof(int);

    /// <summary>The option of that name; null where it is none of these.</summary>
    public static InertOption? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>What setsockopt with that number makes of it.</summary>
    /// <returns>0 and the number to keep, or an errno.</returns>
    public int TrySet(int value, int length, out int kept)
    {
        kept = IsFlag && value != 0 ? 1 : value;
        return length < LeastLength ? LinuxErrno.EINVAL
            : SetError != 0 && Range.Least > Range.Most ? SetError
            : value < Range.Least || value > Range.Most ? SetError == 0 ? LinuxErrno.EINVAL : SetError
            : 0;
    }

    private static IEnumerable<(string Name, InertOption Option)> Build()
    {
        string[] flags = ["SO_NOFCS", "SO_PREFER_BUSY_POLL", "SO_RCVMARK", "SO_RXQ_OVFL", "SO_SELECT_ERR_QUEUE", "SO_WIFI_STATUS", "IPV6_FLOWINFO_SEND"];
        string[] shortFlags = ["IP_CHECKSUM", "IP_ORIGDSTADDR", "IP_RECVORIGDSTADDR", "IP_PASSSEC", "IPV6_DONTFRAG", "IPV6_RECVFRAGSIZE"];
        foreach (string name in flags)
        {
            yield return (name, new InertOption(0) { IsFlag = true });
        }

        foreach (string name in shortFlags)
        {
            yield return (name, new InertOption(0) { IsFlag = true, LeastLength = 0 });
        }

        yield return ("IP_MULTICAST_LOOP", new InertOption(1) { IsFlag = true, LeastLength = 0 });
        yield return ("IPV6_MULTICAST_LOOP", new InertOption(1) { Range = (0, 1) });
        yield return ("IP_RECVERR_RFC4884", new InertOption(0) { Range = (0, 1), LeastLength = 0 });
        yield return ("IP_UNICAST_IF", new InertOption(0) { Range = (0, 0), SetError = (int)Errno.EADDRNOTAVAIL });
        yield return ("IPV6_UNICAST_IF", new InertOption(0) { Range = (0, 0), SetError = (int)Errno.EADDRNOTAVAIL });
        yield return ("SO_BUSY_POLL", new InertOption(0) { Range = (0, int.MaxValue) });
        yield return ("SO_BUSY_POLL_BUDGET", new InertOption((int?)null) { Range = (0, ushort.MaxValue) });
        yield return ("SO_CNX_ADVICE", new InertOption((int?)null));
        foreach ((string name, int? told, int refusal) in Refused)
        {
            bool looksAtLength = !name.StartsWith("IP_", StringComparison.Ordinal);
            yield return (name, new InertOption(told)
            {
                Range = (1, 0),
                SetError = refusal,
                GetError = name is "SO_PEERGROUPS" or "SO_PEERPIDFD" ? LinuxErrno.ENODATA
                    : name is "SO_PASSCRED" or "SO_PASSSEC" or "SO_PASSPIDFD" ? (int)Errno.EOPNOTSUPP
                    : name is "TCP_ZEROCOPY_RECEIVE" ? LinuxErrno.EINVAL
                    : (int)Errno.ENOPROTOOPT,
                LeastLength = looksAtLength ? sizeof(int) : 0,
            });
        }
    }

    // Those that can't be set: what is told, and why.
    private static (string Name, int? Told, int Refusal)[] Refused =>
    [
        ("IP_HDRINCL", 0, (int)Errno.ENOPROTOOPT), ("IP_NODEFRAG", 0, (int)Errno.ENOPROTOOPT), ("IP_MULTICAST_IF", 0, LinuxErrno.EINVAL),
        ("IP_MULTICAST_TTL", 1, LinuxErrno.EINVAL), ("IP_RECVFRAGSIZE", 0, LinuxErrno.EINVAL), ("IP_ROUTER_ALERT", 0, LinuxErrno.EINVAL),
        ("IP_ADD_MEMBERSHIP", null, (int)Errno.EPROTO), ("IP_DROP_MEMBERSHIP", null, (int)Errno.EPROTO),
        ("IP_IPSEC_POLICY", null, (int)Errno.EOPNOTSUPP), ("IPV6_MULTICAST_HOPS", 1, (int)Errno.ENOPROTOOPT),
        ("IPV6_MULTICAST_IF", 0, (int)Errno.ENOPROTOOPT), ("SO_BPF_EXTENSIONS", 64, (int)Errno.ENOPROTOOPT),
        ("SO_MEMINFO", null, (int)Errno.ENOPROTOOPT), ("SO_PEERGROUPS", null, (int)Errno.ENOPROTOOPT),
        ("SO_PEERPIDFD", null, (int)Errno.ENOPROTOOPT), ("SO_PEERSEC", null, (int)Errno.ENOPROTOOPT),
        ("SO_DETACH_FILTER", null, LinuxErrno.ENOENT), ("SO_DETACH_REUSEPORT_BPF", null, LinuxErrno.EINVAL),
        ("SO_SECURITY_AUTHENTICATION", null, (int)Errno.ENOPROTOOPT), ("SO_SECURITY_ENCRYPTION_NETWORK", null, (int)Errno.ENOPROTOOPT),
        ("SO_SECURITY_ENCRYPTION_TRANSPORT", null, (int)Errno.ENOPROTOOPT), ("SO_PASSCRED", null, (int)Errno.EOPNOTSUPP),
        ("SO_PASSSEC", null, (int)Errno.EOPNOTSUPP), ("SO_PASSPIDFD", null, (int)Errno.EOPNOTSUPP),
        ("TCP_IS_MPTCP", 0, (int)Errno.ENOPROTOOPT), ("TCP_ZEROCOPY_RECEIVE", null, (int)Errno.ENOPROTOOPT),
    ];
}

using SimStack.Ip;
using SimStack.Profiles;

namespace SimNet.Scripting.Packetdrill;

/// <summary>How a packetdrill script is run. What a script says of itself (<c>--tolerance_usecs=…</c>) wins.</summary>
public sealed record PacketdrillOptions
{
    /// <summary>The system that the machine under test behaves as; <see cref="Profile.Linux"/> unless set.</summary>
    public Profile Profile { get; init; } = Profile.Linux;

    /// <summary>Sockets and packets; <see cref="PacketdrillIpVersion.Ipv4"/> unless set.</summary>
    public PacketdrillIpVersion IpVersion { get; init; }

    /// <summary>How far from its time an event may be: 4 ms, or <see cref="TolerancePercent"/> where that is more.</summary>
    public Duration Tolerance { get; init; } = Duration.FromMilliseconds(4);

    /// <summary>The same in percent of the time since the event before: 12.5.</summary>
    public double TolerancePercent { get; init; } = 12.5;

    /// <summary>The machine's address; null: 192.168.0.1/16, or fd3d:0a0b:17d6::1/48 for IPv6.</summary>
    public IpAddress? Local { get; init; }

    /// <summary>The peer's address; null: 192.0.2.1, or fd3d:fa7b:d17d::1 for IPv6.</summary>
    public IpAddress? Remote { get; init; }

    /// <summary>
    /// Values for names in scripts, as <c>-D NAME=value</c> gives them, beside and before those of
    /// <see cref="DefaultMacros(PacketdrillIpVersion)"/>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Macros { get; init; } = new Dictionary<string, string>();

    /// <summary>Seed of what a host draws at random: initial sequence numbers, ports. No script may depend on it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// What the suite's own runner defines for every script: the Fast Open cookie of the suite's key, an ICMP code, control messages. An IPv6 socket
    /// gives IPv6's control messages whatever its packets are (Linux: inet_recv_error).
    /// </summary>
    public static IReadOnlyDictionary<string, string> DefaultMacros(PacketdrillIpVersion version) => new Dictionary<string, string>
    {
        ["TFO_COOKIE"] = version is PacketdrillIpVersion.Ipv6 ? "c1d1e9742a47a9bc" : "3021b9d889017eeb",
        ["TFO_COOKIE_ZERO"] = version is PacketdrillIpVersion.Ipv6 ? "82af1a8f9a205c34" : "b7c12350a90dc8f5",
        ["CODE"] = version is PacketdrillIpVersion.Ipv6 ? "address_unreachable" : "host_unreachable",
        ["CMSG_LEVEL_IP"] = version is PacketdrillIpVersion.Ipv4 ? "SOL_IP" : "SOL_IPV6",
        ["CMSG_TYPE_RECVERR"] = version is PacketdrillIpVersion.Ipv4 ? "IP_RECVERR" : "IPV6_RECVERR",
    };
}

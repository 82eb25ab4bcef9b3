using SimNet.Scripting.Packetdrill;

namespace Scenarios.Testing;

/// <summary>What the command line and reports call the IP versions.</summary>
internal static class IpVersionNames
{
    /// <summary>All, in the order in which they are run.</summary>
    public static readonly IReadOnlyList<PacketdrillIpVersion> All =
        [PacketdrillIpVersion.Ipv4, PacketdrillIpVersion.Ipv4MappedIpv6, PacketdrillIpVersion.Ipv6];

    /// <summary><c>ipv4</c></summary>
    public static string Of(PacketdrillIpVersion version) => version switch
    {
        PacketdrillIpVersion.Ipv4 => "ipv4",
        PacketdrillIpVersion.Ipv4MappedIpv6 => "ipv4-mapped-ipv6",
        _ => "ipv6",
    };

    /// <summary>The versions that a word of the command line means; <c>all</c> is every one.</summary>
    public static bool TryParse(string word, out IReadOnlyList<PacketdrillIpVersion> versions)
    {
        versions = word == "all" ? All : [.. All.Where(v => Of(v) == word)];
        return versions.Count > 0;
    }
}

using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>What the language calls the types and codes of ICMP (RFC 792, RFC 1812) and ICMPv6 (RFC 4443).</summary>
internal static class IcmpNames
{
    private static readonly Dictionary<string, byte> V4Types = new(StringComparer.Ordinal)
    {
        ["echo_reply"] = 0,
        ["unreachable"] = 3,
        ["source_quench"] = 4,
        ["redirect"] = 5,
        ["echo_request"] = 8,
        ["time_exceeded"] = 11,
        ["parameter_problem"] = 12,
        ["timestamp_request"] = 13,
        ["timestamp_reply"] = 14,
        ["information_request"] = 15,
        ["information_reply"] = 16,
        ["address_mask_request"] = 17,
        ["address_mask_reply"] = 18,
    };

    private static readonly Dictionary<string, byte> V6Types = new(StringComparer.Ordinal)
    {
        ["unreachable"] = 1,
        ["packet_too_big"] = 2,
        ["time_exceeded"] = 3,
        ["parameter_problem"] = 4,
        ["echo_request"] = 128,
        ["echo_reply"] = 129,
    };

    private static readonly Dictionary<string, byte> V4Unreachable = new(StringComparer.Ordinal)
    {
        ["net_unreachable"] = 0,
        ["host_unreachable"] = 1,
        ["protocol_unreachable"] = 2,
        ["port_unreachable"] = 3,
        ["frag_needed"] = 4,
        ["source_route_failed"] = 5,
        ["net_unknown"] = 6,
        ["host_unknown"] = 7,
        ["source_host_isolated"] = 8,
        ["net_prohibited"] = 9,
        ["host_prohibited"] = 10,
        ["net_unreachable_for_tos"] = 11,
        ["host_unreachable_for_tos"] = 12,
        ["packet_filtered"] = 13,
        ["precedence_violation"] = 14,
        ["precedence_cutoff"] = 15,
    };

    private static readonly Dictionary<string, byte> V6Unreachable = new(StringComparer.Ordinal)
    {
        ["net_unreachable"] = 0,
        ["no_route"] = 0,
        ["admin_prohibited"] = 1,
        ["not_neighbour"] = 2,
        ["address_unreachable"] = 3,
        ["port_unreachable"] = 4,
    };

    private static readonly Dictionary<string, byte> V6TimeExceeded = new(StringComparer.Ordinal)
    {
        ["exceeded_hop_limit"] = 0,
        ["exceeded_frag_time"] = 1,
    };

    private static readonly Dictionary<string, byte> V6ParameterProblem = new(StringComparer.Ordinal)
    {
        ["header_field"] = 0,
        ["unknown_next_header"] = 1,
        ["unknown_option"] = 2,
    };

    private static readonly Dictionary<string, byte> None = [];

    /// <summary>The type's number, from its name or <c>type_N</c>; false where this version of ICMP has none of this name.</summary>
    public static bool TryGetType(string name, bool isV6, out byte type) =>
        (isV6 ? V6Types : V4Types).TryGetValue(name, out type) || TryGetNumber(name, "type_", out type);

    /// <summary>The code's number, from its name or <c>code_N</c>; false where this type has none of this name.</summary>
    public static bool TryGetCode(string typeName, string codeName, bool isV6, out byte code) =>
        Codes(typeName, isV6).TryGetValue(codeName, out code) || TryGetNumber(codeName, "code_", out code);

    /// <summary>Every name of a type, of either version.</summary>
    public static IEnumerable<string> TypeNames => V4Types.Keys.Union(V6Types.Keys);

    /// <summary>Every name that a type's codes have, of either version.</summary>
    public static IEnumerable<string> CodeNames(string typeName) => Codes(typeName, isV6: false).Keys.Union(Codes(typeName, isV6: true).Keys);

    private static Dictionary<string, byte> Codes(string typeName, bool isV6) => (typeName, isV6) switch
    {
        ("unreachable", false) => V4Unreachable,
        ("unreachable", true) => V6Unreachable,
        ("time_exceeded", true) => V6TimeExceeded,
        ("parameter_problem", true) => V6ParameterProblem,
        _ => None,
    };

    private static bool TryGetNumber(string name, string prefix, out byte number)
    {
        number = 0;
        return name.StartsWith(prefix, StringComparison.Ordinal)
            && byte.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}

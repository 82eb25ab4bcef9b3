using System.Globalization;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Comparison;

/// <summary>A field's two values in words.</summary>
internal static class FieldText
{
    /// <summary><c>17, not 18</c>.</summary>
    public static string Of(ComparisonField field, PacketFacts a, PacketFacts b) => $"{Value(field, a)} and {Value(field, b)}";

    private static string Value(ComparisonField field, PacketFacts p)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        const TcpFlags Ecn = TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae;
        return field switch
        {
            ComparisonField.Protocol => string.Create(c, $"{(p.IsV6 ? "IPv6" : "IPv4")} {p.Kind} (protocol {(int)p.Protocol})"),
            ComparisonField.Flags => FlagNames.Of(p.Flags & ~(Ecn | TcpFlags.Psh)),
            ComparisonField.Psh => p.Has(TcpFlags.Psh) ? "PSH" : "no PSH",
            ComparisonField.Ecn => string.Create(c, $"{FlagNames.Of(p.Flags & Ecn)} with IP ECN {p.TrafficClass & 3}"),
            ComparisonField.Seq => p.RelativeSeq.ToString(c),
            ComparisonField.Ack => p.RelativeAck.ToString(c),
            ComparisonField.Length => p.Length.ToString(c),
            ComparisonField.Options => p.Options.Length > 0 ? $"<{p.Options}>" : "none",
            ComparisonField.Window => p.Window.ToString(c),
            ComparisonField.Urgent => p.Urgent.ToString(c),
            ComparisonField.Icmp => string.Create(c, $"type {p.IcmpType} code {p.IcmpCode}{(PacketComparer.IsFromRouter(p) ? " of a router" : "")}"),
            ComparisonField.Echo => p.RelativeEcho.ToString(c),
            ComparisonField.Mtu => p.Mtu.ToString(c),
            ComparisonField.Quote => p.Quote is { } q ? string.Create(c, $"{PacketText.Quoted(q)}, {p.QuoteLength} bytes of it") : "nothing readable",
            ComparisonField.Ttl => p.Ttl.ToString(c),
            ComparisonField.Df => p.DontFragment ? "DF" : "no DF",
            ComparisonField.Dscp => (p.TrafficClass >> 2).ToString(c),
            ComparisonField.Fragment => string.Create(c, $"offset {p.FragmentOffset}{(p.MoreFragments ? ", more" : ", last")}"),
            ComparisonField.Id => p.Id.ToString(c),
            ComparisonField.FlowLabel => p.FlowLabel.ToString(c),
            _ => string.Create(c, $"operation {p.IcmpType}"),
        };
    }
}

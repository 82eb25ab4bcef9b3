namespace SimNet.Scripting.Comparison;

/// <summary>The fields in which two packets differ, times aside.</summary>
internal sealed class PacketComparer(ComparisonFields fields, bool allWindows)
{
    private const TcpFlags EcnFlags = TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae;
    private const TcpFlags OwnFields = EcnFlags | TcpFlags.Psh;

    /// <summary>True when nothing differs.</summary>
    public bool AreAlike(PacketFacts a, PacketFacts b) => Differing(a, b) == ComparisonFields.None;

    /// <summary>All fields that differ.</summary>
    public ComparisonFields Differing(PacketFacts a, PacketFacts b)
    {
        if (a.IsV6 != b.IsV6 || a.Protocol != b.Protocol || a.Kind != b.Kind)
        {
            return ComparisonFields.None.With(ComparisonField.Protocol);
        }

        ComparisonFields found = InIpHeader(a, b);
        Note(ref found, ComparisonField.Length, a.Kind != PacketKind.IcmpError && a.Length != b.Length);
        found = a.Kind switch
        {
            PacketKind.Tcp => found.Union(InSegment(a, b)),
            PacketKind.Echo or PacketKind.IcmpError or PacketKind.Icmp => found.Union(InIcmp(a, b)),
            PacketKind.Neighbour => ComparisonFields.None,
            _ => found,
        };
        Note(ref found, ComparisonField.Arp, a.Kind == PacketKind.Neighbour && (a.IcmpType != b.IcmpType || a.Length != b.Length));

        return fields.Intersect(found);
    }

    private static ComparisonFields InIpHeader(PacketFacts a, PacketFacts b)
    {
        ComparisonFields found = ComparisonFields.None;
        Note(ref found, ComparisonField.Ttl, a.Ttl != b.Ttl);
        Note(ref found, ComparisonField.Df, a.DontFragment != b.DontFragment);
        Note(ref found, ComparisonField.Dscp, a.TrafficClass >> 2 != b.TrafficClass >> 2);
        Note(ref found, ComparisonField.Ecn, (a.TrafficClass & 3) != (b.TrafficClass & 3));
        Note(ref found, ComparisonField.Id, a.Id != b.Id);
        Note(ref found, ComparisonField.FlowLabel, a.FlowLabel != b.FlowLabel);
        Note(ref found, ComparisonField.Fragment, a.FragmentOffset != b.FragmentOffset || a.MoreFragments != b.MoreFragments);
        return found;
    }

    private ComparisonFields InSegment(PacketFacts a, PacketFacts b)
    {
        ComparisonFields found = ComparisonFields.None;
        TcpFlags changed = a.Flags ^ b.Flags;
        Note(ref found, ComparisonField.Flags, (changed & ~OwnFields) != 0);
        Note(ref found, ComparisonField.Psh, (changed & TcpFlags.Psh) != 0);
        Note(ref found, ComparisonField.Ecn, (changed & EcnFlags) != 0);
        Note(ref found, ComparisonField.Seq, a.RelativeSeq != b.RelativeSeq);
        Note(ref found, ComparisonField.Ack, a.RelativeAck != b.RelativeAck);
        Note(ref found, ComparisonField.Options, a.Options != b.Options);
        Note(ref found, ComparisonField.Urgent, (a.Flags & b.Flags & TcpFlags.Urg) != 0 && a.Urgent != b.Urgent);
        Note(ref found, ComparisonField.Window, (allWindows || a.IsHandshake || b.IsHandshake) && a.Window != b.Window);
        return found;
    }

    private static ComparisonFields InIcmp(PacketFacts a, PacketFacts b)
    {
        ComparisonFields found = ComparisonFields.None;
        Note(ref found, ComparisonField.Icmp, a.IcmpType != b.IcmpType || a.IcmpCode != b.IcmpCode || IsFromRouter(a) != IsFromRouter(b));
        Note(ref found, ComparisonField.Echo, a.RelativeEcho != b.RelativeEcho);
        Note(ref found, ComparisonField.Mtu, a.Mtu != b.Mtu);
        Note(ref found, ComparisonField.Quote, a.QuoteLength != b.QuoteLength || !AreQuotesAlike(a.Quote, b.Quote));
        return found;
    }

    /// <summary>An error that another than the quoted packet's destination sent.</summary>
    public static bool IsFromRouter(PacketFacts packet) => packet.Quote is { } quote && !quote.Destination.Equals(packet.Source);

    private static bool AreQuotesAlike(PacketFacts? a, PacketFacts? b) => a is null || b is null
        ? a is null == b is null
        : a.Kind == b.Kind && a.Protocol == b.Protocol && a.Length == b.Length && a.RelativeSeq == b.RelativeSeq && a.Flags == b.Flags
            && a.FromInitiator == b.FromInitiator && a.IcmpType == b.IcmpType && a.RelativeEcho == b.RelativeEcho;

    private static void Note(ref ComparisonFields found, ComparisonField field, bool differs) => found = differs ? found.With(field) : found;
}

using System.Globalization;
using System.Text;
using SimNet.Scripting.Running;
using SimStack.Ip;

namespace SimNet.Scripting.Comparison;

/// <summary>A packet in one line.</summary>
internal static class PacketText
{
    /// <summary>With number and time.</summary>
    public static ComparedPacket Of(PacketFacts packet) =>
        new(packet.Frame, packet.HasTime ? Duration.FromNanoseconds(packet.Time) : null, Line(packet));

    private static string Line(PacketFacts packet)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        bool hasPorts = packet.Kind is PacketKind.Tcp or PacketKind.Udp;
        string source = hasPorts ? new IpEndpoint(packet.Source, packet.SourcePort).ToString() : packet.Source.ToString();
        string destination = hasPorts ? new IpEndpoint(packet.Destination, packet.DestinationPort).ToString() : packet.Destination.ToString();
        string fragment = packet.FragmentOffset > 0 || packet.MoreFragments
            ? string.Create(c, $" fragment {packet.FragmentOffset}{(packet.MoreFragments ? "+" : "")}")
            : "";
        return $"{source} > {destination} {Content(packet)}{fragment}";
    }

    private static string Content(PacketFacts packet)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        return packet.Kind switch
        {
            PacketKind.Tcp => Segment(packet),
            PacketKind.Udp => string.Create(c, $"UDP len {packet.Length}"),
            PacketKind.Echo => string.Create(c, $"echo {(packet.IcmpType is 8 or 128 ? "request" : "reply")} seq {packet.EchoSequence} len {packet.Length}"),
            PacketKind.IcmpError => Error(packet),
            PacketKind.Icmp => string.Create(c, $"ICMP type {packet.IcmpType} code {packet.IcmpCode} len {packet.Length}"),
            PacketKind.Neighbour => packet.IsV6
                ? string.Create(c, $"ICMPv6 type {packet.IcmpType}")
                : packet.IcmpType == 1 ? "ARP request" : "ARP reply",
            _ => string.Create(c, $"protocol {(int)packet.Protocol} len {packet.Length}"),
        };
    }

    private static string Segment(PacketFacts packet)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        var text = new StringBuilder(FlagNames.Of(packet.Flags));
        text.Append(c, $" seq {packet.RelativeSeq}");
        text.Append(packet.Has(TcpFlags.Ack) ? string.Create(c, $" ack {packet.RelativeAck}") : "");
        text.Append(packet.Length > 0 ? string.Create(c, $" len {packet.Length}") : "");
        text.Append(c, $" win {packet.Window}");
        text.Append(packet.Has(TcpFlags.Urg) ? string.Create(c, $" urg {packet.Urgent}") : "");
        text.Append(packet.Options.Length > 0 ? $" <{packet.Options}>" : "");
        return text.ToString();
    }

    private static string Error(PacketFacts packet)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        string mtu = packet.Mtu > 0 ? string.Create(c, $" mtu {packet.Mtu}") : "";
        string quote = packet.Quote is { } q ? $", quotes {Quoted(q)}" : "";
        return string.Create(c, $"{(packet.IsV6 ? "ICMPv6" : "ICMP")} type {packet.IcmpType} code {packet.IcmpCode}{mtu}{quote}, {packet.QuoteLength} bytes of it");
    }

    /// <summary>A quoted packet.</summary>
    public static string Quoted(PacketFacts quote) => quote.Kind switch
    {
        PacketKind.Tcp => string.Create(
            CultureInfo.InvariantCulture, $"TCP {FlagNames.Of(quote.Flags)} seq {quote.RelativeSeq} len {quote.Length}"),
        _ => Content(quote),
    };
}

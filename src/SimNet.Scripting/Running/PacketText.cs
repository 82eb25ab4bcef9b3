using System.Buffers.Binary;
using System.Globalization;
using SimStack.Ip;

namespace SimNet.Scripting.Running;

/// <summary>What packets other than TCP segments are, in a few words.</summary>
internal static class PacketText
{
    /// <summary>The IP addresses; null for what has none.</summary>
    public static (IpAddress Source, IpAddress Destination)? Addresses(EthernetView ethernet)
    {
        if (ethernet.EtherType == EtherType.Ipv4 && Ipv4View.TryParse(ethernet.Payload, out Ipv4View v4, out _))
        {
            return (v4.Source, v4.Destination);
        }

        return ethernet.EtherType == EtherType.Ipv6 && Ipv6View.TryParse(ethernet.Payload, out Ipv6View v6, out _) ? (v6.Source, v6.Destination) : null;
    }

    /// <summary>Of an ARP message.</summary>
    public static string Arp(ReadOnlySpan<byte> payload)
    {
        if (!ArpView.TryParse(payload, out ArpView arp, out _))
        {
            return "ARP";
        }

        return arp.Operation == ArpOperation.Request ? $"ARP who-has {arp.TargetAddress} tell {arp.SenderAddress}" : $"ARP {arp.SenderAddress} is-at {arp.SenderMac}";
    }

    /// <summary>Of a fragment: <c>UDP fragment id 7 offset 1480 len 520</c>, the last one marked.</summary>
    public static string Fragment(IpProtocol protocol, uint id, int offset, int length, bool more) =>
        string.Create(CultureInfo.InvariantCulture, $"{Name(protocol)} fragment id {id} offset {offset} len {length}{(more ? "" : " last")}");

    /// <summary>Of what an IP packet carries.</summary>
    public static string Of(IpProtocol protocol, ReadOnlySpan<byte> payload) => protocol switch
    {
        IpProtocol.Udp when UdpView.TryParse(payload, out UdpView udp, out _) =>
            string.Create(CultureInfo.InvariantCulture, $"UDP {udp.SourcePort} -> {udp.DestinationPort} len {udp.Payload.Length}"),
        IpProtocol.Icmp when payload.Length >= 8 => Icmp(payload),
        IpProtocol.IcmpV6 when payload.Length >= 8 => Icmpv6(payload),
        _ => Name(protocol),
    };

    private static string Name(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Icmp or IpProtocol.IcmpV6 => "ICMP",
        _ => protocol.ToString().ToUpperInvariant(),
    };

    /// <summary>Of ICMP's destination unreachable (RFC 792, RFC 1812) by its code.</summary>
    public static string Unreachable(int code) => code switch
    {
        0 => "network unreachable",
        1 => "host unreachable",
        2 => "protocol unreachable",
        3 => "port unreachable",
        4 => "fragmentation needed",
        9 or 10 or 13 => "prohibited",
        _ => string.Create(CultureInfo.InvariantCulture, $"unreachable code {code}"),
    };

    /// <summary>Of ICMPv6's (RFC 4443 §3.1) by its code.</summary>
    public static string UnreachableV6(int code) => code switch
    {
        0 => "no route",
        1 => "prohibited",
        3 => "address unreachable",
        4 => "port unreachable",
        _ => string.Create(CultureInfo.InvariantCulture, $"unreachable code {code}"),
    };

    private static string Icmp(ReadOnlySpan<byte> message)
    {
        int mtu = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        string? error = (message[0], message[1]) switch
        {
            (3, 4) => string.Create(CultureInfo.InvariantCulture, $"fragmentation needed mtu {mtu}"),
            (3, var code) => Unreachable(code),
            (4, _) => "source quench",
            (5, _) => "redirect",
            (11, 0) => "time exceeded",
            (11, _) => "reassembly time exceeded",
            (12, _) => "parameter problem",
            _ => null,
        };
        return error is not null ? $"ICMP {error}{About(message[8..])}" : Echo(message, request: 8, reply: 0);
    }

    private static string Icmpv6(ReadOnlySpan<byte> message)
    {
        uint mtu = BinaryPrimitives.ReadUInt32BigEndian(message[4..]);
        string? error = (message[0], message[1]) switch
        {
            (1, var code) => UnreachableV6(code),
            (2, _) => string.Create(CultureInfo.InvariantCulture, $"packet too big mtu {mtu}"),
            (3, 0) => "hop limit exceeded",
            (3, _) => "reassembly time exceeded",
            (4, _) => "parameter problem",
            _ => null,
        };
        return error is not null ? $"ICMP {error}{About(message[8..])}"
            : message[0] == 135 && message.Length >= 24 ? $"NDP who-has {IpAddress.FromBytes(message[8..24])}"
            : message[0] == 136 && message.Length >= 24 ? $"NDP {IpAddress.FromBytes(message[8..24])} is here"
            : Echo(message, request: 128, reply: 129);
    }

    private static string Echo(ReadOnlySpan<byte> message, byte request, byte reply)
    {
        if (message[0] != request && message[0] != reply)
        {
            return string.Create(CultureInfo.InvariantCulture, $"ICMP type {message[0]}");
        }

        int id = BinaryPrimitives.ReadUInt16BigEndian(message[4..]), seq = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        return string.Create(CultureInfo.InvariantCulture, $"ICMP echo {(message[0] == request ? "request" : "reply")} id {id} seq {seq} len {message.Length - 8}");
    }

    /// <summary>The packet that an error is about, as far as it is quoted.</summary>
    private static string About(ReadOnlySpan<byte> quoted)
    {
        IpProtocol protocol;
        ReadOnlySpan<byte> payload;
        int offset;
        if (Ipv4View.TryParseQuoted(quoted, out Ipv4View v4))
        {
            (protocol, offset) = (v4.Protocol, v4.FragmentOffset);
            payload = v4.Payload;
        }
        else if (Ipv6View.TryParseQuoted(quoted, out Ipv6View v6))
        {
            (protocol, offset) = (v6.Protocol, v6.FragmentOffset);
            payload = v6.Payload;
        }
        else
        {
            return "";
        }

        if (offset > 0)
        {
            // Only the first fragment has ports.
            return string.Create(CultureInfo.InvariantCulture, $" about {Name(protocol)} fragment offset {offset}");
        }

        return protocol is IpProtocol.Tcp or IpProtocol.Udp && payload.Length >= 4
            ? string.Create(
                CultureInfo.InvariantCulture,
                $" about {Name(protocol)} {BinaryPrimitives.ReadUInt16BigEndian(payload)} -> {BinaryPrimitives.ReadUInt16BigEndian(payload[2..])}")
            : $" about {Name(protocol)}";
    }
}

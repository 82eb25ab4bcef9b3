using System.Buffers.Binary;
using System.Globalization;
using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Matching;

/// <summary>Compares a packet that the machine sent with the script's line, field by field.</summary>
internal static class PacketComparer
{
    /// <summary>Looks for the first difference.</summary>
    /// <param name="script">The line.</param>
    /// <param name="actual">The packet, with the script's numbers.</param>
    /// <param name="socket">Keeps which flow label is in force.</param>
    /// <param name="timestampTolerance">How far, in ticks, TS val may be from the script's; null: not compared.</param>
    /// <returns>What differs, in words; null when all is as the script says.</returns>
    public static string? Compare(ScriptPacket script, PacketImage actual, SocketUnderTest socket, long? timestampTolerance)
    {
        PacketImage expected = script.Image;
        if (expected.Protocol != actual.Protocol)
        {
            return $"protocol, {Name(expected.Protocol)} not {Name(actual.Protocol)}";
        }

        string? difference = expected.IsTcp ? CompareTcp(script, actual)
            : expected.IsUdp ? (expected.UdpLength == actual.UdpLength ? null : "length")
            : expected.IcmpType != actual.IcmpType ? "ICMP type"
            : expected.IcmpCode != actual.IcmpCode ? "ICMP code"
            : null;
        difference ??= CompareIp(script, actual) ?? CompareFlowLabel(script, actual, socket);
        if (difference is null && script.ChecksOptions)
        {
            difference = CompareOptions(expected, actual, timestampTolerance);
            difference = difference == "md5" && script.SignatureKey is not null ? "md5, the key gives another digest" : difference;
        }

        if (difference is null && expected.Payload.Length != actual.Payload.Length)
        {
            difference = "length";
        }

        // Calls send zeros. What an ICMP message quotes is not compared.
        return difference is null && !expected.IsIcmp && !actual.Payload.Span.SequenceEqual(expected.Payload.Span) ? "data" : difference;
    }

    /// <summary>
    /// Whether a packet may be the continuation of the one before it where the script has one line for both: all fields but FIN, PSH and
    /// CWR alike, and the sequence number the next.
    /// </summary>
    public static string? CompareContinuation(PacketImage previous, PacketImage next)
    {
        const TcpFlags free = TcpFlags.Fin | TcpFlags.Psh | TcpFlags.Cwr;
        if (previous.Protocol != next.Protocol || previous.IpHeaderLength != next.IpHeaderLength)
        {
            return "IP header";
        }

        if (previous.Ttl != next.Ttl)
        {
            return "TTL";
        }

        if (!previous.IsTcp)
        {
            return null;
        }

        return previous.Options.Length != next.Options.Length ? "length of options"
            : (previous.Flags & ~free) != (next.Flags & ~free) || previous.ReservedBits != next.ReservedBits ? "flags"
            : unchecked(previous.Sequence + (uint)previous.Payload.Length) != next.Sequence ? "sequence number"
            : previous.Acknowledgment != next.Acknowledgment ? "ack"
            : previous.Window != next.Window ? "window"
            : previous.UrgentPointer != next.UrgentPointer ? "urgent pointer"
            : null;
    }

    private static string? CompareTcp(ScriptPacket script, PacketImage actual)
    {
        const TcpFlags ecn = TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae;
        PacketImage expected = script.Image;
        TcpFlags compared = script.ChecksAce ? ~ecn : ~TcpFlags.None;
        return (expected.Flags & compared) != (actual.Flags & compared) ? FlagDifference(expected, actual)
            : script.ChecksAce && expected.AceField != actual.AceField ? "ACE"
            : actual.ReservedBits != 0 ? string.Create(CultureInfo.InvariantCulture, $"reserved bits, 0 not {actual.ReservedBits}")
            : expected.Sequence != actual.Sequence ? "sequence number"
            : expected.Payload.Length != actual.Payload.Length ? "length"
            : expected.Acknowledgment != actual.Acknowledgment ? AckDifference(expected, actual)
            : script.ChecksWindow && expected.Window != actual.Window ? "window"
            : expected.UrgentPointer != actual.UrgentPointer ? "urgent pointer"
            : null;
    }

    // As other notations have it, `SA` and `PA`.
    private static string FlagDifference(PacketImage expected, PacketImage actual) =>
        expected.Has(TcpFlags.Ae) && !expected.Has(TcpFlags.Ack) && actual.Has(TcpFlags.Ack) && !actual.Has(TcpFlags.Ae)
            ? "flags; ACK is written `.`, `A` is AccECN's"
            : "flags";

    // A RST without ACK has the field zero; the text doesn't show it.
    private static string AckDifference(PacketImage expected, PacketImage actual) => actual.Has(TcpFlags.Ack)
        ? "ack"
        : string.Create(CultureInfo.InvariantCulture, $"ack field, {expected.Acknowledgment} not {actual.Acknowledgment}");

    private static string? CompareIp(ScriptPacket script, PacketImage actual)
    {
        PacketImage expected = script.Image;
        IpSpec ip = script.Spec.Ip;
        if (expected.IpHeaderLength != actual.IpHeaderLength)
        {
            return "IP header length";
        }

        if (ip.TypeOfService is { } tos && tos != actual.TrafficClass)
        {
            return "TOS";
        }

        bool wrongEcn = ip.Ecn switch
        {
            EcnCheck.Unspecified => false,
            EcnCheck.Ect01 => (actual.TrafficClass & 3) is not (1 or 2),
            _ => (actual.TrafficClass & 3) != (expected.TrafficClass & 3),
        };
        return wrongEcn ? "ECN" : ip.Ttl is { } ttl && ttl != actual.Ttl ? "TTL" : null;
    }

    // A label of the script stands for a live one from its first packet on; another label means another live one.
    private static string? CompareFlowLabel(ScriptPacket script, PacketImage actual, SocketUnderTest socket)
    {
        if (!script.Image.IsV6 || script.Spec.Ip.FlowLabel is not { } expected || expected == 0)
        {
            return null;
        }

        if (actual.FlowLabel == 0)
        {
            return "flow label, the packet has none";
        }

        bool isFirst = socket.ScriptFlowLabel == 0;
        bool shallChange = !isFirst && expected != socket.ScriptFlowLabel;
        bool changed = actual.FlowLabel != socket.LiveFlowLabel;
        if (!isFirst && shallChange != changed)
        {
            return shallChange ? "flow label, it did not change" : "flow label, it changed";
        }

        (socket.ScriptFlowLabel, socket.LiveFlowLabel) = (expected, actual.FlowLabel);
        return null;
    }

    private static string? CompareOptions(PacketImage expected, PacketImage actual, long? timestampTolerance)
    {
        if (!expected.IsTcp)
        {
            return null;
        }

        var wanted = new TcpOptionReader(expected.Options);
        var found = new TcpOptionReader(actual.Options);
        while (true)
        {
            bool more = wanted.MoveNext();
            if (found.MoveNext() != more || (more && wanted.Kind != found.Kind))
            {
                return "options";
            }

            if (!more)
            {
                return expected.Options.Length == actual.Options.Length ? null : "length of options";
            }

            bool equal = wanted.Kind == TcpOptionKind.Timestamps
                ? EqualTimestamps(wanted.Data, found.Data, timestampTolerance)
                : wanted.Data.SequenceEqual(found.Data);
            if (!equal)
            {
                return NameOf(wanted.Kind);
            }
        }
    }

    // TS ecr is the script's own inbound TS val; the tool doesn't compare it.
    private static bool EqualTimestamps(ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> found, long? tolerance)
    {
        if (tolerance is null || wanted.Length != 8 || found.Length != 8)
        {
            return wanted.Length == found.Length;
        }

        uint expected = BinaryPrimitives.ReadUInt32BigEndian(wanted);
        uint actual = BinaryPrimitives.ReadUInt32BigEndian(found);
        return Math.Abs((long)unchecked((int)(actual - expected))) <= tolerance;
    }

    private static string NameOf(TcpOptionKind kind) => kind switch
    {
        TcpOptionKind.MaximumSegmentSize => "mss",
        TcpOptionKind.WindowScale => "wscale",
        TcpOptionKind.SackPermitted => "sackOK",
        TcpOptionKind.Sack => "sack",
        TcpOptionKind.Timestamps => "TS val",
        TcpOptionKind.Md5Signature => "md5",
        TcpOptionKind.FastOpen => "FO",
        TcpOptionKind.Experimental => "FOEXP",
        _ => string.Create(CultureInfo.InvariantCulture, $"option {(int)kind}"),
    };

    private static string Name(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => "TCP",
        IpProtocol.Udp => "UDP",
        IpProtocol.Icmp => "ICMP",
        IpProtocol.IcmpV6 => "ICMPv6",
        _ => string.Create(CultureInfo.InvariantCulture, $"protocol {(int)protocol}"),
    };
}

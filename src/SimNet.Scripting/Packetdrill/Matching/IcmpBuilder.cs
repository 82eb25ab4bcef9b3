using System.Buffers.Binary;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Matching;

/// <summary>
/// ICMP messages of scripts. An error quotes the IP header of a packet that the machine sent, and eight bytes behind it: its addresses,
/// ports and sequence number are filled in when it is injected.
/// </summary>
internal static class IcmpBuilder
{
    /// <summary>Bytes quoted behind the IP header (RFC 792): ports and sequence number.</summary>
    private const int QuotedBytes = 8;

    /// <summary>Makes the header and the quote without its numbers.</summary>
    public static PacketRefusal? Fill(PacketImage image, IcmpSpec icmp)
    {
        bool v6 = image.IsV6;
        image.Protocol = v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp;
        if (!IcmpNames.TryGetType(icmp.TypeName, v6, out byte type))
        {
            return PacketRefusal.Wrong(icmp.TypePosition, $"ICMP type '{icmp.TypeName}': {Version(v6)} has none of this name");
        }

        byte code = 0;
        if (icmp.CodeName is { } name && !IcmpNames.TryGetCode(icmp.TypeName, name, v6, out code))
        {
            return PacketRefusal.Wrong(icmp.CodePosition, $"ICMP code '{name}': {Version(v6)}'s {icmp.TypeName} has none of this name");
        }

        (image.IcmpType, image.IcmpCode) = (type, code);
        if (icmp.Mtu is { } mtu)
        {
            bool takesMtu = v6 ? type == (int)Icmpv6Type.PacketTooBig && code == 0 : type == (int)IcmpType.DestinationUnreachable && code == 4;
            if (!takesMtu || (!v6 && mtu > ushort.MaxValue))
            {
                return PacketRefusal.Wrong(
                    icmp.Position, $"'mtu {mtu}' here: only {(v6 ? "packet_too_big" : "unreachable frag_needed")} has one{(v6 ? "" : ", up to 65535")}");
            }

            image.IcmpRest = mtu;
        }

        if (icmp.EchoId is { } id)
        {
            image.IcmpRest = image.IcmpRest & 0xFFFF | (uint)id << 16;
        }

        return FillPayload(image, icmp);
    }

    /// <summary>Completes the quote for injection: the packet that the machine sent.</summary>
    /// <param name="payload">Of <see cref="Fill"/>, changed in place.</param>
    /// <param name="isV6">Which IP.</param>
    /// <param name="local">The machine's end, which is the quoted packet's source.</param>
    /// <param name="remote">The peer's end.</param>
    /// <param name="sequenceOffset">To add to the quoted TCP sequence number.</param>
    public static void Complete(Span<byte> payload, bool isV6, IpEndpoint local, IpEndpoint remote, uint sequenceOffset)
    {
        int header = isV6 ? Ipv6View.HeaderLength : Ipv4View.MinHeaderLength;
        IpProtocol protocol = (IpProtocol)payload[isV6 ? 6 : 9];
        int length = isV6
            ? BinaryPrimitives.ReadUInt16BigEndian(payload[4..])
            : BinaryPrimitives.ReadUInt16BigEndian(payload[2..]) - header;
        _ = isV6
            ? Ipv6Writer.Write(payload, local.Address, remote.Address, protocol, length)
            : Ipv4Writer.Write(payload, local.Address, remote.Address, protocol, length);
        Span<byte> quoted = payload[header..];
        BinaryPrimitives.WriteUInt16BigEndian(quoted, local.Port);
        BinaryPrimitives.WriteUInt16BigEndian(quoted[2..], remote.Port);
        if (protocol == IpProtocol.Tcp)
        {
            uint sequence = BinaryPrimitives.ReadUInt32BigEndian(quoted[4..]);
            BinaryPrimitives.WriteUInt32BigEndian(quoted[4..], unchecked(sequence + sequenceOffset));
        }
    }

    private static PacketRefusal? FillPayload(PacketImage image, IcmpSpec icmp)
    {
        int header = image.IsV6 ? Ipv6View.HeaderLength : Ipv4View.MinHeaderLength;
        (IpProtocol protocol, int transport, uint sequence, int length) = icmp.Payload switch
        {
            EchoedTcp tcp => (IpProtocol.Tcp, TcpView.MinHeaderLength, tcp.Sequence.Start, (int)tcp.Sequence.Length),
            EchoedUdp udp => (IpProtocol.Udp, UdpView.HeaderLength, 0U, (int)udp.Length),
            RawPayload raw => (IpProtocol.NoNextHeader, 0, 0U, (int)raw.Length),
            _ => (IpProtocol.Tcp, TcpView.MinHeaderLength, 0U, 0),
        };
        if (protocol == IpProtocol.NoNextHeader)
        {
            if (length < 8)
            {
                return PacketRefusal.Wrong(icmp.Payload!.Position, $"an ICMP message of {length} bytes: its header alone has 8");
            }

            image.Payload = new byte[length - 8];
            return null;
        }

        // What the quoted packet was long in all stands in its header.
        byte[] quote = new byte[header + QuotedBytes];
        IpAddress none = image.IsV6 ? IpAddress.AnyV6 : IpAddress.AnyV4;
        _ = image.IsV6
            ? Ipv6Writer.Write(quote, none, none, protocol, transport + length)
            : Ipv4Writer.Write(quote, none, none, protocol, transport + length);
        if (protocol == IpProtocol.Tcp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(quote.AsSpan(header + 4), sequence);
        }

        image.Payload = quote;
        return null;
    }

    private static string Version(bool isV6) => isV6 ? "ICMPv6" : "ICMP";
}

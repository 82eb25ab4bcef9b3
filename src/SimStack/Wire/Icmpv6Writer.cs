using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>
/// Writes ICMPv6 messages (RFC 4443, RFC 4861), checksum included; source and target are those of the IPv6 header.
/// </summary>
public static class Icmpv6Writer
{
    private const int LinkLayerOptionLength = 8;

    /// <summary>Writes an echo request or reply and returns its length.</summary>
    public static int WriteEcho(
        Span<byte> destination, in IpAddress source, in IpAddress target, bool reply, ushort id, ushort sequence,
        ReadOnlySpan<byte> payload, byte code = 0) =>
        Write(destination, source, target, reply ? Icmpv6Type.EchoReply : Icmpv6Type.EchoRequest, code,
            (uint)(id << 16 | sequence), payload);

    /// <summary>Writes an error that quotes as much of a packet as is given, and returns its length.</summary>
    /// <param name="destination">At least 8 bytes and the quote.</param>
    /// <param name="source">Source address of the IPv6 header.</param>
    /// <param name="target">Destination address of the IPv6 header.</param>
    /// <param name="type">Which error.</param>
    /// <param name="code">Its code.</param>
    /// <param name="rest">The second word: 0, the MTU of Packet Too Big, the pointer of a parameter problem.</param>
    /// <param name="quoted">So much of the packet that the error fits 1,280 bytes (RFC 4443 §2.4 c).</param>
    public static int WriteError(
        Span<byte> destination, in IpAddress source, in IpAddress target, Icmpv6Type type, byte code, uint rest,
        ReadOnlySpan<byte> quoted) =>
        Write(destination, source, target, type, code, rest, quoted);

    /// <summary>Writes a neighbor solicitation (RFC 4861 §4.3) and returns its length.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    /// <param name="source">Source address of the IPv6 header; unspecified for duplicate address detection, then without the
    /// option.</param>
    /// <param name="target">Destination address of the IPv6 header.</param>
    /// <param name="asked">The address that is asked for.</param>
    /// <param name="sourceMac">Goes into the source link-layer address option.</param>
    public static int WriteSolicitation(
        Span<byte> destination, in IpAddress source, in IpAddress target, in IpAddress asked, MacAddress sourceMac)
    {
        Span<byte> rest = stackalloc byte[16 + LinkLayerOptionLength];
        asked.WriteTo(rest);
        int length = 16;
        if (!source.IsUnspecified)
        {
            length += WriteLinkLayer(rest[16..], 1, sourceMac);
        }

        return Write(destination, source, target, Icmpv6Type.NeighborSolicitation, 0, 0, rest[..length]);
    }

    /// <summary>
    /// Writes a neighbor advertisement (RFC 4861 §4.4) with the target link-layer address option, and returns its length.
    /// </summary>
    public static int WriteAdvertisement(
        Span<byte> destination,
        in IpAddress source,
        in IpAddress target,
        in IpAddress advertised,
        MacAddress mac,
        bool router,
        bool solicited,
        bool overrides)
    {
        Span<byte> rest = stackalloc byte[16 + LinkLayerOptionLength];
        advertised.WriteTo(rest);
        WriteLinkLayer(rest[16..], 2, mac);
        uint flags = (router ? 0x8000_0000u : 0) | (solicited ? 0x4000_0000u : 0) | (overrides ? 0x2000_0000u : 0);
        return Write(destination, source, target, Icmpv6Type.NeighborAdvertisement, 0, flags, rest);
    }

    private static int WriteLinkLayer(Span<byte> destination, byte type, MacAddress mac)
    {
        destination[0] = type;
        destination[1] = 1;
        mac.WriteTo(destination[2..]);
        return LinkLayerOptionLength;
    }

    private static int Write(
        Span<byte> destination, in IpAddress source, in IpAddress target, Icmpv6Type type, byte code, uint rest,
        ReadOnlySpan<byte> payload)
    {
        int length = Icmpv6View.HeaderLength + payload.Length;
        payload.CopyTo(destination[Icmpv6View.HeaderLength..]);
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)((byte)type << 24 | code << 16));
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], rest);
        ulong sum = InternetChecksum.PseudoHeader(source, target, IpProtocol.IcmpV6, length);
        BinaryPrimitives.WriteUInt16BigEndian(
            destination[2..], InternetChecksum.Fold(InternetChecksum.Sum(destination[..length], sum)));
        return length;
    }
}

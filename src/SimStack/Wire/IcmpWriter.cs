using System.Buffers.Binary;

namespace SimStack.Wire;

/// <summary>Writes ICMP messages (RFC 792), checksum included.</summary>
public static class IcmpWriter
{
    /// <summary>Writes an echo request or reply and returns its length.</summary>
    public static int WriteEcho(Span<byte> destination, bool reply, ushort id, ushort sequence, ReadOnlySpan<byte> payload, byte code = 0) =>
        Write(destination, reply ? IcmpType.EchoReply : IcmpType.Echo, code, (uint)(id << 16 | sequence), payload);

    /// <summary>Writes an error that quotes the start of a packet, and returns its length.</summary>
    /// <param name="destination">At least 8 bytes and the quote.</param>
    /// <param name="type">Which error.</param>
    /// <param name="code">Its code.</param>
    /// <param name="rest">The second word: 0, or the MTU for "fragmentation needed" (RFC 1191).</param>
    /// <param name="quoted">The offending packet's header and at least 8 bytes, at most 548 bytes (RFC 1812 §4.3.2.3).</param>
    public static int WriteError(Span<byte> destination, IcmpType type, byte code, uint rest, ReadOnlySpan<byte> quoted) =>
        Write(destination, type, code, rest, quoted);

    private static int Write(Span<byte> destination, IcmpType type, byte code, uint rest, ReadOnlySpan<byte> payload)
    {
        int length = IcmpView.HeaderLength + payload.Length;
        payload.CopyTo(destination[IcmpView.HeaderLength..]);
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)((byte)type << 24 | code << 16));
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], rest);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], InternetChecksum.Compute(destination[..length]));
        return length;
    }
}

using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>An ICMPv6 message (RFC 4443 §2.1).</summary>
public readonly ref struct Icmpv6View
{
    /// <summary>Length of the header in bytes, the type-specific word included.</summary>
    public const int HeaderLength = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private Icmpv6View(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public Icmpv6Type Type => (Icmpv6Type)_bytes[0];
    public byte Code => _bytes[1];
    public ushort Checksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Echo's identifier.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>Echo's sequence number.</summary>
    public ushort Sequence => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>Packet Too Big's MTU in bytes (RFC 4443 §3.2).</summary>
    public uint Mtu => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>What follows the first 8 bytes: echo data, or the quoted packet of an error.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Types below 128 are errors (RFC 4443 §2.1).</summary>
    public bool IsError => _bytes[0] < 128;

    /// <summary>The whole message.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// Fails with <see cref="WireError.Truncated"/> or <see cref="WireError.BadChecksum"/>; the addresses are in the checksum.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, in IpAddress source, in IpAddress destination, out Icmpv6View view, out WireError error)
    {
        view = default;
        if (bytes.Length < HeaderLength)
        {
            error = WireError.Truncated;
            return false;
        }

        ulong sum = InternetChecksum.PseudoHeader(source, destination, IpProtocol.IcmpV6, bytes.Length);
        if (InternetChecksum.Fold(InternetChecksum.Sum(bytes, sum)) != 0)
        {
            error = WireError.BadChecksum;
            return false;
        }

        view = new Icmpv6View(bytes);
        error = WireError.None;
        return true;
    }
}

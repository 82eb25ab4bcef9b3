using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>A UDP datagram (RFC 768).</summary>
/// <remarks><code>
///  0               2                  4        6          8
/// | source port   | destination port | length | checksum | payload …
/// </code></remarks>
public readonly ref struct UdpView
{
    /// <summary>Length of the header in bytes.</summary>
    public const int HeaderLength = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private UdpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes);
    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Header and payload in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>0 means none was computed (IPv4 only).</summary>
    public ushort Checksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>The datagram without anything behind it.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// Checks lengths, not the checksum: <see cref="VerifyChecksum"/>. Errors: <see cref="WireError.Truncated"/>,
    /// <see cref="WireError.BadLength"/>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out UdpView view, out WireError error) =>
        TryParse(bytes, out view, out error, mayHaveNoLength: false);

    /// <summary>As the other; a length of 0 may say "to the packet's end", as in IPv6's jumbograms (RFC 2675 §4; Linux: any datagram).</summary>
    internal static bool TryParse(ReadOnlySpan<byte> bytes, out UdpView view, out WireError error, bool mayHaveNoLength)
    {
        view = default;
        int length = bytes.Length < HeaderLength ? int.MaxValue : BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        length = length == 0 && mayHaveNoLength ? bytes.Length : length;
        error = length > bytes.Length ? WireError.Truncated : length < HeaderLength ? WireError.BadLength : WireError.None;
        if (error != WireError.None)
        {
            return false;
        }

        view = new UdpView(bytes[..length]);
        return true;
    }

    /// <summary>True when the checksum is right, or absent over IPv4; over IPv6 it must be there (RFC 8200 §8.1).</summary>
    public bool VerifyChecksum(in IpAddress source, in IpAddress destination)
    {
        if (Checksum == 0)
        {
            return source.IsV4;
        }

        ulong sum = InternetChecksum.PseudoHeader(source, destination, IpProtocol.Udp, _bytes.Length);
        return InternetChecksum.Fold(InternetChecksum.Sum(_bytes, sum)) == 0;
    }
}

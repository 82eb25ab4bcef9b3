using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>A TCP segment: header, options and payload (RFC 9293 §3.1).</summary>
/// <remarks><code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |          Source Port          |       Destination Port        |
/// |                        Sequence Number                        |
/// |                    Acknowledgment Number                      |
/// | Offset|  Rsrv |     Flags     |            Window             |
/// |           Checksum            |         Urgent Pointer        |
/// |                    Options (0 to 40 bytes)                    |
/// </code></remarks>
public readonly ref struct TcpView
{
    /// <summary>Length of a header without options in bytes.</summary>
    public const int MinHeaderLength = 20;

    /// <summary>Length of the longest header in bytes.</summary>
    public const int MaxHeaderLength = 60;

    private readonly ReadOnlySpan<byte> _bytes;

    private TcpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes);
    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>SEG.SEQ</summary>
    public SequenceNumber Sequence => new(BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]));

    /// <summary>SEG.ACK; meaningful with <see cref="TcpFlags.Ack"/>.</summary>
    public SequenceNumber Acknowledgment => new(BinaryPrimitives.ReadUInt32BigEndian(_bytes[8..]));

    /// <summary>20 to 60 bytes.</summary>
    public int HeaderLength => _bytes[12] >> 4 << 2;

    /// <summary>The nine defined bits; the three reserved ones are ignored (RFC 9293 §3.1).</summary>
    public TcpFlags Flags => (TcpFlags)(BinaryPrimitives.ReadUInt16BigEndian(_bytes[12..]) & 0x1FF);

    /// <summary>SEG.WND as on the wire, not scaled.</summary>
    public ushort Window => BinaryPrimitives.ReadUInt16BigEndian(_bytes[14..]);
    public ushort Checksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[16..]);

    /// <summary>SEG.UP; meaningful with <see cref="TcpFlags.Urg"/>.</summary>
    public ushort UrgentPointer => BinaryPrimitives.ReadUInt16BigEndian(_bytes[18..]);
    public ReadOnlySpan<byte> OptionBytes => _bytes[MinHeaderLength..HeaderLength];
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>The whole segment.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// Checks lengths, neither checksum nor options. Errors: <see cref="WireError.Truncated"/>,
    /// <see cref="WireError.BadHeaderLength"/>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out TcpView view, out WireError error)
    {
        view = default;
        if (bytes.Length < MinHeaderLength)
        {
            error = WireError.Truncated;
            return false;
        }

        int headerLength = bytes[12] >> 4 << 2;
        if (headerLength < MinHeaderLength || headerLength > bytes.Length)
        {
            error = WireError.BadHeaderLength;
            return false;
        }

        view = new TcpView(bytes);
        error = WireError.None;
        return true;
    }

    /// <summary>True when the checksum over pseudo header and segment is right (RFC 9293 §3.1, MUST-3).</summary>
    public static bool VerifyChecksum(in IpAddress source, in IpAddress destination, ReadOnlySpan<byte> segment)
    {
        ulong sum = InternetChecksum.PseudoHeader(source, destination, IpProtocol.Tcp, segment.Length);
        return InternetChecksum.Fold(InternetChecksum.Sum(segment, sum)) == 0;
    }
}

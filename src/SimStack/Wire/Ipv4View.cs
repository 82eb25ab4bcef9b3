using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>An IPv4 header and its payload (RFC 791).</summary>
/// <remarks><code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |Version|  IHL  |  DSCP     |ECN|          Total Length         |
/// |         Identification        |Flags|      Fragment Offset    |
/// |  Time to Live |    Protocol   |         Header Checksum       |
/// |                       Source Address                          |
/// |                    Destination Address                        |
/// |                    Options (0 to 40 bytes)                    |
/// </code></remarks>
public readonly ref struct Ipv4View
{
    /// <summary>Length of a header without options in bytes.</summary>
    public const int MinHeaderLength = 20;

    private readonly ReadOnlySpan<byte> _bytes;

    private Ipv4View(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>20 to 60 bytes.</summary>
    public int HeaderLength => (_bytes[0] & 0xF) * 4;

    /// <summary>DSCP and ECN together: the old type-of-service byte.</summary>
    public byte TrafficClass => _bytes[1];

    /// <summary>Header and payload in bytes.</summary>
    public int TotalLength => _bytes.Length;
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(_bytes[4..]);
    public bool DontFragment => (_bytes[6] & 0x40) != 0;
    public bool MoreFragments => (_bytes[6] & 0x20) != 0;

    /// <summary>Where this fragment's payload belongs, in bytes (a multiple of 8).</summary>
    public int FragmentOffset => (BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]) & 0x1FFF) * 8;
    public bool IsFragment => (BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]) & 0x3FFF) != 0;
    public byte Ttl => _bytes[8];
    public IpProtocol Protocol => (IpProtocol)_bytes[9];
    public ushort Checksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[10..]);
    public IpAddress Source => IpAddress.FromV4(BinaryPrimitives.ReadUInt32BigEndian(_bytes[12..]));
    public IpAddress Destination => IpAddress.FromV4(BinaryPrimitives.ReadUInt32BigEndian(_bytes[16..]));
    public ReadOnlySpan<byte> OptionBytes => _bytes[MinHeaderLength..HeaderLength];

    /// <summary>What follows the header, up to the total length: link padding is not part of it.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>The whole packet: header and payload.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// Checks version, lengths and the header checksum, as RFC 1122 §3.2.1 asks. Errors: <see cref="WireError.Truncated"/>,
    /// <see cref="WireError.BadVersion"/>, <see cref="WireError.BadHeaderLength"/>, <see cref="WireError.BadChecksum"/>,
    /// <see cref="WireError.BadLength"/>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Ipv4View view, out WireError error)
    {
        view = default;
        if (!TryReadLength(bytes, out int headerLength, out int totalLength, out error))
        {
            return false;
        }

        if (InternetChecksum.Compute(bytes[..headerLength]) != 0)
        {
            error = WireError.BadChecksum;
        }
        else if (totalLength < headerLength)
        {
            error = WireError.BadLength;
        }
        else if (totalLength > bytes.Length)
        {
            error = WireError.Truncated;
        }
        else
        {
            view = new Ipv4View(bytes[..totalLength]);
            return true;
        }

        return false;
    }

    /// <summary>
    /// Takes the start of a packet, as an ICMP error quotes it: neither total length nor checksum is checked, and
    /// <see cref="Payload"/> is what there is.
    /// </summary>
    public static bool TryParseQuoted(ReadOnlySpan<byte> bytes, out Ipv4View view)
    {
        view = default;
        if (!TryReadLength(bytes, out int headerLength, out int totalLength, out _) || totalLength < headerLength)
        {
            return false;
        }

        view = new Ipv4View(bytes[..Math.Min(bytes.Length, totalLength)]);
        return true;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> bytes, out int headerLength, out int totalLength, out WireError error)
    {
        headerLength = 0;
        totalLength = 0;
        if (bytes.Length < MinHeaderLength)
        {
            error = WireError.Truncated;
            return false;
        }

        headerLength = (bytes[0] & 0xF) * 4;
        totalLength = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        error = bytes[0] >> 4 != 4 ? WireError.BadVersion
            : headerLength < MinHeaderLength ? WireError.BadHeaderLength
            : headerLength > bytes.Length ? WireError.Truncated
            : WireError.None;
        return error == WireError.None;
    }
}

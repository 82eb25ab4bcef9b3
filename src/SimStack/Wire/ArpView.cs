using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>ARP's operation field (RFC 826).</summary>
public enum ArpOperation : ushort
{
    Request = 1,
    Reply = 2,
}

/// <summary>An ARP message for IPv4 over Ethernet (RFC 826).</summary>
/// <remarks><code>
///  0       2       4    5    6    8            14          18           24          28
/// | hw 1  | 0800h | 6  | 4  | op | sender MAC | sender IP | target MAC | target IP |
/// </code></remarks>
public readonly ref struct ArpView
{
    /// <summary>Length of the message in bytes.</summary>
    public const int MessageLength = 28;

    private readonly ReadOnlySpan<byte> _bytes;

    private ArpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ArpOperation Operation => (ArpOperation)BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);
    public MacAddress SenderMac => MacAddress.Read(_bytes[8..]);
    public IpAddress SenderAddress => IpAddress.FromV4(BinaryPrimitives.ReadUInt32BigEndian(_bytes[14..]));
    public MacAddress TargetMac => MacAddress.Read(_bytes[18..]);
    public IpAddress TargetAddress => IpAddress.FromV4(BinaryPrimitives.ReadUInt32BigEndian(_bytes[24..]));

    /// <summary>
    /// Takes an ARP payload, padding allowed. Fails with <see cref="WireError.Truncated"/>, <see cref="WireError.BadAddress"/>
    /// (other hardware or protocol, other address lengths) or <see cref="WireError.BadType"/> (neither request nor reply).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ArpView view, out WireError error)
    {
        view = default;
        if (bytes.Length < MessageLength)
        {
            error = WireError.Truncated;
            return false;
        }

        // Hardware type 1, protocol type 0x0800, lengths 6 and 4.
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes) != 0x0001_0800
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) != 0x0604)
        {
            error = WireError.BadAddress;
            return false;
        }

        view = new ArpView(bytes[..MessageLength]);
        error = view.Operation is ArpOperation.Request or ArpOperation.Reply ? WireError.None : WireError.BadType;
        return error == WireError.None;
    }
}

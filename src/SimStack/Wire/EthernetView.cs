using System.Buffers.Binary;

namespace SimStack.Wire;

/// <summary>An Ethernet II header over the bytes of a frame (RFC 894), without frame check sequence.</summary>
/// <remarks><code>
///  0                   6                   12      14
/// | destination       | source            | type  | payload …
/// </code></remarks>
public readonly ref struct EthernetView
{
    /// <summary>Length of the header in bytes.</summary>
    public const int HeaderLength = 14;

    private readonly ReadOnlySpan<byte> _bytes;

    private EthernetView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public MacAddress Destination => MacAddress.Read(_bytes);
    public MacAddress Source => MacAddress.Read(_bytes[6..]);
    public EtherType EtherType => (EtherType)BinaryPrimitives.ReadUInt16BigEndian(_bytes[12..]);

    /// <summary>All that follows the header; may include padding.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Fails with <see cref="WireError.Truncated"/> below 14 bytes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out EthernetView view, out WireError error)
    {
        if (bytes.Length < HeaderLength)
        {
            view = default;
            error = WireError.Truncated;
            return false;
        }

        view = new EthernetView(bytes);
        error = WireError.None;
        return true;
    }
}

using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>A neighbor solicitation or advertisement (RFC 4861 §4.3, §4.4) with its link-layer address option.</summary>
/// <remarks><code>
///  0       1       2               4                8                    24
/// | type  | code  | checksum      | R S O reserved | target (16 bytes)  | options: type, length / 8, data …
/// </code></remarks>
public readonly ref struct NeighborView
{
    /// <summary>Length without options in bytes.</summary>
    public const int HeaderLength = 24;

    private const byte SourceLinkLayerOption = 1;
    private const byte TargetLinkLayerOption = 2;
    private readonly ReadOnlySpan<byte> _bytes;

    private NeighborView(ReadOnlySpan<byte> bytes, bool hasLinkLayer, MacAddress linkLayer)
    {
        _bytes = bytes;
        HasLinkLayer = hasLinkLayer;
        LinkLayer = linkLayer;
    }

    public bool IsSolicitation => _bytes[0] == (byte)Icmpv6Type.NeighborSolicitation;

    /// <summary>An advertisement's R flag.</summary>
    public bool IsRouter => !IsSolicitation && (_bytes[4] & 0x80) != 0;

    /// <summary>An advertisement's S flag: an answer to a solicitation.</summary>
    public bool IsSolicited => !IsSolicitation && (_bytes[4] & 0x40) != 0;

    /// <summary>An advertisement's O flag: replaces what is cached.</summary>
    public bool IsOverride => !IsSolicitation && (_bytes[4] & 0x20) != 0;
    public IpAddress Target => IpAddress.FromBytes(_bytes.Slice(8, 16));

    /// <summary>A solicitation carried its source's, or an advertisement its target's, Ethernet address.</summary>
    public bool HasLinkLayer { get; }

    /// <summary>That address; zero without one.</summary>
    public MacAddress LinkLayer { get; }

    /// <summary>
    /// Takes a whole ICMPv6 message whose checksum is known to be right. Errors: <see cref="WireError.Truncated"/>,
    /// <see cref="WireError.BadType"/> (another message, or a code that is not 0), <see cref="WireError.BadAddress"/> (a
    /// multicast target), <see cref="WireError.BadOption"/> (length 0 or beyond the message).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out NeighborView view, out WireError error)
    {
        view = default;
        if (bytes.Length < HeaderLength)
        {
            error = WireError.Truncated;
            return false;
        }

        bool solicitation = bytes[0] == (byte)Icmpv6Type.NeighborSolicitation;
        if ((!solicitation && bytes[0] != (byte)Icmpv6Type.NeighborAdvertisement) || bytes[1] != 0)
        {
            error = WireError.BadType;
            return false;
        }

        if (bytes[8] == 0xFF)
        {
            error = WireError.BadAddress;
            return false;
        }

        byte wanted = solicitation ? SourceLinkLayerOption : TargetLinkLayerOption;
        if (!TryFindLinkLayer(bytes[HeaderLength..], wanted, out bool found, out MacAddress mac))
        {
            error = WireError.BadOption;
            return false;
        }

        view = new NeighborView(bytes, found, mac);
        error = WireError.None;
        return true;
    }

    // RFC 4861 §4.6: a length of 0 makes the whole packet invalid; unknown options are skipped.
    private static bool TryFindLinkLayer(ReadOnlySpan<byte> options, byte wanted, out bool found, out MacAddress mac)
    {
        found = false;
        mac = default;
        while (!options.IsEmpty)
        {
            int length = options.Length < 2 ? 0 : options[1] * 8;
            if (length == 0 || length > options.Length)
            {
                return false;
            }

            if (options[0] == wanted && !found)
            {
                found = true;
                mac = MacAddress.Read(options[2..]);
            }

            options = options[length..];
        }

        return true;
    }
}

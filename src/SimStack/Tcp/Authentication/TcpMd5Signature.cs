using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tcp.Authentication;

/// <summary>TCP MD5 signatures of single segments (RFC 2385 §2), for tools that make or judge segments themselves.</summary>
public static class TcpMd5Signature
{
    /// <summary>
    /// Writes the digest into a segment's MD5 option; does nothing where it has none. The checksum, which is no part of what is signed, has to be
    /// written afterwards.
    /// </summary>
    /// <param name="segment">Header and data.</param>
    /// <param name="key">The key, 1 to 80 bytes.</param>
    /// <param name="source">Where the segment comes from.</param>
    /// <param name="destination">Where it goes.</param>
    /// <exception cref="ArgumentException">Not a TCP header, or a key that is too long.</exception>
    public static void Write(Span<byte> segment, ReadOnlySpan<byte> key, IpAddress source, IpAddress destination)
    {
        TcpView view = Parse(segment, key);
        new SegmentSigner().Sign(segment, view.HeaderLength, SigningKey.OfMd5(key.ToArray()), source, destination);
    }

    /// <summary>Whether a segment has an MD5 option, one only, and with the digest that the key gives.</summary>
    /// <inheritdoc cref="Write"/>
    public static bool IsRight(ReadOnlySpan<byte> segment, ReadOnlySpan<byte> key, IpAddress source, IpAddress destination)
    {
        TcpView view = Parse(segment, key);
        TcpSegment parsed = new() { Bytes = segment, Source = source, Destination = destination };
        return TcpOptions.TryParse(view.OptionBytes, out parsed.Options) && parsed.Options is { HasMd5: true, SignatureIsMalformed: false }
            && new SegmentSigner().IsSignedBy(key.ToArray(), parsed);
    }

    private static TcpView Parse(ReadOnlySpan<byte> segment, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, Md5Keys.LongestKey, nameof(key));
        return TcpView.TryParse(segment, out TcpView view, out WireError error)
            ? view
            : throw new ArgumentException($"not a TCP segment: {error}", nameof(segment));
    }
}

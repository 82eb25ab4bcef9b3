using System.Buffers.Binary;
using System.Net;

namespace SimStack.Ip;

/// <summary>
/// An IPv4 or IPv6 address in one type. IPv4 is kept as the IPv4-mapped IPv6 address ::ffff:a.b.c.d (RFC 4291 §2.5.5.2),
/// as Linux keeps it on dual-stack sockets. The default value is the unspecified IPv6 address <c>::</c>.
/// </summary>
public readonly struct IpAddress : IEquatable<IpAddress>, IComparable<IpAddress>
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;
    private readonly ulong _high;
    private readonly ulong _low;

    public IpAddress(ulong high, ulong low)
    {
        _high = high;
        _low = low;
    }

    /// <summary><c>::</c></summary>
    public static readonly IpAddress AnyV6;

    /// <summary><c>0.0.0.0</c></summary>
    public static readonly IpAddress AnyV4 = FromV4(0);
    public static readonly IpAddress BroadcastV4 = FromV4(0xFFFF_FFFF);
    public static readonly IpAddress LoopbackV4 = FromV4(0x7F00_0001);
    public static readonly IpAddress LoopbackV6 = new(0, 1);

    /// <summary>The first 64 bits, most significant first.</summary>
    public ulong High => _high;

    /// <summary>The last 64 bits, most significant first.</summary>
    public ulong Low => _low;

    public bool IsV4 => _high == 0 && (_low & 0xFFFF_FFFF_0000_0000) == MappedPrefix;
    public bool IsV6 => !IsV4;

    /// <summary>The IPv4 address as a number, most significant byte first; meaningful when <see cref="IsV4"/>.</summary>
    public uint V4 => (uint)_low;

    /// <summary>True for <c>0.0.0.0</c> and <c>::</c>.</summary>
    public bool IsUnspecified => _high == 0 && (_low == 0 || _low == MappedPrefix);
    public bool IsLoopback => IsV4 ? V4 >> 24 == 127 : _high == 0 && _low == 1;
    public bool IsMulticast => IsV4 ? V4 >> 28 == 0xE : _high >> 56 == 0xFF;

    /// <summary>fe80::/10 (RFC 4291 §2.5.6).</summary>
    public bool IsLinkLocalV6 => _high >> 54 == 0x3FA;

    public static IpAddress FromV4(uint address) => new(0, MappedPrefix | address);

    public static IpAddress FromV4(byte a, byte b, byte c, byte d) => FromV4((uint)(a << 24 | b << 16 | c << 8 | d));

    /// <summary>Reads 4 or 16 bytes in network order.</summary>
    /// <exception cref="ArgumentException">Another length.</exception>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])),
        _ => throw new ArgumentException("An IP address has 4 or 16 bytes.", nameof(bytes)),
    };

    /// <summary>Writes 4 bytes (IPv4) or 16 bytes (IPv6) in network order and returns how many.</summary>
    public int WriteTo(Span<byte> destination)
    {
        if (IsV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, V4);
            return 4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        return 16;
    }

    /// <summary>Parses dotted quad or RFC 5952 text; without a scope, without a prefix length.</summary>
    public static bool TryParse(string? text, out IpAddress address)
    {
        address = default;
        if (text is null || text.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(text, out IPAddress? parsed))
        {
            return false;
        }

        // IPAddress takes "1.2" and "0x7f.1" too; a dotted quad is wanted here.
        if (!text.Contains(':', StringComparison.Ordinal) && text.Split('.').Length != 4)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out int written);
        address = FromBytes(bytes[..written]);
        return true;
    }

    /// <exception cref="FormatException">Not an address.</exception>
    public static IpAddress Parse(string text) =>
        TryParse(text, out IpAddress address) ? address : throw new FormatException($"'{text}' is not an IP address.");

    public bool Equals(IpAddress other) => _high == other._high && _low == other._low;

    public override bool Equals(object? obj) => obj is IpAddress other && Equals(other);

    public override int GetHashCode()
    {
        ulong mixed = (_high ^ (_low * 0x9E37_79B9_7F4A_7C15)) * 0xD6E8_FEB8_6659_FD93;
        return (int)(mixed >> 32);
    }

    public int CompareTo(IpAddress other)
    {
        int high = _high.CompareTo(other._high);
        return high != 0 ? high : _low.CompareTo(other._low);
    }

    public static bool operator ==(IpAddress a, IpAddress b) => a.Equals(b);
    public static bool operator !=(IpAddress a, IpAddress b) => !a.Equals(b);

    /// <summary>Dotted quad, or RFC 5952 text.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..WriteTo(bytes)]).ToString();
    }
}

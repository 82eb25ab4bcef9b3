using System.Buffers.Binary;
using System.Globalization;
using SimStack.Ip;

namespace SimStack.Tcp.FastOpen;

/// <summary>
/// The server's secret: the key that cookies are made with, and one that was replaced and is still honoured. A cookie is SipHash-2-4 of the
/// two addresses as they stand in the packet (Linux: __tcp_fastopen_cookie_gen_cipher).
/// </summary>
internal sealed record FastOpenKeys(FastOpenKey Primary, FastOpenKey? Backup = null)
{
    /// <summary>One key as bytes.</summary>
    public const int KeyLength = 16;

    /// <summary>The cookie for a client, by the key in use.</summary>
    public FastOpenCookie Make(in IpAddress client, in IpAddress server) => Primary.Make(client, server);

    /// <summary>Which key a cookie was made with: 1 the one in use, 2 the one before, 0 neither.</summary>
    public int Find(FastOpenCookie cookie, in IpAddress client, in IpAddress server) =>
        Primary.Make(client, server).Matches(cookie) ? 1
        : Backup is { } backup && backup.Make(client, server).Matches(cookie) ? 2
        : 0;

    /// <summary>TCP_FASTOPEN_KEY: 16 bytes, or 32 with the key before; null for another length.</summary>
    public static FastOpenKeys? FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        KeyLength => new FastOpenKeys(FastOpenKey.FromBytes(bytes)),
        2 * KeyLength => new FastOpenKeys(FastOpenKey.FromBytes(bytes), FastOpenKey.FromBytes(bytes[KeyLength..])),
        _ => null,
    };

    /// <summary>16 or 32 bytes.</summary>
    public byte[] ToBytes() => Backup is { } backup ? [.. Primary.ToBytes(), .. backup.ToBytes()] : Primary.ToBytes();

    /// <summary>net.ipv4.tcp_fastopen_key: four groups of hexadecimal digits, and four more behind a comma for the key before.</summary>
    public static FastOpenKeys? Parse(string text)
    {
        string[] keys = text.Split(',');
        if (keys.Length > 2 || FastOpenKey.Parse(keys[0]) is not { } primary)
        {
            return null;
        }

        if (keys.Length == 1)
        {
            return new FastOpenKeys(primary);
        }

        return FastOpenKey.Parse(keys[1]) is { } backup ? new FastOpenKeys(primary, backup) : null;
    }

    public override string ToString() => Backup is { } backup ? $"{Primary},{backup}" : $"{Primary}";
}

/// <summary>A key of 128 bits as SipHash takes it.</summary>
internal readonly record struct FastOpenKey(ulong Low, ulong High)
{
    public FastOpenCookie Make(in IpAddress client, in IpAddress server)
    {
        SipHash hash = new(Low, High);
        ulong made = client.IsV4
            ? hash.Compute(BinaryPrimitives.ReverseEndianness((ulong)client.V4 << 32 | server.V4))
            : hash.Compute(
                BinaryPrimitives.ReverseEndianness(client.High), BinaryPrimitives.ReverseEndianness(client.Low),
                BinaryPrimitives.ReverseEndianness(server.High), BinaryPrimitives.ReverseEndianness(server.Low));
        return FastOpenCookie.Own(BinaryPrimitives.ReverseEndianness(made));
    }

    public static FastOpenKey FromBytes(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[FastOpenKeys.KeyLength];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), High);
        return bytes;
    }

    public static FastOpenKey? Parse(string text)
    {
        string[] groups = text.Trim().Split('-');
        Span<uint> words = stackalloc uint[4];
        if (groups.Length != words.Length)
        {
            return null;
        }

        for (int i = 0; i < words.Length; i++)
        {
            if (groups[i].Length > 8 || !uint.TryParse(groups[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out words[i]))
            {
                return null;
            }
        }

        return new FastOpenKey(words[0] | (ulong)words[1] << 32, words[2] | (ulong)words[3] << 32);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{(uint)Low:x8}-{(uint)(Low >> 32):x8}-{(uint)High:x8}-{(uint)(High >> 32):x8}");
}

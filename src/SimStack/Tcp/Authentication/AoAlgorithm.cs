using System.Security.Cryptography;

namespace SimStack.Tcp.Authentication;

/// <summary>
/// What a key is used with, for deriving keys and for signing alike (RFC 5926 §3), by the names of Linux's cryptographic interface. The two
/// of RFC 5926 are <c>hmac(sha1)</c> and <c>cmac(aes128)</c>.
/// </summary>
internal sealed class AoAlgorithm
{
    private const string Cmac = "cmac(aes)";

    private static readonly AoAlgorithm[] All =
    [
        new("hmac(sha1)", HMACSHA1.HashSizeInBytes, HMACSHA1.HashData),
        new("hmac(sha256)", HMACSHA256.HashSizeInBytes, HMACSHA256.HashData),
        new("hmac(sha384)", HMACSHA384.HashSizeInBytes, HMACSHA384.HashData),
        new("hmac(sha512)", HMACSHA512.HashSizeInBytes, HMACSHA512.HashData),
        new("hmac(md5)", HMACMD5.HashSizeInBytes, HMACMD5.HashData),
        new(Cmac, AesCmac.BlockLength, null),
    ];

    private AoAlgorithm(string name, int digestLength, HashFunction? hmac)
    {
        Name = name;
        DigestLength = digestLength;
        Hmac = hmac;
    }

    public delegate int HashFunction(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, Span<byte> digest);

    public string Name { get; }

    /// <summary>Bytes of a digest before it is cut to the length of a MAC, and of a traffic key.</summary>
    public int DigestLength { get; }

    /// <summary>Null for CMAC.</summary>
    public HashFunction? Hmac { get; }

    public static AoAlgorithm? Find(string name)
    {
        if (name == "cmac(aes128)")
        {
            name = Cmac;
        }

        foreach (AoAlgorithm algorithm in All)
        {
            if (algorithm.Name == name)
            {
                return algorithm;
            }
        }

        return null;
    }

    /// <summary>Whether a key of that length can be used; an HMAC takes any.</summary>
    public bool Takes(int keyLength) => Hmac is not null || keyLength is 16 or 24 or 32;
}

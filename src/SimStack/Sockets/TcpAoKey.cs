using SimStack.Ip;

namespace SimStack.Sockets;

/// <summary>TCP-AO's key flags, by Linux's names and numbers (tcp.h).</summary>
[Flags]
public enum TcpAoKeyFlags : byte
{
    None = 0,

    /// <summary>The key is for one routing domain only; there are none here, and it is refused.</summary>
    TCP_AO_KEYF_IFINDEX = 1,

    /// <summary>The MAC covers no options but TCP-AO itself (RFC 5925 §3.1).</summary>
    TCP_AO_KEYF_EXCLUDE_OPT = 2,
}

/// <summary>
/// A master key tuple of TCP-AO (RFC 5925 §3.1): what TCP_AO_ADD_KEY adds to a socket (Linux: struct tcp_ao_add), and TCP_AO_GET_KEYS tells.
/// </summary>
public sealed record TcpAoKey
{
    /// <summary>The longest master key in bytes (TCP_AO_MAXKEYLEN).</summary>
    public const int MaxKeyLength = 80;

    /// <summary>For which peers: an address, or a prefix; the unspecified address with a length of 0 for all of its version.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>Bits, 0 to 32 or 128.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>KeyID in segments that this host signs by it.</summary>
    public required byte SendId { get; init; }

    /// <summary>KeyID in segments that the peer signs by it.</summary>
    public required byte ReceiveId { get; init; }

    /// <summary>
    /// <c>hmac(sha1)</c> and <c>cmac(aes128)</c> (RFC 5926), <c>hmac(sha256)</c>, <c>hmac(sha384)</c>, <c>hmac(sha512)</c>, <c>hmac(md5)</c>,
    /// <c>cmac(aes)</c>: names of Linux's cryptographic interface.
    /// </summary>
    public string Algorithm { get; init; } = "hmac(sha1)";

    /// <summary>The master key, 0 to 80 bytes; for <c>cmac(aes)</c> 16, 24 or 32.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>Bytes of the MAC in a segment, at most 16 and no more than the algorithm gives; 0 for 12.</summary>
    public int MacLength { get; init; }

    public TcpAoKeyFlags Flags { get; init; }

    /// <summary>It is to be, or is, the key that signs (Current_key). Not on a listening socket.</summary>
    public bool IsCurrent { get; init; }

    /// <summary>It is to be, or is, the key that the peer is asked to use (RNext_key). Not on a listening socket.</summary>
    public bool IsRNext { get; init; }

    /// <summary>Told only: segments whose MAC by this key was right.</summary>
    public long Good { get; init; }

    /// <summary>Told only: segments whose MAC by this key was wrong.</summary>
    public long Bad { get; init; }
}

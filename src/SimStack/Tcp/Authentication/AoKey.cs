using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimStack.Tcp.Authentication;

/// <summary>
/// A master key tuple on a socket (RFC 5925 §3.1; Linux: struct tcp_ao_key), and on a connection the two traffic keys derived from it.
/// </summary>
internal sealed class AoKey
{
    private readonly AoSecret _master;

    private AoKey(TcpAoKey options, AoSecret master, int macLength)
    {
        Address = options.Address;
        PrefixLength = options.PrefixLength;
        SendId = options.SendId;
        ReceiveId = options.ReceiveId;
        ExcludesOptions = (options.Flags & TcpAoKeyFlags.TCP_AO_KEYF_EXCLUDE_OPT) != 0;
        MacLength = macLength;
        _master = master;
    }

    private AoKey(AoKey other)
    {
        Address = other.Address;
        PrefixLength = other.PrefixLength;
        SendId = other.SendId;
        ReceiveId = other.ReceiveId;
        ExcludesOptions = other.ExcludesOptions;
        MacLength = other.MacLength;
        _master = other._master;
    }

    public IpAddress Address { get; }

    public int PrefixLength { get; }

    public byte SendId { get; }

    public byte ReceiveId { get; }

    /// <summary>The MAC covers none of the other options (TCP_AO_KEYF_EXCLUDE_OPT; RFC 5925 §3.1: TCP option flag 0).</summary>
    public bool ExcludesOptions { get; }

    /// <summary>Bytes, 1 to 16.</summary>
    public int MacLength { get; }

    /// <summary>Bytes that the option takes in a header, padding included.</summary>
    public int OptionLength => 4 + MacLength + 3 & ~3;

    public string AlgorithmName => _master.Algorithm.Name;

    public ReadOnlyMemory<byte> MasterKey => _master.Key;

    /// <summary>The traffic key of what the connection sends; null before both initial numbers are known.</summary>
    public AoSecret? Sending { get; private set; }

    /// <inheritdoc cref="Sending"/>
    public AoSecret? Receiving { get; private set; }

    /// <summary>Segments whose MAC was right, and was not (Linux: pkt_good, pkt_bad).</summary>
    public long Good { get; set; }

    /// <inheritdoc cref="Good"/>
    public long Bad { get; set; }

    /// <summary>Makes a key as tcp_ao_parse_crypto does.</summary>
    /// <returns>OK; ENOENT for an unknown algorithm; EMSGSIZE when the MAC would leave no room for the options of a SYN; EINVAL.</returns>
    public static Errno TryCreate(TcpAoKey options, out AoKey key)
    {
        const int DefaultMacLength = 12;
        // A SYN's MSS, timestamps and window scale leave this much of 40 bytes.
        const int MostOptionLength = 20;
        key = null!;
        if (AoAlgorithm.Find(options.Algorithm) is not { } algorithm)
        {
            return Errno.ENOENT;
        }

        int macLength = options.MacLength == 0 ? DefaultMacLength : options.MacLength;
        if ((4 + macLength + 3 & ~3) > MostOptionLength)
        {
            return Errno.EMSGSIZE;
        }

        byte[] master = options.Key.ToArray();
        if (options.Algorithm == "cmac(aes128)" && master.Length != AesCmac.BlockLength)
        {
            master = ShortenToBlock(master);
        }

        if (!algorithm.Takes(master.Length) || macLength > algorithm.DigestLength)
        {
            return Errno.EINVAL;
        }

        key = new AoKey(options, new AoSecret(algorithm, master), macLength);
        return Errno.OK;
    }

    /// <summary>The same key for a connection, without traffic keys, its segments not counted yet.</summary>
    public AoKey Copy() => new(this);

    /// <summary>Whether the key is for a peer (Linux: tcp_ao_key_cmp).</summary>
    public bool Matches(in IpAddress peer, int prefixLength) => Address.IsV4 == peer.IsV4
        && (Address.IsUnspecified || peer.IsUnspecified || PeerPrefix.Covers(Address, Math.Min(prefixLength, PrefixLength), peer));

    /// <summary>Derives both traffic keys of a connection (RFC 5925 §5.2).</summary>
    public void DeriveFor(IpEndpoint local, IpEndpoint remote, uint localIsn, uint remoteIsn)
    {
        Sending = Derive(local, remote, localIsn, remoteIsn);
        Receiving = Derive(remote, local, remoteIsn, localIsn);
    }

    /// <summary>The traffic key of one direction (RFC 5926 §3.1.1; the context is RFC 5925 §5.2's).</summary>
    /// <param name="from">The sender's end.</param>
    /// <param name="to">The receiver's end.</param>
    /// <param name="fromIsn">The sender's initial sequence number.</param>
    /// <param name="toIsn">The receiver's; 0 for a SYN without ACK.</param>
    public AoSecret Derive(IpEndpoint from, IpEndpoint to, uint fromIsn, uint toIsn)
    {
        byte[] input = new byte[80];
        input[0] = 1;
        "TCP-AO"u8.CopyTo(input.AsSpan(1));
        int length = 7;
        length += from.Address.WriteTo(input.AsSpan(length));
        length += to.Address.WriteTo(input.AsSpan(length));
        BinaryPrimitives.WriteUInt16BigEndian(input.AsSpan(length), from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(input.AsSpan(length + 2), to.Port);
        BinaryPrimitives.WriteUInt32BigEndian(input.AsSpan(length + 4), fromIsn);
        BinaryPrimitives.WriteUInt32BigEndian(input.AsSpan(length + 8), toIsn);
        BinaryPrimitives.WriteUInt16BigEndian(input.AsSpan(length + 12), (ushort)(_master.Algorithm.DigestLength * 8));
        byte[] derived = new byte[_master.Algorithm.DigestLength];
        _master.Digest(input, length + 14, derived);
        return new AoSecret(_master.Algorithm, derived);
    }

    /// <summary>RFC 5926 §3.1.1.2: a master key of another length than AES-128's is put through CMAC with a key of zeros.</summary>
    private static byte[] ShortenToBlock(byte[] master)
    {
        byte[] buffer = new byte[master.Length + AesCmac.BlockLength];
        master.CopyTo(buffer, 0);
        byte[] shortened = new byte[AesCmac.BlockLength];
        new AesCmac(new byte[AesCmac.BlockLength]).Compute(buffer, master.Length, shortened);
        return shortened;
    }
}

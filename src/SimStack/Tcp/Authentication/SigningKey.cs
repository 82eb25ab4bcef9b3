namespace SimStack.Tcp.Authentication;

/// <summary>By which key one segment is signed; none by default.</summary>
internal readonly struct SigningKey
{
    private SigningKey(byte[] md5) => Md5 = md5;

    private SigningKey(AoKey key, AoSecret traffic, byte rNextKeyId, uint extension)
    {
        Ao = key;
        Traffic = traffic;
        RNextKeyId = rNextKeyId;
        Extension = extension;
    }

    public byte[]? Md5 { get; }

    public AoKey? Ao { get; }

    /// <summary>With <see cref="Ao"/>: the traffic key of the segment's direction.</summary>
    public AoSecret Traffic { get; } = null!;

    /// <summary>With <see cref="Ao"/>: the key that the peer is asked to use.</summary>
    public byte RNextKeyId { get; }

    /// <summary>With <see cref="Ao"/>: the sequence number extension, SNE (RFC 5925 §6.2).</summary>
    public uint Extension { get; }

    public bool IsNone => Md5 is null && Ao is null;

    /// <summary>Bytes that the signature takes in a header, padding included.</summary>
    public int OptionLength => Ao is not null ? Ao.OptionLength : Md5 is not null ? 20 : 0;

    /// <param name="key">Null: no signature.</param>
    public static SigningKey OfMd5(byte[]? key) => key is null ? default : new(key);

    public static SigningKey OfAo(AoKey key, AoSecret traffic, byte rNextKeyId, uint extension) => new(key, traffic, rNextKeyId, extension);
}

namespace SimStack.Tcp.Authentication;

/// <summary>A master or traffic key with its algorithm, ready to be used.</summary>
internal sealed class AoSecret
{
    private readonly AesCmac? _cmac;

    /// <param name="algorithm">The algorithm, which takes a key of that length.</param>
    /// <param name="key">The key; kept.</param>
    public AoSecret(AoAlgorithm algorithm, byte[] key)
    {
        Algorithm = algorithm;
        Key = key;
        _cmac = algorithm.Hmac is null ? new AesCmac(key) : null;
    }

    public AoAlgorithm Algorithm { get; }

    public byte[] Key { get; }

    /// <summary>Writes the digest of the buffer's first bytes; what follows them is used.</summary>
    /// <param name="buffer">16 bytes more than the message, which are overwritten.</param>
    /// <param name="length">Bytes of the message.</param>
    /// <param name="digest">As long as the algorithm's digest.</param>
    public void Digest(byte[] buffer, int length, Span<byte> digest)
    {
        if (_cmac is not null)
        {
            _cmac.Compute(buffer, length, digest);
        }
        else
        {
            Algorithm.Hmac!(Key, buffer.AsSpan(0, length), digest);
        }
    }
}

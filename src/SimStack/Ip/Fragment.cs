namespace SimStack.Ip;

/// <summary>A fragment that was received: a copy in a pooled buffer.</summary>
internal sealed class Fragment(int capacity)
{
    // What Linux's sk_buff costs beside the data.
    private const int Overhead = 256;

    internal byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(capacity);

    /// <summary>Bytes of headers that stand before the data: of the first fragment all, of others none.</summary>
    internal int HeaderLength { get; set; }

    /// <summary>Where the data belongs, in bytes.</summary>
    internal int Offset { get; set; }

    /// <summary>Bytes of data.</summary>
    internal int DataLength { get; set; }

    /// <summary>The next one of the same datagram, in no order; or of the pool.</summary>
    internal Fragment? Next { get; set; }

    internal ReadOnlySpan<byte> Headers => Buffer.AsSpan(0, HeaderLength);

    internal ReadOnlySpan<byte> Data => Buffer.AsSpan(HeaderLength, DataLength);

    /// <summary>Headers and data as received; of the first fragment the whole packet.</summary>
    internal ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, HeaderLength + DataLength);

    /// <summary>What counts against the limit of memory, in bytes (Linux: truesize).</summary>
    internal int MemorySize => Buffer.Length + Overhead;
}

namespace SimStack.Tcp;

/// <summary>Fixed-size blocks for the byte queues of one host, reused without allocation.</summary>
internal sealed class ChunkPool
{
    public const int ChunkShift = 13;
    public const int ChunkSize = 1 << ChunkShift;
    private Chunk[] _free = new Chunk[64];
    private int _count;

    public byte[] Rent() => _count > 0 ? _free[--_count].Bytes! : GC.AllocateUninitializedArray<byte>(ChunkSize);

    public void Return(byte[] chunk)
    {
        if (_count == _free.Length)
        {
            Array.Resize(ref _free, _count * 2);
        }

        _free[_count++].Bytes = chunk;
    }

    /// <summary>
    /// A place for one. In an array of arrays each store would look at the type of what is stored, and so at memory that is in no cache.
    /// </summary>
    public struct Chunk
    {
        public byte[]? Bytes;
    }
}

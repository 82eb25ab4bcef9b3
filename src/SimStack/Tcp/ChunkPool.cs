namespace SimStack.Tcp;

/// <summary>Fixed-size blocks for the byte queues of one host, reused without allocation.</summary>
internal sealed class ChunkPool
{
    public const int ChunkShift = 13;
    public const int ChunkSize = 1 << ChunkShift;
    private byte[][] _free = new byte[64][];
    private int _count;

    public byte[] Rent() => _count > 0 ? _free[--_count] : GC.AllocateUninitializedArray<byte>(ChunkSize);

    public void Return(byte[] chunk)
    {
        if (_count == _free.Length)
        {
            Array.Resize(ref _free, _count * 2);
        }

        _free[_count++] = chunk;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// A queue of bytes in pooled chunks: the send buffer, and the receive buffer with room for data that arrived ahead of a hole.
/// Reaching any offset takes the same time, whatever the length; memory follows what is held, not the limit.
/// </summary>
internal sealed class ByteQueue(ChunkPool pool)
{
    private ChunkPool.Chunk[] _chunks = new ChunkPool.Chunk[4];
    private int _firstChunk;
    private int _headOffset;

    /// <summary>Bytes in order from the head on. Data written ahead of it does not count yet.</summary>
    public int Length { get; private set; }

    /// <summary>Adds bytes at the end. Those of <see cref="Tail"/> are where they belong already.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        if (!IsAtTail(data))
        {
            WriteAt(Length, data);
        }

        Length += data.Length;
    }

    /// <summary>
    /// Memory behind the end, for bytes of which it will show only once they were read whether they are to stay; empty where it would not be in
    /// one piece. Not to be written to while data is written ahead.
    /// </summary>
    public Span<byte> Tail(int length)
    {
        int position = _headOffset + Length;
        int within = position & (ChunkPool.ChunkSize - 1);
        if (length > ChunkPool.ChunkSize - within)
        {
            return default;
        }

        EnsureChunks((position >> ChunkPool.ChunkShift) + 1);
        byte[] chunk = Slot(position >> ChunkPool.ChunkShift).Bytes ??= pool.Rent();
        return chunk.AsSpan(within, length);
    }

    private bool IsAtTail(ReadOnlySpan<byte> data)
    {
        int position = _headOffset + Length;
        int index = position >> ChunkPool.ChunkShift;
        return index < _chunks.Length && Slot(index).Bytes is { } chunk
            && Unsafe.AreSame(ref MemoryMarshal.GetReference(data), ref chunk[position & (ChunkPool.ChunkSize - 1)]);
    }

    /// <summary>
    /// Writes at an offset from the head, which may lie beyond the end; <see cref="Extend"/> makes it part of the queue later.
    /// </summary>
    public void WriteAt(int offset, ReadOnlySpan<byte> data)
    {
        int position = _headOffset + offset;
        EnsureChunks((position + data.Length + ChunkPool.ChunkSize - 1) >> ChunkPool.ChunkShift);
        while (data.Length > 0)
        {
            int within = position & (ChunkPool.ChunkSize - 1);
            int count = Math.Min(data.Length, ChunkPool.ChunkSize - within);
            byte[] chunk = Slot(position >> ChunkPool.ChunkShift).Bytes ??= pool.Rent();
            data[..count].CopyTo(chunk.AsSpan(within));
            data = data[count..];
            position += count;
        }
    }

    /// <summary>Takes bytes written ahead into the queue.</summary>
    public void Extend(int count) => Length += count;

    /// <summary>Copies from an offset; the range must lie inside the queue.</summary>
    public void CopyTo(int offset, Span<byte> destination)
    {
        int position = _headOffset + offset;
        while (destination.Length > 0)
        {
            int within = position & (ChunkPool.ChunkSize - 1);
            int count = Math.Min(destination.Length, ChunkPool.ChunkSize - within);
            Slot(position >> ChunkPool.ChunkShift).Bytes.AsSpan(within, count).CopyTo(destination);
            destination = destination[count..];
            position += count;
        }
    }

    /// <summary>Copies from an offset, and gives the sum of the bytes (<see cref="InternetChecksum.Sum"/>); the range must lie inside the queue.</summary>
    public ulong CopyAndSum(int offset, Span<byte> destination)
    {
        int position = _headOffset + offset;
        int within = position & (ChunkPool.ChunkSize - 1);
        if (destination.Length > ChunkPool.ChunkSize - within)
        {
            CopyTo(offset, destination);
            return InternetChecksum.Sum(destination);
        }

        byte[] chunk = Slot(position >> ChunkPool.ChunkShift).Bytes!;
        return InternetChecksum.SumAndCopy(chunk.AsSpan(within, destination.Length), destination);
    }

    /// <summary>What lies at an offset is read soon: its first bytes are asked for, of what follows them the processor sees it by itself.</summary>
    public void Expect(int offset)
    {
        const int FirstBytes = 512;
        if (offset < Length)
        {
            int position = _headOffset + offset;
            int within = position & (ChunkPool.ChunkSize - 1);
            CacheHint.Expect(Slot(position >> ChunkPool.ChunkShift).Bytes.AsSpan(within, Math.Min(FirstBytes, ChunkPool.ChunkSize - within)));
        }
    }

    /// <summary>Removes bytes at the head and gives whole chunks back.</summary>
    public void Consume(int count)
    {
        Length -= count;
        _headOffset += count;
        while (_headOffset >= ChunkPool.ChunkSize)
        {
            ReleaseFirst();
            _firstChunk = (_firstChunk + 1) & (_chunks.Length - 1);
            _headOffset -= ChunkPool.ChunkSize;
        }
    }

    /// <summary>An empty queue holds no chunk. Not to be called while data is written ahead.</summary>
    public void ReleaseIfEmpty()
    {
        if (Length == 0)
        {
            ReleaseFirst();
            _headOffset = 0;
        }
    }

    /// <summary>Gives every chunk back; what was held is gone.</summary>
    public void Clear()
    {
        for (int i = 0; i < _chunks.Length; i++)
        {
            ReleaseFirst();
            _firstChunk = (_firstChunk + 1) & (_chunks.Length - 1);
        }

        _headOffset = 0;
        Length = 0;
    }

    private void ReleaseFirst()
    {
        ref ChunkPool.Chunk chunk = ref _chunks[_firstChunk];
        if (chunk.Bytes is not null)
        {
            pool.Return(chunk.Bytes);
            chunk.Bytes = null;
        }
    }

    private ref ChunkPool.Chunk Slot(int index) => ref _chunks[(_firstChunk + index) & (_chunks.Length - 1)];

    private void EnsureChunks(int count)
    {
        if (count <= _chunks.Length)
        {
            return;
        }

        int capacity = _chunks.Length;
        while (capacity < count)
        {
            capacity *= 2;
        }

        ChunkPool.Chunk[] larger = new ChunkPool.Chunk[capacity];
        for (int i = 0; i < _chunks.Length; i++)
        {
            larger[i] = Slot(i);
        }

        _chunks = larger;
        _firstChunk = 0;
    }
}

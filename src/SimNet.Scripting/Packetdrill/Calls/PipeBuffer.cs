namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>What is in a pipe: at most 16 pages of 4096 bytes.</summary>
internal sealed class PipeBuffer
{
    public const int Capacity = 16 * 4096;

    private readonly byte[] _bytes = new byte[Capacity];
    private int _start;

    public int Count { get; private set; }

    public int Space => Capacity - Count;

    public int Write(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, Space);
        for (int i = 0; i < count; i++)
        {
            _bytes[(_start + Count + i) % Capacity] = bytes[i];
        }

        Count += count;
        return count;
    }

    public int Read(Span<byte> destination)
    {
        int count = Peek(destination);
        Skip(count);
        return count;
    }

    public int Peek(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, Count);
        for (int i = 0; i < count; i++)
        {
            destination[i] = _bytes[(_start + i) % Capacity];
        }

        return count;
    }

    public void Skip(int count)
    {
        _start = (_start + count) % Capacity;
        Count -= count;
    }
}

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>A regular file of the simulated machine. Zeros take no memory.</summary>
internal sealed class VirtualFile
{
    private byte[] _data = [];

    /// <summary>In bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes from the offset on; 0 at or behind the end.</summary>
    public int Read(long offset, Span<byte> destination)
    {
        int count = (int)Math.Clamp(Length - offset, 0, destination.Length);
        destination = destination[..count];
        destination.Clear();
        if (offset < _data.Length)
        {
            int stored = Math.Min(count, _data.Length - (int)offset);
            _data.AsSpan((int)offset, stored).CopyTo(destination);
        }

        return count;
    }

    /// <summary>Writes at the offset; what lies between the end and it becomes zeros.</summary>
    /// <returns>False when bytes other than zeros would lie beyond what is kept, 64 MiB.</returns>
    public bool TryWrite(long offset, ReadOnlySpan<byte> bytes)
    {
        const long MostKept = 64 << 20;
        long end = offset + bytes.Length;
        bool zeros = bytes.IndexOfAnyExcept((byte)0) < 0;
        if (!zeros && end > MostKept)
        {
            return false;
        }

        if (!zeros && end > _data.Length)
        {
            Array.Resize(ref _data, (int)end);
        }

        if (offset < _data.Length)
        {
            int stored = (int)Math.Min(bytes.Length, _data.Length - offset);
            bytes[..stored].CopyTo(_data.AsSpan((int)offset));
        }

        Length = Math.Max(Length, end);
        return true;
    }

    /// <summary>Cuts the file, or extends it with zeros.</summary>
    public void SetLength(long length)
    {
        Length = length;
        if (length < _data.Length)
        {
            Array.Resize(ref _data, (int)length);
        }
    }
}

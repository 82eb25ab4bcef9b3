namespace SimNet.Capture;

/// <summary>
/// A stream read forwards with a window of contiguous bytes. The window grows only as bytes really arrive, so a length field
/// in a hostile file cannot make it larger than twice what the file holds.
/// </summary>
internal sealed class CaptureInput(Stream stream, string? path, bool leaveOpen) : IDisposable
{
    private const int FirstLength = 64 * 1024;
    private byte[] _buffer = new byte[FirstLength];
    private int _start;
    private int _end;

    /// <summary>Distance of the window's first byte from where reading began.</summary>
    public long Offset { get; private set; }

    public int Available => _end - _start;

    /// <summary>The window's first <paramref name="length"/> bytes; they must have been ensured.</summary>
    public ReadOnlyMemory<byte> Window(int length) => _buffer.AsMemory(_start, length);

    /// <summary>True when the window has that many bytes, reading as far as needed; false when the stream ends before.</summary>
    public bool Ensure(int length)
    {
        while (Available < length)
        {
            MakeRoom(length);
            int count = stream.Read(_buffer, _end, _buffer.Length - _end);
            if (count <= 0)
            {
                return false;
            }

            _end += count;
        }

        return true;
    }

    /// <summary>Passes over bytes, in the window or beyond; false when the stream ends before.</summary>
    public bool Skip(long length)
    {
        while (length > 0)
        {
            if (Available == 0 && !Ensure(1))
            {
                return false;
            }

            int step = (int)Math.Min(length, Available);
            _start += step;
            Offset += step;
            length -= step;
        }

        return true;
    }

    public CaptureFormatException Wrong(long offset, string message) => new(path, offset, message);

    public void Dispose()
    {
        if (!leaveOpen)
        {
            stream.Dispose();
        }
    }

    private void MakeRoom(int length)
    {
        if (_start > 0 && _start + (long)length > _buffer.Length)
        {
            // The bytes before the window belong to a packet that is no longer valid.
            _buffer.AsSpan(_start, Available).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }
}

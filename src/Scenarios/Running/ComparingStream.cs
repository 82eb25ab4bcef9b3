namespace Scenarios.Running;

/// <summary>Compares what is written to it with a file, and remembers where they first differ.</summary>
internal sealed class ComparingStream : Stream
{
    private readonly FileStream _expected;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private long _position;

    /// <summary>Compares with that file.</summary>
    public ComparingStream(string path)
    {
        FilePath = path;
        _expected = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
    }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>The first byte that differs, counted from 0; null when none does. Final after disposal.</summary>
    public long? FirstDifference { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0 && FirstDifference is null)
        {
            Span<byte> expected = _buffer.AsSpan(0, Math.Min(_buffer.Length, buffer.Length));
            int read = _expected.ReadAtLeast(expected, expected.Length, throwOnEndOfStream: false);
            int same = expected[..read].CommonPrefixLength(buffer[..expected.Length]);
            _position += same;
            if (same < expected.Length)
            {
                FirstDifference = _position;
            }

            buffer = buffer[expected.Length..];
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is kept back.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _expected.CanRead)
        {
            // Less than the file holds is a difference too.
            if (FirstDifference is null && _position < _expected.Length)
            {
                FirstDifference = _position;
            }

            _expected.Dispose();
        }

        base.Dispose(disposing);
    }
}

using SimStack.Ip;

namespace SimNet.Capture;

/// <summary>
/// Writes frames to a capture file as a stream, in bounded memory and without allocating per packet. Bytes reach the stream
/// only at block boundaries, so after <see cref="Flush"/> the file is valid whatever happens next.
/// When the stream fails, one <see cref="CaptureWriteException"/> is thrown, a seekable stream is cut back to its last whole
/// block, and everything later is ignored. Not safe for use by several threads at once.
/// </summary>
public abstract class CaptureWriter : IDisposable
{
    /// <summary>The most bytes that are kept of one frame: 262144, as in libpcap and Wireshark.</summary>
    public const int MaxCapturedLength = 262_144;

    private const int BufferLength = 256 * 1024;
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly bool _appending;
    private readonly long _start;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
    private int _used;
    private long _committed;
    private bool _disposed;

    private protected CaptureWriter(Stream stream, bool leaveOpen)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The capture's stream cannot be written.", nameof(stream));
        }

        _stream = stream;
        _leaveOpen = leaveOpen;
        _start = stream.CanSeek ? stream.Position : 0;
        _appending = stream.CanSeek && stream.Length == _start;
    }

    /// <summary>Frames accepted so far.</summary>
    public long PacketCount { get; private protected set; }

    /// <summary>What went wrong with the stream, or null. The only trace of a failure inside <see cref="Dispose"/>.</summary>
    public CaptureWriteException? Failure { get; private set; }

    private protected bool Ignoring => Failure is not null || _disposed;

    /// <summary>Adds an interface and returns its number, counted from 0. To be called before its first frame.</summary>
    /// <exception cref="ArgumentException">The format cannot hold it beside the others.</exception>
    /// <exception cref="CaptureWriteException">The stream failed, for the first time.</exception>
    public abstract int AddInterface(CaptureInterface captureInterface);

    /// <summary>Gives an address a host name, for the frames from here on. Classic pcap has no place for it.</summary>
    /// <exception cref="ArgumentException">The name is empty, holds a NUL, or is longer than 255 bytes in UTF-8.</exception>
    /// <exception cref="CaptureWriteException">The stream failed, for the first time.</exception>
    public abstract void AddName(IpAddress address, string name);

    /// <summary>Writes one frame, cut to the interface's snap length.</summary>
    /// <param name="interfaceId">A number that <see cref="AddInterface"/> returned.</param>
    /// <param name="unixNanoseconds">Nanoseconds since 1970, not negative.</param>
    /// <param name="frame">The frame from its link header on, without frame check sequence.</param>
    /// <param name="direction">Kept by pcapng only.</param>
    /// <param name="comment">Shown by Wireshark with the packet; cut at 65535 bytes of UTF-8. Kept by pcapng only.</param>
    /// <param name="originalLength">The length on the wire when <paramref name="frame"/> is only its beginning; else -1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Unknown interface, impossible time or length.</exception>
    /// <exception cref="CaptureWriteException">The stream failed, for the first time.</exception>
    public abstract void Write(
        int interfaceId,
        long unixNanoseconds,
        ReadOnlySpan<byte> frame,
        CaptureDirection direction = CaptureDirection.Unknown,
        ReadOnlySpan<char> comment = default,
        int originalLength = -1);

    /// <summary>As the other overload, with the comment in UTF-8 already.</summary>
    /// <inheritdoc cref="Write(int, long, ReadOnlySpan{byte}, CaptureDirection, ReadOnlySpan{char}, int)"/>
    public abstract void Write(
        int interfaceId,
        long unixNanoseconds,
        ReadOnlySpan<byte> frame,
        CaptureDirection direction,
        ReadOnlySpan<byte> utf8Comment,
        int originalLength = -1);

    /// <summary>Hands everything written so far to the stream and flushes that.</summary>
    /// <exception cref="CaptureWriteException">The stream failed, for the first time.</exception>
    public void Flush()
    {
        if (Ignoring)
        {
            return;
        }

        Drain();
        try
        {
            _stream.Flush();
        }
        catch (Exception error) when (IsStreamFailure(error))
        {
            throw Fail(error);
        }
    }

    /// <summary>
    /// Writes what belongs at the end, flushes, and closes the stream unless told to leave it open. Never throws for a failing
    /// stream: call <see cref="Flush"/> first, or look at <see cref="Failure"/> afterwards, to learn of that.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        try
        {
            WriteEnd();
            Flush();
        }
        catch (CaptureWriteException)
        {
            // Kept in Failure.
        }

        _disposed = true;
        if (!_leaveOpen)
        {
            CloseStream();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a file for a new capture, replacing one of the same name; others may read it while it grows.</summary>
    private protected static FileStream CreateFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            // No second buffer: the writer's own one ends at a block boundary, a FileStream's would not.
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception error) when (IsStreamFailure(error) || error is NotSupportedException or ArgumentException)
        {
            throw CaptureWriteException.NotCreated(path, error);
        }
    }

    /// <summary>The last blocks of the file; called once, while the stream has not failed or as a no-op.</summary>
    private protected abstract void WriteEnd();

    /// <summary>The length of the first of some blocks, which is so many bytes into the file.</summary>
    private protected abstract long BlockLength(ReadOnlySpan<byte> blocks, long position);

    /// <summary>Hands whole blocks to the stream.</summary>
    private protected virtual void Append(Stream stream, ReadOnlySpan<byte> blocks) => stream.Write(blocks);

    /// <summary>True when the stream is a file that grows at its end.</summary>
    private protected bool IsAppending => _appending;

    /// <summary>Room for one whole block, draining the buffer first when it is too full.</summary>
    private protected Span<byte> Reserve(int length)
    {
        if (length > _buffer.Length - _used)
        {
            Drain();
            if (length > _buffer.Length)
            {
                _buffer = GC.AllocateUninitializedArray<byte>(length);
            }
        }

        return _buffer.AsSpan(_used, length);
    }

    /// <summary>The block in the reserved room is complete and has this length.</summary>
    private protected void Commit(int length) => _used += length;

    private static bool IsStreamFailure(Exception error) =>
        error is IOException or UnauthorizedAccessException or ObjectDisposedException;

    private void Drain()
    {
        if (_used == 0)
        {
            return;
        }

        try
        {
            Append(_stream, _buffer.AsSpan(0, _used));
        }
        catch (Exception error) when (IsStreamFailure(error))
        {
            throw Fail(error);
        }

        _committed += _used;
        _used = 0;
    }

    private CaptureWriteException Fail(Exception cause)
    {
        try
        {
            CutToWholeBlocks();
        }
        catch (Exception error) when (IsStreamFailure(error) || error is NotSupportedException)
        {
            // Nothing more can be done for the file; the first error is the one to report.
        }

        _used = 0;
        Failure = CaptureWriteException.NotWritten((_stream as FileStream)?.Name, _committed, cause);
        return Failure;
    }

    /// <summary>A full disk takes part of a write: keep the whole blocks of that part, drop the rest.</summary>
    private void CutToWholeBlocks()
    {
        if (!_stream.CanSeek)
        {
            return;
        }

        if (_appending)
        {
            long taken = Math.Min(_stream.Length - _start - _committed, _used);
            int whole = 0;
            while (whole < taken)
            {
                long next = whole + BlockLength(_buffer.AsSpan(whole, _used - whole), _committed + whole);
                if (next > taken)
                {
                    break;
                }

                whole = (int)next;
            }

            _committed += whole;
        }

        _stream.SetLength(_start + _committed);
        _stream.Position = _start + _committed;
    }

    private void CloseStream()
    {
        try
        {
            _stream.Dispose();
        }
        catch (Exception error) when (IsStreamFailure(error))
        {
            Failure ??= CaptureWriteException.NotWritten((_stream as FileStream)?.Name, _committed, error);
        }
    }
}

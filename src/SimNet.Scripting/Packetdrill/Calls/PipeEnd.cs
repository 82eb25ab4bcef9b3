namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>One end of a pipe (pipe(7)).</summary>
internal sealed class PipeEnd : OpenFile
{
    private readonly PipeBuffer _buffer;

    private PipeEnd(PipeBuffer buffer, bool isWriter)
    {
        _buffer = buffer;
        Flags = isWriter ? WriteOnly : 0;
    }

    /// <summary>The other end; null once that is closed.</summary>
    public PipeEnd? Other { get; private set; }

    public PipeBuffer Buffer => _buffer;

    public static (PipeEnd Reader, PipeEnd Writer) Create()
    {
        PipeBuffer buffer = new();
        PipeEnd reader = new(buffer, isWriter: false);
        PipeEnd writer = new(buffer, isWriter: true) { Other = reader };
        reader.Other = writer;
        return (reader, writer);
    }

    public override uint Poll() => MayWrite
        ? (_buffer.Space > 0 ? PollMask.Out | PollMask.WriteNormal : 0) | (Other is null ? PollMask.Err : 0)
        : (_buffer.Count > 0 ? PollMask.In | PollMask.ReadNormal : 0) | (Other is null ? PollMask.Hup : 0);

    /// <summary>Takes bytes out, and wakes who waits to write.</summary>
    public int Read(Span<byte> destination)
    {
        int count = _buffer.Read(destination);
        if (count > 0)
        {
            Other?.Wake(PollMask.Out | PollMask.WriteNormal);
        }

        return count;
    }

    /// <summary>Puts bytes in as far as they fit, and wakes who waits to read.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        int count = _buffer.Write(bytes);
        if (count > 0)
        {
            Other?.Wake(PollMask.In | PollMask.ReadNormal);
        }

        return count;
    }

    protected override void Release(Instant now)
    {
        if (Other is { } other)
        {
            other.Other = null;
            other.Wake(PollMask.Everyone);
        }
    }
}

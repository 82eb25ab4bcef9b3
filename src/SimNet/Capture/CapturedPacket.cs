namespace SimNet.Capture;

/// <summary>One frame of a capture file.</summary>
public readonly struct CapturedPacket
{
    /// <summary>Index into <see cref="CaptureReader.Interfaces"/>; counted on through all sections of a file.</summary>
    public int InterfaceId { get; init; }

    /// <summary>What the first byte of <see cref="Data"/> belongs to.</summary>
    public CaptureLinkType LinkType { get; init; }

    /// <summary>False for pcapng's simple packet blocks, which carry no time; <see cref="UnixNanoseconds"/> is 0 then.</summary>
    public bool HasTimestamp { get; init; }

    /// <summary>Nanoseconds since 1970; finer units of the file are cut off.</summary>
    public long UnixNanoseconds { get; init; }

    /// <summary>The frame's length on the wire in bytes; more than <see cref="Data"/> has when the frame was cut.</summary>
    public int OriginalLength { get; init; }

    /// <summary>The captured bytes; valid until the reader is asked for the next packet.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The packet's comments, separated by line feeds; null when there is none.</summary>
    public string? Comment { get; init; }

    /// <summary>pcapng's <c>epb_flags</c> as stored; 0 when absent.</summary>
    public uint Flags { get; init; }

    /// <summary>The direction in <see cref="Flags"/>.</summary>
    public CaptureDirection Direction => (Flags & 3) switch
    {
        1 => CaptureDirection.Inbound,
        2 => CaptureDirection.Outbound,
        _ => CaptureDirection.Unknown,
    };

    /// <summary>The length of <see cref="Data"/> in bytes.</summary>
    public int CapturedLength => Data.Length;

    /// <summary>True when the file has less of the frame than was on the wire.</summary>
    public bool IsCut => Data.Length < OriginalLength;
}

namespace SimNet.Capture;

/// <summary>An interface of a capture: what a pcapng interface description block says, or a classic pcap file's header.</summary>
public sealed record CaptureInterface
{
    /// <summary>The name, as <c>client.eth0</c>; empty when the file gives none. Classic pcap has none.</summary>
    public string Name { get; init; } = "";

    /// <summary>A description for people; empty when the file gives none. Classic pcap has none.</summary>
    public string Description { get; init; } = "";

    /// <summary>What the frames begin with.</summary>
    public CaptureLinkType LinkType { get; init; } = CaptureLinkType.Ethernet;

    /// <summary>The most bytes kept of a frame; 0 for no limit but <see cref="CaptureWriter.MaxCapturedLength"/>.</summary>
    public int SnapLength { get; init; } = CaptureWriter.MaxCapturedLength;

    /// <summary>
    /// The unit of the file's timestamps as in pcapng's <c>if_tsresol</c>: a power of ten (9: nanoseconds), or with the top
    /// bit set a power of two. Set by readers; the writers' own unit does not follow it.
    /// </summary>
    public byte TimestampResolution { get; init; } = 9;

    /// <summary>Seconds that were added to the file's timestamps (<c>if_tsoffset</c>). Set by readers.</summary>
    public long TimestampOffsetSeconds { get; init; }
}

namespace SimNet.Capture;

/// <summary>The header of a classic pcap file.</summary>
public sealed record PcapOptions
{
    /// <summary>True for nanoseconds (magic a1b23c4d); false for microseconds (a1b2c3d4), three digits less.</summary>
    public bool Nanoseconds { get; init; } = true;

    /// <summary>What the frames of every interface begin with.</summary>
    public CaptureLinkType LinkType { get; init; } = CaptureLinkType.Ethernet;

    /// <summary>The most bytes kept of a frame, 1 to <see cref="CaptureWriter.MaxCapturedLength"/>.</summary>
    public int SnapLength { get; init; } = CaptureWriter.MaxCapturedLength;

    /// <summary>True when disposing the writer leaves the stream open.</summary>
    public bool LeaveOpen { get; init; }
}

namespace SimNet.Capture;

/// <summary>The section header of a pcapng file. Nothing comes from the machine or the clock: same input, same bytes.</summary>
public sealed record PcapngOptions
{
    /// <summary>The program, as <c>shb_userappl</c>: <c>sim (Simulator 0.1.0)</c>; empty to leave it out.</summary>
    public string Application { get; init; } = "";

    /// <summary>A comment on the whole file; empty to leave it out.</summary>
    public string Comment { get; init; } = "";

    /// <summary>More comments behind the first, each cut at 65,535 bytes of UTF-8.</summary>
    public IReadOnlyList<string> FurtherComments { get; init; } = [];

    /// <summary>The operating system, as <c>shb_os</c>; empty to leave it out.</summary>
    public string OperatingSystem { get; init; } = "";

    /// <summary>True when disposing the writer leaves the stream open.</summary>
    public bool LeaveOpen { get; init; }
}

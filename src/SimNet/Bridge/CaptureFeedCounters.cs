namespace SimNet.Bridge;

/// <summary>What became of a capture's frames.</summary>
public sealed class CaptureFeedCounters
{
    /// <summary>Read so far.</summary>
    public long Frames { get; internal set; }

    /// <summary>Entered the simulation.</summary>
    public long Entered { get; internal set; }

    /// <summary>Of these, such whose bytes the capture had cut off, and which were filled up with zeros.</summary>
    public long Filled { get; internal set; }

    /// <summary>Left out: sent by the side that the simulated hosts play.</summary>
    public long Own { get; internal set; }

    /// <summary>Left out: between others, or not let through by the filter.</summary>
    public long Others { get; internal set; }

    /// <summary>Left out: ARP and neighbour discovery, which the feed does itself.</summary>
    public long Neighbours { get; internal set; }

    /// <summary>Left out: neither IP nor ARP, too short, or of a link type that is not known.</summary>
    public long Unreadable { get; internal set; }

    /// <summary>Left out: of TCP connections whose beginning is not in the capture.</summary>
    public long WithoutBeginning { get; internal set; }

    /// <summary>Left out: of connections that the captured host opened or took and the simulated one did not.</summary>
    public long Unasked { get; internal set; }

    /// <summary>Entered, but acknowledged more than the simulated host has sent; they acknowledge what it has.</summary>
    public long Premature { get; internal set; }
}

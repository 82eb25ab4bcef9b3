using SimNet.Observe;

namespace SimNet.Links;

/// <summary>What one direction of a link did. Sent + copies + injected = delivered + dropped + in flight.</summary>
public sealed class LinkCounters
{
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];

    /// <summary>Packets given to the link.</summary>
    public long Sent { get; internal set; }

    /// <summary>Their bytes, Ethernet headers included.</summary>
    public long SentBytes { get; internal set; }

    /// <summary>Packets that arrived.</summary>
    public long Delivered { get; internal set; }

    /// <summary>Packets held back by <see cref="LinkDirectionOptions.Reorder"/> or a rule.</summary>
    public long HeldBack { get; internal set; }

    /// <summary>Copies made.</summary>
    public long Copies { get; internal set; }

    /// <summary>Packets with a bit changed.</summary>
    public long Corrupted { get; internal set; }

    /// <summary>Packets whose fields a rule changed.</summary>
    public long Edited { get; internal set; }

    /// <summary>Packets that the queue marked "congestion experienced".</summary>
    public long Marked { get; internal set; }

    /// <summary>Packets that rules made.</summary>
    public long Injected { get; internal set; }

    /// <summary>Packets that a rule should have made, but nothing was known to make them from.</summary>
    public long NotInjected { get; internal set; }

    /// <summary>Packets dropped for any reason.</summary>
    public long TotalDropped { get; private set; }

    /// <summary>Packets dropped for that reason.</summary>
    public long Dropped(DropReason reason) => _dropped[(int)reason];

    internal void CountDrop(DropReason reason)
    {
        _dropped[(int)reason]++;
        TotalDropped++;
    }
}

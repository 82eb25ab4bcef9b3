using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>Calls of send(2) with MSG_ZEROCOPY that are told of together: their data shares packets (Linux: ubuf_info_msgzc).</summary>
internal sealed class ZerocopyNotice
{
    /// <summary>Linux joins calls up to half a megabyte.</summary>
    private const long MostBytes = 1 << 19;
    private const int MostCalls = ushort.MaxValue - 1;

    /// <summary>The number of its first call.</summary>
    public uint First { get; init; }

    /// <summary>Calls; 0 when there was only one, and it came to nothing.</summary>
    public int Calls { get; set; } = 1;

    /// <summary>Bytes that the calls were given.</summary>
    public long Bytes { get; set; }

    /// <summary>A call is not over.</summary>
    public bool IsOpen { get; set; } = true;

    /// <summary>The first byte; only once <see cref="IsPlaced"/>.</summary>
    public SequenceNumber Start { get; set; }

    /// <summary>The end of the packet with the last byte: acknowledged, it lets go of the data.</summary>
    public SequenceNumber PacketEnd { get; set; }

    public bool IsPlaced { get; set; }

    /// <summary>Bytes of pinned pages besides the data.</summary>
    public int Memory { get; set; }

    /// <summary>Whether a call with that number and length may join.</summary>
    public bool Takes(uint number, long bytes) =>
        unchecked(First + (uint)Calls) == number && Calls < MostCalls && Bytes + bytes <= MostBytes;
}

/// <summary>The notices of one connection that are not yet told, oldest first.</summary>
internal sealed class ZerocopyNotices
{
    private readonly List<ZerocopyNotice> _notices = [];

    public int Count => _notices.Count;

    /// <summary>That of the packet which was written to last, as long as that packet has pinned pages.</summary>
    public ZerocopyNotice? Last { get; set; }

    /// <summary>Bytes that pinned pages take of SO_SNDBUF besides the data.</summary>
    public int Memory { get; private set; }

    public ZerocopyNotice this[int index] => _notices[index];

    public void Add(ZerocopyNotice notice) => _notices.Add(notice);

    public void RemoveAt(int index)
    {
        Memory -= _notices[index].Memory;
        _notices.RemoveAt(index);
    }

    public void Remove(ZerocopyNotice notice) => RemoveAt(_notices.IndexOf(notice));

    /// <summary>Takes the pages into account that were pinned besides the data.</summary>
    public void Charge(ZerocopyNotice notice, int memory)
    {
        notice.Memory += memory;
        Memory += memory;
    }

    /// <summary>Pinned pages are in that range of the stream.</summary>
    public bool Overlaps(SequenceNumber start, SequenceNumber end)
    {
        foreach (ZerocopyNotice notice in _notices)
        {
            if (notice.IsPlaced && notice.Start < end && notice.PacketEnd > start)
            {
                return true;
            }
        }

        return false;
    }
}

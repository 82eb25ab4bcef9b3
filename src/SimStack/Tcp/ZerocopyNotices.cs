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

    /// <summary>Whether a call with that number and length may join.</summary>
    public bool Takes(uint number, long bytes) =>
        unchecked(First + (uint)Calls) == number && Calls < MostCalls && Bytes + bytes <= MostBytes;
}

/// <summary>The notices of one connection that are not yet told, oldest first.</summary>
internal sealed class ZerocopyNotices
{
    private readonly List<ZerocopyNotice> _notices = [];
    private readonly Queue<(SequenceNumber End, int Memory)> _charges = new();
    private readonly List<SequenceNumber> _fragments = [];

    public int Count => _notices.Count;

    /// <summary>That of the packet which was written to last, as long as that packet has pinned pages.</summary>
    public ZerocopyNotice? Last { get; set; }

    /// <summary>Bytes that pinned pages take of SO_SNDBUF besides the data.</summary>
    public int Memory { get; private set; }

    public ZerocopyNotice this[int index] => _notices[index];

    public void Add(ZerocopyNotice notice) => _notices.Add(notice);

    public void RemoveAt(int index) => _notices.RemoveAt(index);

    /// <summary>Fragments of the packet that was written to last, as it is: the rest of one that was sent in part has fewer.</summary>
    /// <param name="start">Where it begins.</param>
    public int FragmentsFrom(SequenceNumber start)
    {
        int gone = 0;
        while (gone < _fragments.Count && _fragments[gone] <= start)
        {
            gone++;
        }

        _fragments.RemoveRange(0, gone);
        return _fragments.Count;
    }

    /// <summary>The last packet has a fragment more.</summary>
    /// <param name="end">The end of its data.</param>
    /// <param name="memory">Bytes that are pinned besides the data.</param>
    public void AddFragment(SequenceNumber end, int memory)
    {
        _fragments.Add(end);
        _charges.Enqueue((end, memory));
        Memory += memory;
    }

    /// <summary>More was copied into the last fragment.</summary>
    public void GrowFragment(SequenceNumber end) => _fragments[^1] = end;

    /// <summary>Another packet is the last.</summary>
    public void BeginPacket() => _fragments.Clear();

    /// <summary>Data up to there was acknowledged.</summary>
    public void Release(SequenceNumber end)
    {
        while (_charges.TryPeek(out (SequenceNumber End, int Memory) charge) && charge.End <= end)
        {
            _charges.Dequeue();
            Memory -= charge.Memory;
        }
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

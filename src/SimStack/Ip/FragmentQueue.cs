namespace SimStack.Ip;

/// <summary>What a fragment is to those of its datagram that came before.</summary>
internal enum FragmentFit
{
    /// <summary>It fills a gap.</summary>
    New,

    /// <summary>It says nothing new: its bytes are there already.</summary>
    Duplicate,

    /// <summary>Some of its bytes are there already, some are not.</summary>
    Overlap,

    /// <summary>It contradicts what is known of the datagram's length, or has no data.</summary>
    Inconsistent,
}

/// <summary>What the fragments of one datagram have in common (RFC 791 §3.2, RFC 8200 §4.5).</summary>
/// <param name="Source">Source address.</param>
/// <param name="Destination">Destination address.</param>
/// <param name="Id">Identification: 16 bits in IPv4, 32 in IPv6.</param>
/// <param name="Protocol">IPv4's protocol; 0 in IPv6.</param>
/// <param name="Interface">Where link-local and multicast fragments came in; 0 otherwise.</param>
internal readonly record struct FragmentKey(IpAddress Source, IpAddress Destination, uint Id, byte Protocol, int Interface);

/// <summary>
/// One datagram in the making. Which bytes are there is kept as Linux keeps it: in runs of fragments that arrived in order, so that
/// what counts as a duplicate (lies within one run) and what as an overlap is the same.
/// </summary>
internal sealed class FragmentQueue
{
    private Run[] _runs = new Run[4];
    private int _runCount;
    private Fragment? _fragments;
    private bool _hasLast;
    private int _received;

    internal FragmentKey Key { get; private set; }

    /// <summary>When the datagram is given up.</summary>
    internal Instant Deadline { get; set; }

    /// <summary>Where the last fragment came in.</summary>
    internal NetworkInterface? Interface { get; set; }

    /// <summary>The fragment at offset 0, once it has come.</summary>
    internal Fragment? First { get; private set; }

    /// <summary>One bit for each ECN codepoint that was seen: 1 &lt;&lt; codepoint.</summary>
    internal int EcnSeen { get; set; }

    /// <summary>Data bytes of the whole as far as known.</summary>
    internal int Length { get; private set; }

    /// <summary>The source's count of fragments when the last one for this datagram came.</summary>
    internal uint PeerCount { get; set; }

    internal bool IsEmpty => _runCount == 0;

    internal bool IsComplete => _hasLast && First is not null && _received == Length;

    /// <summary>Neighbours in the table's list by deadline.</summary>
    internal FragmentQueue? Previous { get; set; }

    internal FragmentQueue? Next { get; set; }

    internal void Begin(in FragmentKey key)
    {
        Key = key;
        Interface = null;
        PeerCount = 0;
    }

    /// <summary>Finds the place of a fragment's data; takes note of it when it is new.</summary>
    /// <param name="offset">In bytes.</param>
    /// <param name="end">Offset behind the data.</param>
    /// <param name="more">False for the last fragment.</param>
    internal FragmentFit Place(int offset, int end, bool more)
    {
        // The last fragment fixes the length: nothing lies beyond, and there is one end only (RFC 1122 §3.3.2 leaves it open; Linux).
        if (_hasLast && (more ? end > Length : end != Length) || !more && end < Length)
        {
            return FragmentFit.Inconsistent;
        }

        _hasLast |= !more;
        Length = Math.Max(Length, end);
        return end == offset ? FragmentFit.Inconsistent : Insert(offset, end);
    }

    internal void Add(Fragment fragment)
    {
        _received += fragment.DataLength;
        fragment.Next = _fragments;
        _fragments = fragment;
        if (fragment.Offset == 0)
        {
            First = fragment;
        }
    }

    internal void CopyTo(Span<byte> data)
    {
        for (Fragment? fragment = _fragments; fragment is not null; fragment = fragment.Next)
        {
            fragment.Data.CopyTo(data[fragment.Offset..]);
        }
    }

    /// <summary>Forgets all fragments; the first of them, the others behind it.</summary>
    internal Fragment? TakeAll()
    {
        Fragment? all = _fragments;
        _fragments = null;
        First = null;
        _runCount = 0;
        _hasLast = false;
        _received = 0;
        Length = 0;
        EcnSeen = 0;
        return all;
    }

    private FragmentFit Insert(int offset, int end)
    {
        if (_runCount == 0)
        {
            AddRun(0, offset, end);
            return FragmentFit.New;
        }

        ref Run last = ref _runs[_runCount - 1];
        if (last.End < end)
        {
            if (offset < last.End)
            {
                return FragmentFit.Overlap;
            }

            if (offset == last.End)
            {
                last.End = end;
            }
            else
            {
                AddRun(_runCount, offset, end);
            }

            return FragmentFit.New;
        }

        int low = 0;
        int high = _runCount;
        while (low < high)
        {
            int middle = (low + high) / 2;
            Run run = _runs[middle];
            if (end <= run.Start)
            {
                high = middle;
            }
            else if (offset >= run.End)
            {
                low = middle + 1;
            }
            else
            {
                return offset >= run.Start && end <= run.End ? FragmentFit.Duplicate : FragmentFit.Overlap;
            }
        }

        AddRun(low, offset, end);
        return FragmentFit.New;
    }

    private void AddRun(int at, int start, int end)
    {
        if (_runCount == _runs.Length)
        {
            Array.Resize(ref _runs, _runs.Length * 2);
        }

        Array.Copy(_runs, at, _runs, at + 1, _runCount - at);
        _runs[at] = new Run { Start = start, End = end };
        _runCount++;
    }

    private struct Run
    {
        internal int Start;
        internal int End;
    }
}

namespace SimNet.Scripting.Comparison;

/// <summary>
/// Where the numbers of one direction begin: its SYN, or the first number seen when the capture began later. The beginnings of earlier
/// connections on the same ports are kept, since a number may belong to one of them: a SYN that meets an old connection is answered with
/// the old one's numbers (RFC 9293 §3.10.7.4).
/// </summary>
internal sealed class SequenceBase
{
    private const int MostKept = 8;
    private readonly List<SequenceNumber> _starts = [];

    /// <summary>True when the current connection's SYN, or a number in its place, was seen.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>The current beginning.</summary>
    public SequenceNumber Start => _starts[^1];

    /// <summary>The highest number used so far, and one.</summary>
    public SequenceNumber End { get; set; }

    /// <summary>Sets the beginning.</summary>
    public void Begin(SequenceNumber start)
    {
        if (_starts.Count == MostKept)
        {
            _starts.RemoveAt(0);
        }

        _starts.Add(start);
        End = start;
        IsKnown = true;
    }

    /// <summary>A new connection on the same ports: its beginning is not yet known.</summary>
    public SequenceBase Next()
    {
        var next = new SequenceBase();
        next._starts.AddRange(_starts);
        return next;
    }

    /// <summary>The distance from the nearest beginning at or below the number; absolute when there is none.</summary>
    public long Relative(SequenceNumber number)
    {
        if (_starts.Count == 0)
        {
            return number.Value;
        }

        uint best = uint.MaxValue;
        foreach (SequenceNumber start in _starts)
        {
            best = Math.Min(best, unchecked(number.Value - start.Value));
        }

        // Below every beginning: a small negative number says more than one near 2^32.
        return best > int.MaxValue ? number - Start : best;
    }
}

using SimNet.Scripting.Running;

namespace SimNet.Scripting.Ladder;

/// <summary>A packet between two sides, or something that happens on one of them.</summary>
internal sealed class LadderRow
{
    public required Instant Time { get; init; }

    /// <summary>How many of the run's packets came before.</summary>
    public required int Index { get; init; }

    /// <summary>The packet; null where nothing is on the line.</summary>
    public PacketRecord? Packet { get; init; }

    /// <summary>True: from the left side to the right one.</summary>
    public bool Rightward { get; init; }

    /// <summary>On a page of several columns: where the arrow begins; without a packet: where the notes stand, as those of the left.</summary>
    public int From { get; init; }

    /// <summary>On a page of several columns: where the arrow ends.</summary>
    public int To { get; init; }

    /// <summary>What is written on the arrow.</summary>
    public string Text { get; set; } = "";

    /// <summary>Sequence space that was sent before.</summary>
    public bool Repeats { get; init; }

    public List<string> Left { get; } = [];
    public List<string> Right { get; } = [];

    /// <summary>Worth showing in a long run.</summary>
    public bool IsUnusual { get; set; }

    public List<string> Cell(bool left) => left ? Left : Right;
}

/// <summary>The two sides of a ladder and what passes between them.</summary>
internal sealed class LadderPage
{
    public required LadderSide Left { get; init; }
    public required LadderSide Right { get; init; }
    public List<LadderRow> Rows { get; private set; } = [];

    /// <summary>All hosts from left to right, where there are more than two; else empty.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>The host has a side or a column here.</summary>
    public bool Has(string host) => Columns.Count > 0 ? ColumnOf(host) >= 0 : Left.Host == host || Right.Host == host;

    /// <summary>Which column a host has; -1: none.</summary>
    public int ColumnOf(string host)
    {
        int column = Columns.Count - 1;
        while (column >= 0 && Columns[column] != host)
        {
            column--;
        }

        return column;
    }

    /// <summary>Puts the rows in order; what happens before a packet stands above it, what happens together as it was added.</summary>
    public void Sort() => Rows = [.. Rows.OrderBy(r => r.Time).ThenBy(r => r.Index).ThenBy(r => r.Packet is not null)];
}

/// <summary>A side: a host, or one end of a conversation within a host.</summary>
/// <param name="Host">Host name.</param>
/// <param name="Port">For conversations within a host: the port; else 0.</param>
internal readonly record struct LadderSide(string Host, int Port)
{
    public override string ToString() => Port == 0 ? Host : Host + ":" + Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

using SimStack.Tcp;

namespace SimStack.Sockets;

/// <summary>
/// A host's TCP sockets at a glance, to be looked at again and again while it runs (<see cref="Host.LookAtSockets"/>): how many there are in
/// each state, those that listen, and the busiest connections. It keeps its room, so that a look allocates next to nothing.
/// </summary>
public sealed class SocketOverview
{
    // A connection that was silent for so long comes after all others, whatever it moved before.
    private static readonly Duration Silence = Duration.FromSeconds(2);

    private readonly int[] _states = new int[(int)TcpState.TimeWait + 1];
    private readonly List<SocketTableRow> _listening = [];
    private readonly List<SocketTableRow> _busiest = [];
    private readonly (long Rank, TcpConnection Connection)[] _best;
    private int _found;

    /// <summary>An empty one.</summary>
    /// <param name="busiest">How many connections it shows at most; 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number.</exception>
    public SocketOverview(int busiest)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(busiest);
        _best = new (long, TcpConnection)[busiest];
    }

    /// <summary>Connections, handshakes and TIME-WAIT; not those that listen.</summary>
    public int Total { get; private set; }

    /// <summary>Listening sockets with both their queues, in order of creation.</summary>
    public IReadOnlyList<SocketTableRow> Listening => _listening;

    /// <summary>The connections that moved the most bytes, those that move some first; with TCP_INFO.</summary>
    public IReadOnlyList<SocketTableRow> Busiest => _busiest;

    /// <summary>How many are in a state.</summary>
    public int Count(TcpState state) => _states[(int)state];

    internal void Clear()
    {
        Array.Clear(_states);
        _listening.Clear();
        _busiest.Clear();
        Total = 0;
    }

    internal void AddListening(in SocketTableRow row)
    {
        _states[(int)TcpState.Listen]++;
        _listening.Add(row);
    }

    internal void Add(Instant now, TcpFlow flow)
    {
        _states[(int)flow.State]++;
        Total++;
        if (flow is not TcpConnection connection || _best.Length == 0)
        {
            return;
        }

        long rank = connection.BytesMoved + (now - connection.LastMovedAt < Silence ? long.MaxValue / 2 : 0);
        if (_found == _best.Length && rank <= _best[^1].Rank)
        {
            return;
        }

        int place = _found < _best.Length ? _found++ : _found - 1;
        for (; place > 0 && _best[place - 1].Rank < rank; place--)
        {
            _best[place] = _best[place - 1];
        }

        _best[place] = (rank, connection);
    }

    /// <summary>Describes the busiest, and forgets what it holds of the stack.</summary>
    internal void End(Func<TcpConnection, SocketTableRow> describe)
    {
        for (int i = 0; i < _found; i++)
        {
            _busiest.Add(describe(_best[i].Connection));
        }

        Array.Clear(_best);
        _found = 0;
    }
}

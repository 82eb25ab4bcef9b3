using SimStack.Sockets;

namespace SimStack.Tcp.Listen;

/// <summary>The complete connections that nobody has accepted yet, oldest first.</summary>
internal sealed class AcceptQueue
{
    private readonly Queue<TcpConnection> _connections = new();

    public int Count => _connections.Count;

    public void Add(TcpConnection connection) => _connections.Enqueue(connection);

    public bool TryTake(out TcpConnection connection) => _connections.TryDequeue(out connection!);

    public IReadOnlyList<AcceptQueueItem> Snapshot()
    {
        List<AcceptQueueItem> items = new(_connections.Count);
        foreach (TcpConnection connection in _connections)
        {
            items.Add(new AcceptQueueItem(connection.Id, connection.Remote, connection.State, connection.Readable));
        }

        return items;
    }
}

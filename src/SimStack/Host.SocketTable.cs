using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tcp.Listen;

namespace SimStack;

public sealed partial class Host
{
    /// <summary>Appends the socket table in order of creation: listening sockets, SYN queues, connections, TIME-WAIT; then UDP's.</summary>
    public void GetSocketTable(List<SocketTableRow> rows) => AddRows(rows, null);

    /// <summary>The same with what <c>ss -tin</c> tells besides: TCP_INFO, congestion control and timer of each TCP socket.</summary>
    /// <param name="now">The instant to which ages and timers refer.</param>
    /// <param name="rows">Is appended to.</param>
    public void GetSocketTable(Instant now, List<SocketTableRow> rows) => AddRows(rows, now);

    /// <summary>Fills an overview of the TCP sockets. It looks at each once; only the busiest are described.</summary>
    /// <param name="now">The instant to which ages and timers refer.</param>
    /// <param name="overview">What it showed before is gone.</param>
    public void LookAtSockets(Instant now, SocketOverview overview)
    {
        overview.Clear();
        foreach (TcpListener listener in _tcp.Listeners)
        {
            overview.AddListening(RowOf(listener, null));
        }

        _tcp.Flows.AddTo(now, overview);
        overview.End(connection => RowOf(connection, now));
    }

    private void AddRows(List<SocketTableRow> rows, Instant? now)
    {
        List<(long Id, SocketTableRow Row)> found = [];
        foreach (TcpListener listener in _tcp.Listeners)
        {
            found.Add((listener.Id, RowOf(listener, now)));
        }

        List<TcpFlow> flows = [];
        _tcp.Flows.CopyTo(flows);
        foreach (TcpFlow flow in flows)
        {
            found.Add((flow.Id, RowOf(flow, now)));
        }

        found.Sort((a, b) => a.Id.CompareTo(b.Id));
        foreach ((_, SocketTableRow row) in found)
        {
            rows.Add(row);
        }

        _udp.AddRows(rows);
    }

    private static SocketTableRow RowOf(TcpListener listener, Instant? now)
    {
        IpAddress any = listener.Local.Address.IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6;
        var row = new SocketTableRow(
            listener.Local, new IpEndpoint(any, 0), TcpState.Listen, listener.AcceptQueueLength, listener.Backlog,
            listener.SynQueueLength, listener.SynQueueLimit, Accepted: true);
        return now is not { } instant ? row : row with
        {
            Info = listener.Socket.GetInfo(instant),
            CongestionControl = listener.Socket.CongestionControl,
        };
    }

    private static SocketTableRow RowOf(TcpFlow flow, Instant? now)
    {
        TcpConnection? connection = flow as TcpConnection;
        var row = new SocketTableRow(
            flow.Local, flow.Remote, flow.State, connection?.Readable ?? 0, connection?.Unacknowledged ?? 0,
            0, 0, connection?.Listener is null);
        return now is not { } instant ? row : connection is not null ? connection.Describe(row, instant) : row with
        {
            // A SYN queue's timer is for the SYN-ACK, that of TIME-WAIT for 2MSL (Linux: inet_req_diag_fill, inet_twsk_diag_fill).
            Timer = flow is SynQueueEntry entry
                ? new SocketTimer(SocketTimerKind.On, SocketTimer.Left(instant, entry.Deadline), entry.Timeouts)
                : new SocketTimer(SocketTimerKind.TimeWait, SocketTimer.Left(instant, flow.Deadline), 0),
        };
    }
}

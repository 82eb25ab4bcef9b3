using System.Globalization;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Scenarios.Bridge;

/// <summary>Draws snapshots; rates are those since the one drawn before.</summary>
/// <param name="colours">False: without, but for bold and dim.</param>
internal sealed class BridgeTable(bool colours)
{
    private const int LeastRows = 3;
    private static readonly TcpState[] States = Enum.GetValues<TcpState>();
    private readonly Style _warning = colours ? new Style(Color.Red) : new Style(decoration: Decoration.Bold);
    private readonly Style _head = new(decoration: Decoration.Bold);
    private readonly Style _dim = new(decoration: Decoration.Dim);
    private Dictionary<(IpEndpoint Local, IpEndpoint Remote), long> _moved = [];
    private Dictionary<(IpEndpoint Local, IpEndpoint Remote), long> _movedBefore = [];
    private BridgeSnapshot.DeviceView[] _devices = [];
    private Duration _elapsed;

    /// <summary>The table.</summary>
    /// <param name="snapshot">What to show.</param>
    /// <param name="said">Lines of the programs.</param>
    /// <param name="height">Rows that there is room for; connections are left out to keep to it.</param>
    public IRenderable Draw(BridgeSnapshot snapshot, string[] said, int height)
    {
        Duration since = snapshot.Elapsed - _elapsed;
        (_moved, _movedBefore) = (_movedBefore, _moved);
        _moved.Clear();
        List<IRenderable> parts = [Clock(snapshot), Devices(snapshot, since)];
        BridgeSnapshot.LinkView[] links = [.. snapshot.Links.Where(l => l.Dropped > 0 || l.Queued > 0)];
        int taken = 2 + snapshot.Devices.Length + (links.Length == 0 ? 0 : links.Length + 1) + said.Length;
        if (links.Length > 0)
        {
            parts.Add(Links(links));
        }

        BridgeSnapshot.HostView[] hosts = [.. snapshot.Hosts.Where(h => h.Sockets.Total + h.Sockets.Listening.Count > 0)];
        taken += hosts.Length * 2;
        foreach (BridgeSnapshot.HostView host in hosts)
        {
            int rows = Math.Max(LeastRows, (height - taken) / hosts.Length);
            parts.Add(Summary(host));
            parts.Add(Sockets(host, rows, since));
        }

        parts.AddRange(said.Select(line => (IRenderable)new Text(line, _dim) { Overflow = Overflow.Ellipsis }));
        _devices = [.. snapshot.Devices];
        _elapsed = snapshot.Elapsed;
        return new Rows(parts);
    }

    private Text Clock(BridgeSnapshot snapshot) => new(
        $"{Amounts.Time(snapshot.Elapsed)}   lag {Amounts.Time(snapshot.Lag)}, longest {Amounts.Time(snapshot.LongestLag)}   longest stall {Amounts.Time(snapshot.LongestStall)}"
        + (snapshot.Slips == 0 ? "" : $"   UNFAITHFUL: stood still for {Amounts.Time(snapshot.Slipped)}"),
        snapshot.Slips == 0 ? _head : _warning);

    private Table Devices(BridgeSnapshot snapshot, Duration since)
    {
        Table table = New("device", "in", "", "", "out", "", "", "dropped");
        for (int i = 0; i < snapshot.Devices.Length; i++)
        {
            BridgeSnapshot.DeviceView d = snapshot.Devices[i];
            BridgeSnapshot.DeviceView before = i < _devices.Length ? _devices[i] : default;
            long dropped = d.RxDropped + d.TxDropped;
            table.AddRow(
                Cell($"{d.Port} ({d.Name})"),
                Cell(Amounts.PerSecond(d.RxFrames - before.RxFrames, since)),
                Cell(Amounts.Rate(d.RxBytes - before.RxBytes, since)),
                Cell(Amounts.Bytes(d.RxBytes), _dim),
                Cell(Amounts.PerSecond(d.TxFrames - before.TxFrames, since)),
                Cell(Amounts.Rate(d.TxBytes - before.TxBytes, since)),
                Cell(Amounts.Bytes(d.TxBytes), _dim),
                Cell(Amounts.Number(dropped), dropped > 0 ? _warning : null));
        }

        return table;
    }

    private Table Links(BridgeSnapshot.LinkView[] links)
    {
        Table table = New("link", "queue", "", "dropped");
        foreach (BridgeSnapshot.LinkView link in links)
        {
            table.AddRow(
                Cell($"{link.Direction.From.Name} -> {link.Direction.To.Name}"),
                Cell(Amounts.Count(link.Queued, "packet")),
                Cell(Amounts.Bytes(link.QueuedBytes)),
                Cell(Amounts.Number(link.Dropped)));
        }

        return table;
    }

    private Text Summary(BridgeSnapshot.HostView host)
    {
        IEnumerable<string> states = States.Where(s => s != TcpState.Listen && host.Sockets.Count(s) > 0)
            .Select(s => $"{Amounts.Number(host.Sockets.Count(s))} {s.ToSsName()}");
        return new Text($"{host.Host.Name}: {(host.Sockets.Total == 0 ? "no connections" : string.Join(", ", states))}", _head) { Overflow = Overflow.Ellipsis };
    }

    private Table Sockets(BridgeSnapshot.HostView host, int rows, Duration since)
    {
        Table table = New("state", "Recv-Q", "Send-Q", "local", "peer", "cwnd", "rtt", "rate");
        foreach (SocketTableRow row in host.Sockets.Listening.Take(Math.Max(1, rows / 2)))
        {
            bool full = row.RecvQ > row.SendQ || row.SynQueue >= row.SynQueueLimit;
            table.AddRow(
                Cell("LISTEN"), Cell(Number(row.RecvQ), full ? _warning : null), Cell(Number(row.SendQ)), Cell(row.Local.ToString()),
                Cell($"SYN queue {row.SynQueue}/{row.SynQueueLimit}", full ? _warning : _dim), Cell(""), Cell(""), Cell(""));
        }

        foreach (SocketTableRow row in host.Sockets.Busiest.Take(rows - table.Rows.Count))
        {
            TcpInfo info = row.Info ?? default;
            (IpEndpoint, IpEndpoint) key = (row.Local, row.Remote);
            long moved = _moved[key] = info.BytesAcked + info.BytesReceived;
            table.AddRow(
                Cell(row.State.ToSsName()),
                Cell(Number(row.RecvQ)),
                Cell(Number(row.SendQ)),
                Cell(row.Local.ToString()),
                Cell(row.Remote.ToString()),
                Cell(Number(info.SndCwnd), info.CaState >= 3 ? _warning : null),
                Cell(info.Rtt == 0 ? "" : Amounts.Time(Duration.FromMicroseconds(info.Rtt))),
                Cell(_movedBefore.TryGetValue(key, out long before) ? Amounts.Rate(moved - before, since) : ""));
        }

        return table;
    }

    private Table New(params string[] columns)
    {
        Table table = new() { Border = TableBorder.None, UseSafeBorder = false };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column, _dim)) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        }

        return table;
    }

    private static Text Cell(string text, Style? style = null) => new(text, style) { Overflow = Overflow.Ellipsis };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using SimNet.Observe;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Ladder;

/// <summary>Puts packets, states, queues and calls of a run onto ladders: one for each pair of sides.</summary>
internal sealed class LadderBuilder
{
    private readonly RunResult _run;
    private readonly List<LadderPage> _pages = [];
    private readonly Dictionary<PacketRecord, (LadderPage Page, LadderRow Row)> _rows = [];
    private readonly Dictionary<long, PacketRecord> _sentFrames = [];
    private readonly HashSet<long> _injected = [];
    private readonly LadderTopology _topology;
    private readonly LadderPage? _columns;

    private LadderBuilder(RunResult run)
    {
        _run = run;
        _topology = new LadderTopology(run);
        if (_topology.Columns.Count > 2)
        {
            _columns = new LadderPage
            {
                Columns = _topology.Columns,
                Left = new LadderSide(_topology.Columns[0], 0),
                Right = new LadderSide(_topology.Columns[^1], 0),
            };
        }
    }

    public static IReadOnlyList<LadderPage> Build(RunResult run)
    {
        var builder = new LadderBuilder(run);
        builder.Packets();
        builder.Ports();
        builder.States();
        builder.Queues();
        builder.Calls();
        builder._pages.ForEach(p => p.Sort());
        return [.. builder._pages.Where(p => p.Rows.Count > 0)];
    }

    private static string HostOf(PacketRecord packet) => packet.Point[..packet.Point.LastIndexOf('.')];

    private void Packets()
    {
        if (_columns is not null)
        {
            _pages.Add(_columns);
        }

        // Each page counts for itself: what a router passes on is not sent again.
        Dictionary<LadderPage, SegmentText> texts = [];
        Dictionary<long, string> receivers = [];
        foreach (PacketRecord arrived in _run.Packets.Where(p => !p.Outbound))
        {
            receivers.TryAdd(arrived.FrameId, HostOf(arrived));
        }

        for (int i = 0; i < _run.Packets.Count; i++)
        {
            PacketRecord sent = _run.Packets[i];
            if (!sent.Outbound)
            {
                Injected(sent, i, texts);
                continue;
            }

            _sentFrames[sent.FrameId] = sent;
            if (_columns is not null && _topology.FirstLeg(sent) is { } first && _rows.TryGetValue(first, out (LadderPage, LadderRow) whole))
            {
                // Forwarded without anything worth telling: one arrow from the first sender to the last receiver.
                _rows[sent] = whole;
                continue;
            }

            PacketRecord last = _columns is null ? sent : _topology.LastLeg(sent);
            if ((Asked(sent) ?? (receivers.TryGetValue(last.FrameId, out string? to) ? to : Receiver(last))) is { } receiver)
            {
                Add(sent, i, receiver, texts);
            }
        }
    }

    private void Add(PacketRecord sent, int index, string receiver, Dictionary<LadderPage, SegmentText> texts)
    {
        string host = HostOf(sent);
        bool within = receiver == host && sent.Segment is not null;
        var from = new LadderSide(host, within ? sent.Segment!.Source.Port : 0);
        var other = new LadderSide(receiver, within ? sent.Segment!.Destination.Port : 0);
        LadderPage page = Page(from, other);
        (string words, bool repeats) = TextOf(page, texts).Next(sent, isForwarded: page.Columns.Count > 0 && _topology.IsForwarded(sent));
        int column = page.ColumnOf(host), toColumn = page.ColumnOf(receiver);
        // Whom a broadcast is for, nobody knows: it goes as far as there are hosts.
        toColumn = toColumn >= 0 || page.Columns.Count == 0 ? toColumn : column == page.Columns.Count - 1 ? 0 : page.Columns.Count - 1;
        var row = new LadderRow
        {
            Time = sent.Time,
            Index = index,
            Packet = sent,
            Rightward = page.Columns.Count > 0 ? toColumn > column : page.Left == from,
            Text = words,
            Repeats = repeats,
            From = column,
            To = toColumn,
        };
        row.IsUnusual = repeats || sent.Lost is not null || sent.Effects != LinkEffects.None || sent.Segment?.Has(TcpFlags.Rst) == true
            || sent.Segment is { Window: 0 } || LadderTopology.IsError(sent);
        page.Rows.Add(row);
        _rows[sent] = (page, row);
    }

    private static SegmentText TextOf(LadderPage page, Dictionary<LadderPage, SegmentText> texts)
    {
        if (!texts.TryGetValue(page, out SegmentText? text))
        {
            texts[page] = text = new SegmentText();
        }

        return text;
    }

    /// <summary>What a rule made has no sender; it is drawn from the host it claims to be from, at its arrival.</summary>
    private void Injected(PacketRecord arrived, int index, Dictionary<LadderPage, SegmentText> texts)
    {
        if ((arrived.Effects & LinkEffects.Injected) == LinkEffects.None || !_injected.Add(arrived.FrameId))
        {
            return;
        }

        string host = HostOf(arrived);
        IpAddress? source = arrived.Segment?.Source.Address;
        string? owner = _run.Scenario.Hosts.FirstOrDefault(h => h.Name != host && h.Interfaces.Any(i => i.Addresses.Any(a => a.Address == source)))?.Name;
        LadderPage? page = owner is null
            ? _pages.Find(p => p.Has(host))
            : Page(new LadderSide(owner, 0), new LadderSide(host, 0));
        if (page is null)
        {
            return;
        }

        _sentFrames[arrived.FrameId] = arrived;
        string words = TextOf(page, texts).Next(arrived).Text;
        int to = page.ColumnOf(host), from = owner is null ? -1 : page.ColumnOf(owner);
        from = from >= 0 ? from : to == 0 ? page.Columns.Count - 1 : 0;
        var row = new LadderRow
        {
            Time = arrived.Time,
            Index = index,
            Packet = arrived,
            Rightward = page.Columns.Count > 0 ? to > from : page.Right.Host == host,
            Text = words,
            IsUnusual = true,
            From = from,
            To = to,
        };
        page.Rows.Add(row);
        _rows[arrived] = (page, row);
    }

    /// <summary>Where several conversations share a page, each packet says the port of the side that opened its own.</summary>
    private void Ports()
    {
        foreach (LadderPage page in _pages)
        {
            var openers = new Dictionary<(IpEndpoint, IpEndpoint), int>();
            foreach (SegmentRecord segment in page.Rows.Select(r => r.Packet?.Segment).OfType<SegmentRecord>())
            {
                if (!openers.ContainsKey((segment.Destination, segment.Source)))
                {
                    openers.TryAdd((segment.Source, segment.Destination), segment.Source.Port);
                }
            }

            foreach (LadderRow row in openers.Count > 1 ? page.Rows.Where(r => r.Packet?.Segment is not null) : [])
            {
                SegmentRecord segment = row.Packet!.Segment!;
                int port = openers.TryGetValue((segment.Source, segment.Destination), out int own) ? own : openers[(segment.Destination, segment.Source)];
                row.Text = string.Create(CultureInfo.InvariantCulture, $":{port} {row.Text}");
            }
        }
    }

    // An ARP request goes to everybody, but is for the host that has the address, if one on the ladder has.
    private string? Asked(PacketRecord sent)
    {
        string[] words = sent.Text.Split(' ');
        return words is ["ARP", "who-has", var wanted, ..] && IpAddress.TryParse(wanted, out IpAddress address)
            ? _run.Scenario.Hosts.FirstOrDefault(h => h.Interfaces.Any(i => i.Addresses.Any(a => a.Address == address)))?.Name
            : null;
    }

    // A lost packet was on its way to the host of its destination address, or over the link to the other end.
    private string? Receiver(PacketRecord sent)
    {
        IpAddress? destination = sent.Segment?.Destination.Address;
        string? owner = _run.Scenario.Hosts.FirstOrDefault(h => h.Interfaces.Any(i => i.Addresses.Any(a => a.Address == destination)))?.Name;
        LinkDefinition? link = _run.Scenario.Links.FirstOrDefault(l => l.A.ToString() == sent.Point || l.B.ToString() == sent.Point);
        return owner ?? (link is null ? null : link.A.ToString() == sent.Point ? link.B.Host : link.A.Host);
    }

    private LadderPage Page(LadderSide a, LadderSide b)
    {
        if (_columns is not null && a.Host != b.Host && _columns.Has(a.Host))
        {
            return _columns;
        }

        LadderPage? page = _pages.Find(p => p.Columns.Count == 0 && ((p.Left == a && p.Right == b) || (p.Left == b && p.Right == a)));
        if (page is null)
        {
            page = new LadderPage { Left = a, Right = b };
            _pages.Add(page);
        }

        return page;
    }

    private void States()
    {
        foreach ((string host, TcpStateChange change, int index) in _run.States)
        {
            if (change.Remote.Port == 0)
            {
                continue;
            }

            bool received = change.Cause.StartsWith("rcv", StringComparison.OrdinalIgnoreCase);
            var place = new Place(host, change.Time, change.Local, change.Remote, index);
            PacketRecord? at = received ? Arrived(place) ?? Sent(place)
                : change.Cause.StartsWith("ICMP", StringComparison.Ordinal) ? Refused(place) : Sent(place);
            Note(place, at, change.To.ToRfcName());
        }
    }

    private void Queues()
    {
        foreach ((string host, ListenQueueChange change, int index) in _run.Queues)
        {
            // That accept takes one, the call itself shows.
            if (change.Cause != "accept")
            {
                var place = new Place(host, change.Time, change.Local, null, index);
                PacketRecord? at = Arrived(place);
                string queues = string.Create(CultureInfo.InvariantCulture, $"syn {change.SynQueue}, acc {change.AcceptQueue}");
                string fate = !change.Cause.EndsWith("full", StringComparison.Ordinal) ? ""
                    : change.Cause.Contains("dropped", StringComparison.Ordinal) ? "\ndropped" : "\nreset";
                Note(place, at, queues + fate);
            }
        }
    }

    private void Calls()
    {
        Dictionary<(string, long), ConnectionRecord> connections = [];
        foreach (ConnectionRecord connection in _run.Connections)
        {
            connections.TryAdd((connection.Host, connection.ConnectionId), connection);
        }

        foreach (CallRecord call in _run.Calls.Where(c => !c.End.IsNever))
        {
            if (Words(call) is not { } words)
            {
                continue;
            }

            ConnectionRecord? connection = connections.GetValueOrDefault((call.Host, call.ConnectionId));
            bool datagram = call.Statement is SendToStatement or ReceiveFromStatement;
            if (connection is null && call.Error == Errno.OK && !datagram)
            {
                // A listening socket's close, for one; there is no arrow it belongs to.
                continue;
            }

            bool waits = call.Statement is ConnectStatement or AcceptStatement or ReadStatement or ReceiveFromStatement;
            var place = new Place(
                call.Host, waits ? call.End : call.Start, connection?.Local ?? default, connection?.Remote, waits ? call.PacketsBeforeEnd : call.PacketsBefore, datagram);
            PacketRecord? at = !waits ? Sent(place) : Arrived(place) ?? (call.Error == Errno.OK ? null : Refused(place));
            Note(place with { IsReceiver = waits && place.Local.Port == 0 }, at, words);
        }
    }

    /// <summary>What stands in the cell; a failed call takes two lines of it.</summary>
    private static string? Words(CallRecord call)
    {
        string name = call.Statement.Word;
        if (call.Error == Errno.EBADF && call.Statement is AcceptStatement { Position.Line: 0 })
        {
            // A server in one step ends with its listening socket; nobody has called accept.
            return null;
        }

        if (call.Error != Errno.OK)
        {
            return $"{name}:\n{call.Error}";
        }

        return call.Statement switch
        {
            ReadStatement => call.Value == 0 ? "read: eof" : "read " + Amount(call.Value),
            WriteStatement => "write " + Amount(call.Value),
            ConnectStatement or AcceptStatement => name + " ok",
            SendToStatement { Count: > 0 } or ReceiveFromStatement { Count: > 0 } => string.Create(CultureInfo.InvariantCulture, $"{name} x{call.Value}"),
            SendToStatement or ReceiveFromStatement => $"{name} {Amount(call.Value)}",
            CloseStatement or AbortStatement or ShutdownStatement => name,
            _ => null,
        };
    }

    private static string Amount(long bytes) => bytes switch
    {
        < 1_000_000 => bytes.ToString(CultureInfo.InvariantCulture),
        _ when bytes % (1 << 20) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20}MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000m:0.0}MB"),
    };

    /// <summary>The last packet of this conversation that the stack had handled by then; not one of long ago.</summary>
    private PacketRecord? Arrived(Place place)
    {
        HostDefinition? host = _run.Scenario.Hosts.FirstOrDefault(h => h.Name == place.Host);
        Duration delay = (host?.ProcessingDelay ?? Duration.Zero) + (host?.WakeupDelay ?? Duration.Zero);
        Instant latest = place.Time - (host?.ProcessingDelay ?? Duration.Zero);
        for (int i = Math.Min(place.Index, _run.Packets.Count) - 1; i >= 0 && _run.Packets[i].Time >= place.Time - delay; i--)
        {
            PacketRecord packet = _run.Packets[i];
            if (!packet.Outbound && packet.Time <= latest && HostOf(packet) == place.Host
                && Fits(place, packet, packet.Segment?.Destination, packet.Segment?.Source) && _sentFrames.TryGetValue(packet.FrameId, out PacketRecord? sent))
            {
                return sent;
            }
        }

        return null;
    }

    /// <summary>The ICMP error that came in last, at that very time.</summary>
    private PacketRecord? Refused(Place place)
    {
        for (int i = Math.Min(place.Index, _run.Packets.Count) - 1; i >= 0 && _run.Packets[i].Time == place.Time; i--)
        {
            PacketRecord packet = _run.Packets[i];
            if (!packet.Outbound && HostOf(packet) == place.Host && LadderTopology.IsError(packet))
            {
                return _sentFrames.GetValueOrDefault(packet.FrameId);
            }
        }

        return null;
    }

    /// <summary>The first packet of this conversation that left then, at that very time.</summary>
    private PacketRecord? Sent(Place place)
    {
        for (int i = place.Index; i < _run.Packets.Count && _run.Packets[i].Time == place.Time; i++)
        {
            PacketRecord packet = _run.Packets[i];
            if (packet.Outbound && HostOf(packet) == place.Host && Fits(place, packet, packet.Segment?.Source, packet.Segment?.Destination))
            {
                return packet;
            }
        }

        return null;
    }

    private static bool Fits(Place place, PacketRecord packet, IpEndpoint? local, IpEndpoint? remote) => place.IsDatagram
        ? packet.Segment is null && packet.Text.StartsWith("UDP ", StringComparison.Ordinal)
        : local is { } own && remote is { } other && place.Matches(own, other);

    private void Note(Place place, PacketRecord? at, string words)
    {
        if (at is not null && _rows.TryGetValue(at, out (LadderPage Page, LadderRow Row) found))
        {
            bool sender = HostOf(at) == place.Host && (at.Segment is not { } segment || place.Matches(segment.Source, segment.Destination));
            List<string> cell = found.Row.Cell(left: found.Row.Rightward == sender);
            cell.Add(words);
            found.Row.IsUnusual |= char.IsAsciiLetterUpper(words[0]) || words.Contains('\n', StringComparison.Ordinal);
            return;
        }

        if (_pages.Find(p => p.Has(place.Host)) is not { } page)
        {
            return;
        }

        var row = new LadderRow { Time = place.Time, Index = place.Index, IsUnusual = true, From = Math.Max(page.ColumnOf(place.Host), 0) };
        bool left = page.Columns.Count > 0 || (page.Left.Host == place.Host && (page.Left.Port == 0 || page.Left.Port == place.Local.Port));
        row.Cell(left).Add(words);
        page.Rows.Add(row);
    }

    private readonly record struct Place(string Host, Instant Time, IpEndpoint Local, IpEndpoint? Remote, int Index, bool IsDatagram = false)
    {
        public bool Matches(IpEndpoint local, IpEndpoint remote) =>
            Remote is { } known
                ? local == Local && remote == known
                : (Local.Port == 0 && !IsReceiver) || (Local.Port != 0 && local.Port == Local.Port);

        /// <summary>The end of a connection that is gone: not the sender of what arrived.</summary>
        public bool IsReceiver { get; init; }
    }
}

using SimNet.Observe;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Ladder;

/// <summary>In which order hosts stand beside each other, and which packets are one that routers pass on.</summary>
internal sealed class LadderTopology
{
    /// <summary>More hosts do not fit beside each other.</summary>
    private const int MostColumns = 4;

    private readonly Dictionary<PacketRecord, PacketRecord> _previous = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PacketRecord, PacketRecord> _next = new(ReferenceEqualityComparer.Instance);

    public LadderTopology(RunResult run)
    {
        HashSet<string> seen = [.. run.Packets.Select(p => HostOf(p.Point))];
        Columns = seen.Count is > 2 and <= MostColumns ? [.. Order(run.Scenario, seen)] : [];
        if (seen.Count > 2)
        {
            FindLegs(run);
        }
    }

    /// <summary>Three or four hosts from left to right; empty where there are fewer, or too many.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>A router sent it that did not make it.</summary>
    public bool IsForwarded(PacketRecord sent) => _previous.ContainsKey(sent);

    /// <summary>Where the whole way is one arrow: the packet that the first sender sent; null for that one itself, and for others.</summary>
    public PacketRecord? FirstLeg(PacketRecord sent)
    {
        PacketRecord first = sent;
        while (_previous.TryGetValue(first, out PacketRecord? before))
        {
            first = before;
        }

        return ReferenceEquals(first, sent) || !IsSmooth(first) ? null : first;
    }

    /// <summary>Where the whole way is one arrow: the last packet of the way; otherwise the packet itself.</summary>
    public PacketRecord LastLeg(PacketRecord sent)
    {
        if (_previous.ContainsKey(sent) || !IsSmooth(sent))
        {
            return sent;
        }

        PacketRecord last = sent;
        while (_next.TryGetValue(last, out PacketRecord? after))
        {
            last = after;
        }

        return last;
    }

    /// <summary>ICMP errors are always worth showing.</summary>
    public static bool IsError(PacketRecord packet) =>
        packet.Text.StartsWith("ICMP ", StringComparison.Ordinal) && !packet.Text.StartsWith("ICMP echo", StringComparison.Ordinal)
        && !packet.Text.StartsWith("ICMP fragment", StringComparison.Ordinal);

    // From the first leg on: nothing was lost, changed or held back on any of them.
    private bool IsSmooth(PacketRecord first)
    {
        for (PacketRecord? leg = first; leg is not null; leg = _next.GetValueOrDefault(leg))
        {
            if (leg.Lost is not null || leg.Effects != LinkEffects.None)
            {
                return false;
            }
        }

        return true;
    }

    // What a host sends just after the same came in, from an address that is another's, it passes on.
    private void FindLegs(RunResult run)
    {
        var sentFrames = new Dictionary<long, PacketRecord>();
        var arrived = new Dictionary<(string Host, string What), Queue<PacketRecord>>();
        foreach (PacketRecord packet in run.Packets)
        {
            if (packet.Source is null)
            {
                continue;
            }

            (string, string) key = (HostOf(packet.Point), What(packet));
            if (!packet.Outbound)
            {
                if (sentFrames.TryGetValue(packet.FrameId, out PacketRecord? leg))
                {
                    (arrived.TryGetValue(key, out Queue<PacketRecord>? waiting) ? waiting : arrived[key] = new()).Enqueue(leg);
                }

                continue;
            }

            sentFrames[packet.FrameId] = packet;
            if (arrived.TryGetValue(key, out Queue<PacketRecord>? candidates) && candidates.TryDequeue(out PacketRecord? before))
            {
                _previous[packet] = before;
                _next[before] = packet;
            }
        }
    }

    private static string What(PacketRecord packet) => packet.Segment is { } segment
        ? $"{segment.Source} {segment.Destination} {segment.Flags} {segment.Seq.Value} {segment.Ack.Value} {segment.Length}"
        : $"{packet.Source} {packet.Destination} {packet.Text}";

    private static string HostOf(string point) => point[..point.LastIndexOf('.')];

    /// <summary>Along the links where they form a line; otherwise as the script names them, others (routers) in the middle.</summary>
    private static List<string> Order(ScenarioDefinition scenario, HashSet<string> seen)
    {
        List<string> named = [.. scenario.Hosts.Where(h => !h.IsRouter).Select(h => h.Name).Where(seen.Contains)];
        List<string> others =
        [
            .. scenario.Hosts.Where(h => h.IsRouter).Select(h => h.Name)
                .Concat(scenario.Links.SelectMany(l => new[] { l.A.Host, l.B.Host })).Where(h => seen.Contains(h) && !named.Contains(h)).Distinct(),
        ];
        named.InsertRange((named.Count + 1) / 2, others);
        foreach (string end in named)
        {
            List<string> line = Walk(scenario, end);
            if (seen.All(line.Contains))
            {
                return [.. line.Where(seen.Contains)];
            }
        }

        return named;
    }

    private static List<string> Walk(ScenarioDefinition scenario, string end)
    {
        var line = new List<string> { end };
        while (true)
        {
            string here = line[^1];
            string[] next =
            [
                .. scenario.Links.SelectMany(l => l.A.Host == here ? [l.B.Host] : l.B.Host == here ? new[] { l.A.Host } : [])
                    .Distinct().Where(h => !line.Contains(h)),
            ];
            if (next.Length != 1)
            {
                return line;
            }

            line.Add(next[0]);
        }
    }
}

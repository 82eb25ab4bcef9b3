using SimNet.Capture;
using SimNet.Observe;
using SimNet.Scripting.Comparison;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>Runs a scenario and takes its TCP connections, as their hosts saw them, with the calls of the hosts' programs.</summary>
internal sealed class RunConnections
{
    private readonly ScenarioDefinition _scenario;
    private readonly Dictionary<string, CapturedConnections> _hosts = new(StringComparer.Ordinal);
    private readonly RunResult _run;
    private long _packets;

    /// <summary>Runs it.</summary>
    /// <param name="scenario">Without a sweep.</param>
    /// <param name="options">As for any run.</param>
    public RunConnections(ScenarioDefinition scenario, RunOptions options)
    {
        _scenario = scenario;
        foreach (HostDefinition host in scenario.Hosts)
        {
            _hosts[host.Name] = new CapturedConnections($"the run of {scenario.Name} at {host.Name}");
        }

        _run = ScenarioRunner.Run(scenario, options with { Prepare = simulation => simulation.Observe.Packets.Subscribe(OnPacket) });
        Host = _hosts.ContainsKey(scenario.Capture.Host) ? scenario.Capture.Host
            : scenario.Hosts.FirstOrDefault(h => _hosts[h.Name].Count > 0)?.Name ?? scenario.Hosts[0].Name;
    }

    /// <summary>The host whose connections are counted: where the scenario captures.</summary>
    public string Host { get; }

    /// <summary>How many connections that host had.</summary>
    public int Count => _hosts[Host].Count;

    /// <summary>Takes one connection.</summary>
    /// <param name="number">Counted from 1, in the order of first packets at <see cref="Host"/>.</param>
    /// <param name="side">Whose script it shall be; null: that of <see cref="Host"/>.</param>
    /// <param name="host">Whose it is.</param>
    /// <exception cref="RecordingException">There is no such connection, or the scenario has no such host.</exception>
    public RecordedConnection Take(int number, RecordingSide? side, out HostDefinition host)
    {
        RecordedConnection found = _hosts[Host].Take(number, null);
        host = _scenario.Host(Host);
        if (side is { } wanted && wanted != found.Side)
        {
            PacketFacts first = found.Packets[0].Facts;
            IpAddress other = wanted == RecordingSide.Client ? first.Source : first.Destination;
            host = _scenario.Hosts.FirstOrDefault(h => h.Interfaces.Any(i => i.Addresses.Any(a => a.Address == other)))
                ?? throw new RecordingException($"the run of {_scenario.Name}: no host has the address {other} of the connection's {wanted.ToString().ToLowerInvariant()}");
            found = Same(host.Name, first) ?? throw new RecordingException($"the run of {_scenario.Name}: {host.Name} never saw this connection");
        }

        return new RecordedConnection
        {
            Name = $"TCP connection {number} of {_scenario.Name}",
            Side = found.Side,
            IsV6 = found.IsV6,
            Packets = found.Packets,
            Sysctls = [.. host.Sysctls.Where(s => s.Name.StartsWith("net.", StringComparison.Ordinal)).Select(s => KeyValuePair.Create(s.Name, s.Value))],
            KnownCalls = KnownCalls.Of(_run, host.Name, found),
        };
    }

    private RecordedConnection? Same(string host, PacketFacts first)
    {
        CapturedConnections all = _hosts[host];
        for (int i = 1; i <= all.Count; i++)
        {
            RecordedConnection one = all.Take(i, null);
            PacketFacts begin = one.Packets[0].Facts;
            if (begin.Source == first.Source && begin.SourcePort == first.SourcePort && begin.Destination == first.Destination
                && begin.DestinationPort == first.DestinationPort && begin.Seq == first.Seq)
            {
                return one;
            }
        }

        return null;
    }

    private void OnPacket(PacketEvent packet)
    {
        if (packet.Point.Kind != CapturePointKind.HostInterface)
        {
            return;
        }

        // The same count as that of the run's packets, which calls refer to.
        _packets++;
        int dot = packet.Point.Name.LastIndexOf('.');
        string host = packet.Point.Name[..dot];
        bool isLoopback = packet.Point.Name.AsSpan(dot + 1).SequenceEqual("lo");
        if (isLoopback && packet.Direction == CaptureDirection.Inbound)
        {
            // It was seen when it was sent.
            return;
        }

        var captured = new CapturedPacket
        {
            LinkType = CaptureLinkType.Ethernet,
            HasTimestamp = true,
            OriginalLength = packet.Bytes.Length,
            Data = packet.Bytes,
            // Both ends are here: the direction tells neither from the other.
            Flags = (uint)(isLoopback ? CaptureDirection.Unknown : packet.Direction),
        };
        if (_hosts.TryGetValue(host, out CapturedConnections? connections))
        {
            connections.Add(captured, _packets, (packet.Time - Instant.Zero).Nanoseconds);
        }
    }
}

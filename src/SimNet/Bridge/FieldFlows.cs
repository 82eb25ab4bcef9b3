using System.Buffers.Binary;
using SimNet.Links;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>The conversations of a capture that is fed to simulated hosts, and which of the hosts' own each of them is.</summary>
internal sealed class FieldFlows
{
    private readonly Dictionary<Key, FieldFlow> _captured = [];
    private readonly Dictionary<Key, FieldFlow> _simulated = [];

    // Begun on one side only, in order: by the captured host, and by the simulated one.
    private readonly Dictionary<(IpEndpoint Peer, IpProtocol Protocol), List<FieldFlow>> _expected = [];
    private readonly Dictionary<(IpEndpoint Peer, IpProtocol Protocol), List<FieldFlow>> _early = [];

    /// <summary>The flow of a packet from the captured peer; null when there can be none, since it has no ports, or began before the capture.</summary>
    /// <param name="packet">From the peer.</param>
    /// <param name="own">The simulated host's address in place of the packet's destination.</param>
    public FieldFlow? Arriving(in FrameSummary packet, IpAddress own)
    {
        if (!TryPorts(packet, out ushort source, out ushort destination))
        {
            return null;
        }

        Key key = new(new IpEndpoint(packet.Destination, destination), new IpEndpoint(packet.Source, source), packet.Protocol);
        bool opens = Opens(packet);
        if (_captured.TryGetValue(key, out FieldFlow? flow))
        {
            bool again = packet.IsTcp && opens && flow.PeerFirst is { } first && first != packet.Sequence && !flow.IsActive;
            if (!again)
            {
                LearnFrom(flow, packet);
                return flow;
            }
        }

        bool answers = packet.IsTcp && (packet.Flags & (TcpFlags.Syn | TcpFlags.Ack)) == (TcpFlags.Syn | TcpFlags.Ack);
        if (!opens && !answers)
        {
            return null;
        }

        flow = new FieldFlow { Peer = key.Peer, Protocol = key.Protocol, IsActive = answers };
        _captured[key] = flow;
        if (answers)
        {
            Expect(flow);
        }
        else
        {
            flow.Simulated = new IpEndpoint(own, destination);
            _simulated[key with { Own = flow.Simulated.Value }] = flow;
        }

        LearnFrom(flow, packet);
        return flow;
    }

    /// <summary>The flow that an ICMP error quotes; null when there is none.</summary>
    public FieldFlow? Quoted(IpEndpoint own, IpEndpoint peer, IpProtocol protocol) => _captured.GetValueOrDefault(new Key(own, peer, protocol));

    /// <summary>Takes note of a packet that the captured host sent, in whose place the simulated one is.</summary>
    /// <param name="packet">From that host.</param>
    /// <param name="time">When it was.</param>
    public void CapturedSent(in FrameSummary packet, Instant time)
    {
        if (!TryPorts(packet, out ushort source, out ushort destination))
        {
            return;
        }

        Key key = new(new IpEndpoint(packet.Source, source), new IpEndpoint(packet.Destination, destination), packet.Protocol);
        bool found = _captured.TryGetValue(key, out FieldFlow? flow);
        bool again = found && packet.IsTcp && Opens(packet) && flow!.IsActive && flow.CapturedFirst != packet.Sequence;
        if ((!found || again) && Opens(packet))
        {
            flow = new FieldFlow { Peer = key.Peer, Protocol = key.Protocol, IsActive = true };
            _captured[key] = flow;
            Expect(flow);
        }

        if (flow is not null && packet.IsTcp)
        {
            flow.CapturedFirst = (packet.Flags & TcpFlags.Syn) != 0 ? packet.Sequence : flow.CapturedFirst;
            flow.CapturedSends.Add(End(packet), time, Timestamp(packet));
        }
    }

    /// <summary>Takes note of a packet that a simulated host sent.</summary>
    public void SimulatedSent(in FrameSummary packet)
    {
        if (!TryPorts(packet, out ushort source, out ushort destination))
        {
            return;
        }

        Key key = new(new IpEndpoint(packet.Source, source), new IpEndpoint(packet.Destination, destination), packet.Protocol);
        bool opens = Opens(packet);
        bool found = _simulated.TryGetValue(key, out FieldFlow? flow);
        bool again = found && packet.IsTcp && opens && flow!.SimulatedFirst is { } first && first != packet.Sequence;
        if (!found || again)
        {
            if (!opens)
            {
                return;
            }

            flow = TakeExpected(key) ?? Early(key);
            flow.Simulated = key.Own;
            _simulated[key] = flow;
        }

        if (packet.IsTcp)
        {
            Note(flow!, packet);
        }
    }

    private static void Note(FieldFlow flow, in FrameSummary packet)
    {
        SequenceNumber next = End(packet);
        uint? timestamp = Timestamp(packet);
        if ((packet.Flags & TcpFlags.Syn) != 0 && flow.SimulatedFirst != packet.Sequence)
        {
            flow.SimulatedFirst = packet.Sequence;
            flow.SimulatedNext = next;
        }

        if (flow.SimulatedFirst is not null)
        {
            flow.SimulatedNext = SequenceNumber.Max(flow.SimulatedNext, next);
            flow.LastTimestamp = timestamp ?? flow.LastTimestamp;
            flow.SimulatedSends.Add(next, packet.Time, timestamp);
        }
    }

    private static SequenceNumber End(in FrameSummary packet)
    {
        int syn = (packet.Flags & TcpFlags.Syn) != 0 ? 1 : 0, fin = (packet.Flags & TcpFlags.Fin) != 0 ? 1 : 0;
        return packet.Sequence + (packet.PayloadLength + syn + fin);
    }

    // Where the captured host's own SYN is not in the capture, the first acknowledgement tells its number.
    private static void LearnFrom(FieldFlow flow, in FrameSummary packet)
    {
        if (packet.IsTcp && (packet.Flags & TcpFlags.Syn) != 0)
        {
            flow.PeerFirst ??= packet.Sequence;
        }

        if (packet.IsTcp && (packet.Flags & TcpFlags.Ack) != 0)
        {
            flow.CapturedFirst ??= packet.Acknowledgment - 1;
        }
    }

    private static bool Opens(in FrameSummary packet) => packet.Protocol switch
    {
        IpProtocol.Tcp => (packet.Flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn,
        IpProtocol.Udp => true,
        _ => packet.IcmpType is 8 or 128,
    };

    private static bool TryPorts(in FrameSummary packet, out ushort source, out ushort destination)
    {
        (source, destination) = (packet.SourcePort, packet.DestinationPort);
        if (packet.IsTcp || (packet.Protocol == IpProtocol.Udp && !packet.IsFragment))
        {
            return true;
        }

        if (packet.IcmpType is not (0 or 8 or 128 or 129) || packet.IsFragment || packet.Frame.Length < packet.TransportOffset + 6)
        {
            return false;
        }

        // The identifier is what a port is elsewhere, of the one who asks.
        ushort identifier = BinaryPrimitives.ReadUInt16BigEndian(packet.Frame[(packet.TransportOffset + 4)..]);
        (source, destination) = packet.IcmpType is 8 or 128 ? (identifier, (ushort)0) : ((ushort)0, identifier);
        return true;
    }

    private static uint? Timestamp(in FrameSummary packet)
    {
        TcpOptionReader options = new(packet.Frame[(packet.TransportOffset + TcpView.MinHeaderLength)..packet.PayloadOffset]);
        while (options.MoveNext())
        {
            if (options.Kind == TcpOptionKind.Timestamps && options.Data.Length == 8)
            {
                return BinaryPrimitives.ReadUInt32BigEndian(options.Data);
            }
        }

        return null;
    }

    /// <summary>The captured host opened it: the simulated one has done so already, or will.</summary>
    private void Expect(FieldFlow flow)
    {
        if (_early.TryGetValue((flow.Peer, flow.Protocol), out List<FieldFlow>? early) && early.Count > 0)
        {
            FieldFlow begun = early[0];
            early.RemoveAt(0);
            flow.Begin(begun);
            _simulated[new Key(flow.Simulated!.Value, flow.Peer, flow.Protocol)] = flow;
            return;
        }

        List(_expected, flow).Add(flow);
    }

    private FieldFlow? TakeExpected(Key key)
    {
        if (!_expected.TryGetValue((key.Peer, key.Protocol), out List<FieldFlow>? expected) || expected.Count == 0)
        {
            return null;
        }

        FieldFlow flow = expected[0];
        expected.RemoveAt(0);
        return flow;
    }

    private FieldFlow Early(Key key)
    {
        var flow = new FieldFlow { Peer = key.Peer, Protocol = key.Protocol, IsActive = true };
        List(_early, flow).Add(flow);
        return flow;
    }

    private static List<FieldFlow> List(Dictionary<(IpEndpoint Peer, IpProtocol Protocol), List<FieldFlow>> lists, FieldFlow flow)
    {
        if (!lists.TryGetValue((flow.Peer, flow.Protocol), out List<FieldFlow>? list))
        {
            lists[(flow.Peer, flow.Protocol)] = list = [];
        }

        return list;
    }

    private readonly record struct Key(IpEndpoint Own, IpEndpoint Peer, IpProtocol Protocol);
}

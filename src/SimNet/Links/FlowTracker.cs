using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>
/// The connections that pass a link, for rules that speak of relative sequence numbers or retransmissions. Serves both directions;
/// keeps a bounded number of connections' directions and forgets the oldest.
/// </summary>
internal sealed class FlowTracker
{
    /// <summary>Directions of connections that are kept.</summary>
    public const int MostFlows = 8192;

    private readonly Dictionary<FlowKey, Flow> _flows = [];
    private readonly Queue<FlowKey> _order = new();

    /// <summary>True once a rule wants to know; until then nothing is kept.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Begins to keep what passes.</summary>
    public void Activate() => IsActive = true;

    /// <summary>Takes note of a packet and says where it stands.</summary>
    public FlowPosition Observe(in FrameSummary frame)
    {
        if (!frame.IsTcp)
        {
            return default;
        }

        FlowKey key = new(frame.Source, frame.Destination, frame.SourcePort, frame.DestinationPort);
        bool isSyn = (frame.Flags & TcpFlags.Syn) != TcpFlags.None;
        // Without its SYN a connection counts from the first byte seen, as if that were 1.
        SequenceNumber first = isSyn ? frame.Sequence : frame.Sequence - 1;
        if (!_flows.TryGetValue(key, out Flow? own))
        {
            own = Add(key, first, frame.Sequence);
        }
        else if (isSyn && own.First != first)
        {
            (own.First, own.End) = (first, first);
        }

        int length = frame.PayloadLength + (isSyn ? 1 : 0) + ((frame.Flags & TcpFlags.Fin) != TcpFlags.None ? 1 : 0);
        bool repeats = length > 0 && frame.Sequence < own.End;
        own.End = SequenceNumber.Max(own.End, frame.Sequence + length);
        uint? acknowledgment = null;
        if ((frame.Flags & TcpFlags.Ack) != TcpFlags.None)
        {
            FlowKey other = new(frame.Destination, frame.Source, frame.DestinationPort, frame.SourcePort);
            if (!_flows.TryGetValue(other, out Flow? peer))
            {
                peer = Add(other, frame.Acknowledgment - 1, frame.Acknowledgment);
            }

            acknowledgment = unchecked(frame.Acknowledgment.Value - peer.First.Value);
        }

        return new FlowPosition(unchecked(frame.Sequence.Value - own.First.Value), acknowledgment, repeats);
    }

    private Flow Add(in FlowKey key, SequenceNumber first, SequenceNumber end)
    {
        if (_flows.Count == MostFlows)
        {
            _flows.Remove(_order.Dequeue());
        }

        Flow flow = new() { First = first, End = end };
        _flows.Add(key, flow);
        _order.Enqueue(key);
        return flow;
    }

    private readonly record struct FlowKey(IpAddress Source, IpAddress Destination, ushort SourcePort, ushort DestinationPort);

    private sealed class Flow
    {
        public SequenceNumber First { get; set; }

        public SequenceNumber End { get; set; }
    }
}

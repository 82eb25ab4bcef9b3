using SimStack.Ip;

namespace SimNet.Scripting.Running;

/// <summary>Sequence numbers relative to each side's SYN, as Wireshark counts: the SYN is 0.</summary>
internal sealed class RelativeNumbers
{
    private readonly Dictionary<(IpEndpoint Source, IpEndpoint Destination), Direction> _directions = [];

    /// <summary>The numbers of the next segment; also whether it repeats sequence space that was seen before.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="keep">False: what later segments count from stays as it is, as for a forged segment.</param>
    public (long Seq, long Ack, bool Repeats) Next(SegmentRecord segment, bool keep = true)
    {
        var key = (segment.Source, segment.Destination);
        if (!_directions.TryGetValue(key, out Direction? own) || (keep && segment.Has(TcpFlags.Syn) && segment.Seq != own.First))
        {
            _directions[key] = own = new Direction { First = segment.Seq, End = segment.Seq };
        }

        bool repeats = segment.SequenceLength > 0 && segment.Seq < own.End && !segment.Has(TcpFlags.Rst);
        SequenceNumber end = segment.Seq + segment.SequenceLength;
        own.End = keep ? SequenceNumber.Max(own.End, end) : own.End;
        long ack = 0;
        if (segment.Has(TcpFlags.Ack))
        {
            // A peer never heard of (as when only one side is captured) counts from its first acknowledged number.
            var other = (segment.Destination, segment.Source);
            if (!_directions.TryGetValue(other, out Direction? peer))
            {
                _directions[other] = peer = new Direction { First = segment.Ack - 1, End = segment.Ack };
            }

            ack = segment.Ack.Value - (long)peer.First.Value;
            ack = ack < 0 ? ack + (1L << 32) : ack;
        }

        long seq = segment.Seq.Value - (long)own.First.Value;
        return (seq < 0 ? seq + (1L << 32) : seq, ack, repeats);
    }

    private sealed class Direction
    {
        public SequenceNumber First { get; init; }
        public SequenceNumber End { get; set; }
    }
}

using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>What could not be done while a call had the socket, in the order in which it is done afterwards (tcp_release_cb).</summary>
[Flags]
internal enum Deferred : byte
{
    None = 0,

    /// <summary>The pacing timer went off (TCP_TSQ_DEFERRED).</summary>
    Pacing = 1,

    /// <summary>The timer of retransmissions and probes went off (TCP_WRITE_TIMER_DEFERRED).</summary>
    Retransmission = 2,

    /// <summary>A timer of acknowledgements went off (TCP_DELACK_TIMER_DEFERRED).</summary>
    DelayedAck = 4,

    /// <summary>The path takes less than it did (TCP_MTU_REDUCED_DEFERRED).</summary>
    Mtu = 8,

    /// <summary>What came from the backlog made an acknowledgement due (TCP_ACK_DEFERRED).</summary>
    Ack = 16,
}

/// <summary>
/// Segments that arrived while a call had the socket (sk_backlog). Those that follow one another become one, as tcp_add_backlog has it. Made at the
/// first call that takes time, so that nobody else pays for it.
/// </summary>
internal sealed class SegmentBacklog
{
    private const TcpFlags Alone = TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Urg;
    private const TcpFlags Ecn = TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae;

    private readonly Queue<Waiting> _waiting = new();
    private Waiting? _last;

    /// <summary>A call has the socket.</summary>
    public bool IsHeld { get; set; }

    /// <summary>The call ends with an acknowledgement for what it read, where one is due.</summary>
    public bool EndsWithAck { get; set; }

    /// <summary>Bytes that the call has read.</summary>
    public int Read { get; set; }

    /// <summary>Memory of what waits (sk_backlog.len).</summary>
    public long Memory { get; private set; }

    /// <summary>What waits for the call to look, or to end (sk_tsq_flags).</summary>
    public Deferred Deferred { get; set; }

    /// <summary>What a router said of the path's MTU while a call had the socket.</summary>
    public int DeferredMtu { get; set; }

    /// <summary>The one that is worked on; null otherwise.</summary>
    public Waiting? Current { get; set; }

    /// <summary>Joins a segment to the last one that waits, if they look as if they could have come as one.</summary>
    public bool TryJoin(scoped in TcpSegment segment, in SegmentBuffer buffer)
    {
        if (_last is not { } last || last.End != segment.Seq || last.TrafficClass != segment.TrafficClass
            || ((last.Flags | segment.Flags) & Alone) != 0 || (last.Flags & segment.Flags & TcpFlags.Ack) == 0
            || ((last.Flags ^ segment.Flags) & Ecn) != 0 || !last.HasOptionsOf(segment) || !last.Buffer.TryJoin(buffer, out int more))
        {
            return false;
        }

        last.Join(segment);
        Memory += more;
        return true;
    }

    public void Add(scoped in TcpSegment segment, in SegmentBuffer buffer)
    {
        _last = new Waiting(segment, buffer);
        _waiting.Enqueue(_last);
        Memory += buffer.Memory;
    }

    /// <summary>The next in order of arrival; false when no more waits.</summary>
    public bool TryTake(out Waiting waiting)
    {
        _last = null;
        if (_waiting.TryDequeue(out waiting!))
        {
            return true;
        }

        Memory = 0;
        return false;
    }

    /// <summary>One segment, or several that became one.</summary>
    internal sealed class Waiting
    {
        public SegmentBuffer Buffer;
        private readonly IpAddress _source;
        private readonly IpAddress _destination;
        private readonly ushort _sourcePort;
        private readonly ushort _destinationPort;
        private readonly ushort _urgentPointer;
        private readonly byte _headerLength;
        private readonly TcpOptions _options;
        private readonly SequenceNumber _seq;
        private SequenceNumber _ack;
        private ushort _window;
        private byte[] _bytes;
        private int _length;

        public Waiting(scoped in TcpSegment segment, in SegmentBuffer buffer)
        {
            Buffer = buffer;
            (_source, _destination) = (segment.Source, segment.Destination);
            (_sourcePort, _destinationPort) = (segment.SourcePort, segment.DestinationPort);
            _urgentPointer = segment.UrgentPointer;
            _headerLength = segment.HeaderLength;
            _options = segment.Options;
            (_seq, _ack, _window) = (segment.Seq, segment.Ack, segment.Window);
            Flags = segment.Flags;
            TrafficClass = segment.TrafficClass;
            End = segment.End;
            _bytes = segment.Bytes.ToArray();
            _length = _bytes.Length;
            LongestPart = segment.PartLength > 0 ? Math.Min(segment.PartLength, segment.Data.Length) : segment.Data.Length;
            Parts = segment.Parts;
            DataParts = LongestPart > 0 ? Parts : 0;
        }

        public TcpFlags Flags { get; private set; }

        public byte TrafficClass { get; }

        public SequenceNumber End { get; private set; }

        /// <summary>Segments that became this one (gso_segs).</summary>
        public int Parts { get; private set; }

        /// <summary>Those of them with data.</summary>
        public int DataParts { get; private set; }

        /// <summary>Bytes of data of the longest (gso_size).</summary>
        public int LongestPart { get; private set; }

        public bool HasOptionsOf(scoped in TcpSegment segment) => _headerLength == segment.HeaderLength
            && _bytes.AsSpan(TcpView.MinHeaderLength.._headerLength).SequenceEqual(segment.Bytes[TcpView.MinHeaderLength..segment.HeaderLength]);

        /// <summary>Only the acknowledgement and the window of one that is not older count.</summary>
        public void Join(scoped in TcpSegment segment)
        {
            if (_length + segment.Data.Length > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + segment.Data.Length));
            }

            segment.Data.CopyTo(_bytes.AsSpan(_length));
            _length += segment.Data.Length;
            if (segment.Ack >= _ack)
            {
                (_ack, _window) = (segment.Ack, segment.Window);
            }

            Flags |= segment.Flags;
            End = segment.End;
            Parts += segment.Parts;
            DataParts += segment.Data.IsEmpty ? 0 : segment.Parts;
            LongestPart = Math.Max(LongestPart, segment.PartLength > 0 ? Math.Min(segment.PartLength, segment.Data.Length) : segment.Data.Length);
        }

        public TcpSegment ToSegment() => new()
        {
            Seq = _seq,
            Ack = _ack,
            Flags = Flags,
            Window = _window,
            UrgentPointer = _urgentPointer,
            Data = _bytes.AsSpan(_headerLength, _length - _headerLength),
            Options = _options,
            Source = _source,
            Destination = _destination,
            SourcePort = _sourcePort,
            DestinationPort = _destinationPort,
            TrafficClass = TrafficClass,
            Bytes = _bytes.AsSpan(0, _length),
            HeaderLength = _headerLength,
        };
    }
}

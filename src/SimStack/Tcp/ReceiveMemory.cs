using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// What the arrival of data leaves behind: what the data takes of SO_RCVBUF, buffer by buffer as Linux's receive queue has it, and what is
/// measured for the window and for acknowledgements. A connection makes it when data first arrives; the bytes themselves are in its
/// <see cref="ByteQueue"/>.
/// </summary>
internal sealed class ReceiveMemory
{
    private const int Page = 4096;

    private SegmentBuffer[] _buffers = new SegmentBuffer[2];
    private int _first;
    private int _count;

    /// <summary>When data last arrived in order.</summary>
    public Instant LastDataAt;

    /// <summary>The length of the segment before, where it may be what the peer's segments are cut to; 0: it can't.</summary>
    public ushort LastSmallLength;

    /// <summary>When what waits to be read arrived; null unless the user asked for it.</summary>
    public ArrivalTimes? Arrivals;

    /// <summary>Auto-tuning of the buffer.</summary>
    public RightSizing Sizing;

    /// <summary>ACKs of segments out of order that wait to be one.</summary>
    public AckCompression HeldAcks = new();

    private int _total;

    /// <summary>Of all data that was not read, also of what waits ahead of a hole (sk_rmem_alloc).</summary>
    public int Total
    {
        get => _total;
        private set
        {
            bool isFreed = value < _total;
            Granted -= value - _total;
            _total = value;
            if (isFreed && Granted >= Page)
            {
                Granted &= Page - 1; // Whole pages go back at once.
            }
        }
    }

    /// <summary>
    /// Memory that the socket was granted and does not use yet (sk_forward_alloc). Linux grants whole pages, and looks at SO_RCVBUF only when
    /// it has to grant more.
    /// </summary>
    public int Granted { get; private set; }

    /// <summary>Bytes left to read in the first buffer of the queue.</summary>
    public int FirstLength => _count > 0 ? _buffers[_first].Length : 0;

    /// <summary>Puts a buffer at the end of the queue, or its data into the last one that is there.</summary>
    /// <param name="buffer">What arrived in order.</param>
    /// <param name="isCharged">It waited ahead of a hole, and counts already.</param>
    /// <returns>Whether it was joined.</returns>
    public bool Append(in SegmentBuffer buffer, bool isCharged = false)
    {
        if (_count > 0 && _buffers[(_first + _count - 1) & (_buffers.Length - 1)].TryJoin(buffer, out int more))
        {
            Total += more - (isCharged ? buffer.Memory : 0);
            return true;
        }

        if (_count == _buffers.Length)
        {
            Grow();
        }

        _buffers[(_first + _count++) & (_buffers.Length - 1)] = buffer;
        Total += isCharged ? 0 : buffer.Memory;
        return false;
    }

    /// <summary>Pages enough for so much memory.</summary>
    public void Grant(int memory)
    {
        if (memory > Granted)
        {
            Granted += (memory - Granted + Page - 1) & ~(Page - 1);
        }
    }

    /// <summary>Memory of data ahead of a hole came or went.</summary>
    public void Charge(int memory) => Total += memory;

    /// <summary>Bytes were read; a buffer is given back when its last one was.</summary>
    public void Consume(int bytes)
    {
        while (bytes > 0 && _count > 0)
        {
            ref SegmentBuffer buffer = ref _buffers[_first];
            if (bytes < buffer.Length)
            {
                buffer.Length -= bytes;
                return;
            }

            bytes -= buffer.Length;
            Total -= buffer.Memory;
            _first = (_first + 1) & (_buffers.Length - 1);
            _count--;
        }
    }

    /// <summary>
    /// Copies the data, from the first buffer on that holds less than the window reckons with, into buffers that are full (tcp_collapse).
    /// </summary>
    /// <param name="scalingRatio">How much of a buffer's memory should be data, of 256.</param>
    /// <returns>How many buffers were given up.</returns>
    public int Collapse(int scalingRatio)
    {
        int kept = 0;
        while (kept < _count && !IsBloated(_buffers[(_first + kept) & (_buffers.Length - 1)], scalingRatio))
        {
            kept++;
        }

        int bytes = 0, given = _count - kept;
        for (int i = kept; i < _count; i++)
        {
            ref SegmentBuffer buffer = ref _buffers[(_first + i) & (_buffers.Length - 1)];
            bytes += buffer.Length;
            Total -= buffer.Memory;
        }

        _count = kept;
        for (; bytes > 0; bytes -= SegmentBuffer.CollapsedLength)
        {
            Append(SegmentBuffer.Collapsed(Math.Min(bytes, SegmentBuffer.CollapsedLength)));
        }

        return given;
    }

    private static bool IsBloated(in SegmentBuffer buffer, int scalingRatio) => (long)buffer.Memory * scalingRatio >> 8 > buffer.Length;

    private void Grow()
    {
        SegmentBuffer[] larger = new SegmentBuffer[_buffers.Length * 2];
        for (int i = 0; i < _count; i++)
        {
            larger[i] = _buffers[(_first + i) & (_buffers.Length - 1)];
        }

        _buffers = larger;
        _first = 0;
    }

    /// <summary>
    /// Dynamic right-sizing: how long a round trip takes, seen from the receiver, and how much is read in one (Linux: rcv_rtt_est and
    /// rcvq_space).
    /// </summary>
    public struct RightSizing
    {
        /// <summary>The round trip in eighths of a microsecond; 0: none was measured.</summary>
        public int Rtt8;

        /// <summary>Bytes read in a round trip, the most of all.</summary>
        public int Space;

        private SequenceNumber _readFrom;
        private Instant _readSince;
        private SequenceNumber _windowEnd;
        private Instant _windowSince;
        private bool _measuresWindow;

        /// <summary>Begins where the connection was established.</summary>
        public void Begin(Instant established, SequenceNumber copied, int space)
        {
            Space = space;
            _readFrom = copied;
            _readSince = established;
        }

        /// <summary>A sample (tcp_rcv_rtt_update).</summary>
        /// <param name="microseconds">More than 0.</param>
        /// <param name="byWindow">It is the time that a window took, which is no less than a round trip.</param>
        /// <param name="isQueueEmpty">Everything that arrived was read.</param>
        public void AddSample(long microseconds, bool byWindow, bool isQueueEmpty)
        {
            int sample = (int)Math.Min(microseconds << 3, int.MaxValue);
            if (Rtt8 == 0 || sample < Rtt8)
            {
                Rtt8 = sample;
            }
            else if (!byWindow && isQueueEmpty)
            {
                Rtt8 = (int)Math.Min(Rtt8 - (Rtt8 >> 3) + microseconds, int.MaxValue);
            }
        }

        /// <summary>Data arrived: once a window of it came, the time it took is a sample (tcp_rcv_rtt_measure).</summary>
        public void MeasureWindow(Instant now, SequenceNumber next, int window, bool isQueueEmpty)
        {
            if (_measuresWindow)
            {
                if (next < _windowEnd)
                {
                    return;
                }

                AddSample(Math.Max(1, Elapsed(_windowSince, now)), byWindow: true, isQueueEmpty);
            }

            _measuresWindow = true;
            _windowEnd = next + window;
            _windowSince = now;
        }

        /// <summary>Data was read: how much in the last round trip, when that is more than ever before (tcp_rcv_space_adjust).</summary>
        /// <param name="now">The instant.</param>
        /// <param name="copied">The next sequence number to read.</param>
        /// <param name="unread">Bytes that wait to be read.</param>
        public int TakeRead(Instant now, SequenceNumber copied, int unread)
        {
            if (Rtt8 == 0 || Elapsed(_readSince, now) < Rtt8 >> 3)
            {
                return 0;
            }

            int read = copied - _readFrom - unread;
            _readFrom = copied;
            _readSince = now;
            return read > Space ? read : 0;
        }

        private static long Elapsed(Instant from, Instant to) => Math.Max(0, (to.Nanoseconds / 1000) - (from.Nanoseconds / 1000));
    }

    /// <summary>ACKs that are held back so that one does for many (Linux: compressed_ack).</summary>
    public struct AckCompression
    {
        public AckCompression() => Deadline = Instant.Never;

        /// <summary>How many wait.</summary>
        public int Count;

        /// <summary>How many were sent since RCV.NXT last moved: the sender's fast retransmit needs three.</summary>
        public int Duplicates;

        /// <summary>RCV.NXT that those acknowledged.</summary>
        public SequenceNumber Next;

        /// <summary>When they go.</summary>
        public Instant Deadline;
    }
}

using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// What segments take of SO_RCVBUF in Linux 6.x, and what follows for the window, for acknowledgements and for segments that there is no
/// room for. The bytes here are kept without overhead; only the sum is that of a kernel.
/// </summary>
internal sealed partial class TcpConnection
{
    private ReceiveMemory? _received;
    private bool _receiveBufferLocked;
    private bool _outOfReceiveMemory;
    private byte _scalingRatio = 128;

    /// <summary>Everything about received data begins with the first of it; what it measures began with the connection.</summary>
    private ReceiveMemory Received => _received ?? BeginReceived();

    private ReceiveMemory BeginReceived()
    {
        _received = new ReceiveMemory { LastDataAt = _establishedAt };
        _received.Sizing.Begin(_establishedAt, _copied, FirstReceiveSpace);
        return _received;
    }

    /// <summary>Whether the window and what is taken in go by memory, as in Linux since 6.6.</summary>
    private bool ChargesMemory => Profile.ChargesSegmentMemory;

    private ReceiveBufferLayout BufferLayout =>
        Sysctls.ReceiveBuffers > 0 ? (ReceiveBufferLayout)(Sysctls.ReceiveBuffers - 1) : _path?.Interface.ReceiveBuffers ?? default;

    private SegmentBuffer BufferOf(scoped in TcpSegment segment) => segment.PartLength > 0
        ? BufferOfParts(segment)
        : _backlog?.Current?.Buffer ?? SegmentBuffer.For(
            BufferLayout, segment.Data.Length, (RemoteAddress.IsV4 ? 20 : 40) + segment.HeaderLength + segment.Data.Length);

    private SegmentBuffer BufferOfParts(scoped in TcpSegment segment) => SegmentBuffer.OfParts(
        BufferLayout, segment.Data.Length, Math.Min(segment.PartLength, Math.Max(1, segment.Data.Length)),
        (RemoteAddress.IsV4 ? 20 : 40) + segment.HeaderLength);

    private void ChargeReceived(int memory)
    {
        _received!.Charge(memory);
        _tcp.Memory.Charge(memory);
    }

    /// <summary>Data in order joins the receive queue; a retransmission may bring less that is new than its buffer holds.</summary>
    private void QueueReceived(Instant now, SegmentBuffer buffer, int length)
    {
        ReceiveMemory memory = Received;
        int before = memory.Total;
        buffer.Length = length;
        bool joins = memory.Append(buffer);
        if (joins)
        {
            Count(SnmpCounter.TcpExtTCPRcvCoalesce);
        }

        if (TellsArrivals)
        {
            (memory.Arrivals ??= new ArrivalTimes()).Add(_rcv.Nxt, now, joins);
        }

        _tcp.Memory.Charge(memory.Total - before);
    }

    /// <summary>SOF_TIMESTAMPING_RX_SOFTWARE, SO_TIMESTAMP, SO_TIMESTAMPNS.</summary>
    private bool TellsArrivals => Socket is { Options: var options }
        && ((options.Timestamping & TimestampingFlags.SOF_TIMESTAMPING_RX_SOFTWARE) != 0 || options.ArrivalTimes != ArrivalTimesKind.None);

    /// <summary>Linux's sk_rmem_alloc without the error queue.</summary>
    public int ReceivedMemory => _received?.Total ?? 0;

    /// <summary>When the last byte of what was last received, or looked at, arrived; null where that was not noted.</summary>
    public Instant? ArrivedAt => _received?.Arrivals?.Last;

    private void ConsumeReceivedMemory(int count)
    {
        if (_received is { } memory && ChargesMemory)
        {
            int before = memory.Total;
            memory.Consume(count);
            _tcp.Memory.Charge(memory.Total - before);
        }
    }

    /// <summary>Nothing of it will be read any more.</summary>
    private void ReleaseReceiveMemory()
    {
        if (_received is { } memory)
        {
            _tcp.Memory.Charge(-memory.Total);
            _received = null;
        }
    }

    /// <summary>What waits ahead of a hole is not waited for any more.</summary>
    private void DropOutOfOrder()
    {
        if (_outOfOrder is { Memory: > 0 })
        {
            ChargeReceived(-_outOfOrder.Memory);
        }

        _outOfOrder = null;
    }

    /// <summary>A segment as long as none before: how much of its memory is data, and with it the window's bounds (tcp_measure_rcv_mss).</summary>
    private void MeasureScalingRatio(int length, int memory)
    {
        byte ratio = (byte)Math.Clamp((length << 8) / memory, 1, 255);
        if (ratio != _scalingRatio)
        {
            _scalingRatio = ratio;
            SetWindowClamp(BufferSpace);
            Received.Sizing.Space = Math.Min(Received.Sizing.Space, _windowClamp);
        }
    }

    /// <summary>
    /// Linux: tcp_grow_window. By two segments when such segments fit the buffer whatever comes, otherwise the less the nearer the
    /// threshold is to what fits; and the sender, in slow start as it seems, gets its ACK at once.
    /// </summary>
    private void GrowWindowByMemory(int length, int bufferMemory)
    {
        int room = Math.Min(_windowClamp, FreeSpace) - _windowThreshold;
        if (room <= 0)
        {
            return;
        }

        if (_tcp.Memory.IsUnderPressure)
        {
            ShrinkWindowThreshold();
            return;
        }

        int memory = DataSpace(bufferMemory);
        int growth = memory <= length ? 2 * AdvertisedData : SlowGrowth(length, memory);
        if (growth > 0)
        {
            _windowThreshold += Math.Min(room, Math.Max(growth, 2 * length));
            _quickAcks |= 1;
        }
    }

    /// <summary>The MSS that was announced, less what every segment has of options (Linux: advmss).</summary>
    private int AdvertisedData => _advertisedMss - (_timestampsOn ? TimestampsLength : 0);

    private int SlowGrowth(int length, int memory)
    {
        memory >>= 1;
        for (int window = DataSpace(Sysctls.RmemMaximum) >> 1; _windowThreshold <= window; window >>= 1, memory >>= 1)
        {
            if (memory <= length)
            {
                return 2 * _receivedMss;
            }
        }

        return 0;
    }

    /// <summary>Under pressure nobody is promised more than four segments (tcp_adjust_rcv_ssthresh).</summary>
    private void ShrinkWindowThreshold() => _windowThreshold = Math.Min(_windowThreshold, 4 * AdvertisedData);

    /// <summary>Whether a segment may be kept, be it that others go for it (tcp_try_rmem_schedule).</summary>
    /// <param name="seq">Its sequence number.</param>
    /// <param name="memory">What it takes.</param>
    private bool HasRoomFor(SequenceNumber seq, int memory)
    {
        int held = Received.Total;
        bool fits = held <= _receiveBufferLimit && _tcp.Memory.MayReceive(held, memory, Sysctls);
        if (!fits && (!PruneQueue(seq) || !_tcp.Memory.MayReceive(Received.Total, memory, Sysctls)))
        {
            return false;
        }

        Received.Grant(memory);
        return true;
    }

    /// <summary>
    /// More is held than SO_RCVBUF allows: the limit grows where it may, then data is copied together, and at last what waits ahead of a
    /// hole is dropped (tcp_prune_queue).
    /// </summary>
    /// <returns>False when what arrives has to be dropped.</returns>
    private bool PruneQueue(SequenceNumber arriving)
    {
        if (Received.Total == 0)
        {
            return false;
        }

        Count(SnmpCounter.TcpExtPruneCalled);
        if (Received.Total > _receiveBufferLimit)
        {
            ClampWindow();
        }
        else if (_tcp.Memory.IsUnderPressure)
        {
            ShrinkWindowThreshold();
        }

        if (Received.Total <= _receiveBufferLimit)
        {
            return true;
        }

        Collapse();
        if (Received.Total <= _receiveBufferLimit)
        {
            return true;
        }

        PruneOutOfOrder(arriving);
        if (Received.Total <= _receiveBufferLimit)
        {
            return true;
        }

        Count(SnmpCounter.TcpExtRcvPruned);
        return false;
    }

    /// <summary>The buffer's limit is reached: it grows to what is held already, up to tcp_rmem's maximum (tcp_clamp_window).</summary>
    private void ClampWindow()
    {
        _quickAcks = 0;
        if (_receiveBufferLimit < Sysctls.RmemMaximum && !_receiveBufferLocked && _tcp.Memory.IsLow(Sysctls))
        {
            _receiveBufferLimit = Math.Min(Received.Total, Sysctls.RmemMaximum);
        }

        if (Received.Total > _receiveBufferLimit)
        {
            _windowThreshold = Math.Min(_windowClamp, 2 * AdvertisedData);
        }
    }

    private void Collapse()
    {
        int before = Received.Total;
        int given = 0;
        if (_outOfOrder is { Count: > 0 })
        {
            Received.Charge(-_outOfOrder.Collapse(_scalingRatio, out given));
        }

        given += Received.Collapse(_scalingRatio);
        _tcp.Counters[SnmpCounter.TcpExtTCPRcvCollapsed] += given;
        _tcp.Memory.Charge(Received.Total - before);
    }

    /// <summary>An eighth of the buffer at least, from the highest sequence number down, and more until there is room (tcp_prune_ofo_queue).</summary>
    private void PruneOutOfOrder(SequenceNumber arriving)
    {
        bool pruned = false;
        while (_outOfOrder is { Count: > 0 } && (!pruned || Received.Total > _receiveBufferLimit))
        {
            int freed = _outOfOrder.Prune(arriving, Math.Max(1, _receiveBufferLimit >> 3));
            if (freed == 0)
            {
                break;
            }

            pruned = true;
            ChargeReceived(-freed);
        }

        if (!pruned)
        {
            return;
        }

        Count(SnmpCounter.TcpExtOfoPruned);
        _duplicateLeft = _duplicateRight;
        // A FIN that was among it has to come again.
        _finArrived &= _outOfOrder is { Count: > 0 } && _finAt < _outOfOrder.HighestEnd;
    }
}

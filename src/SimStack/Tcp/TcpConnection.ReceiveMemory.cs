namespace SimStack.Tcp;

/// <summary>
/// What segments take of SO_RCVBUF in Linux 6.x, and what follows for the window and for acknowledgements. The bytes here are kept
/// without overhead; only the sum is that of a kernel whose network card writes each frame into a piece of a page.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>An sk_buff, the skb_shared_info behind the data, and the headroom before it, in bytes, on a 64-bit machine.</summary>
    private const int BufferHead = 256, SharedInfo = 320, Headroom = 64, CacheLine = 64;

    private bool _receiveBufferLocked;
    private byte _scalingRatio = 128;
    private int _queuedMemory;

    /// <summary>The memory of a segment with so much data (skb->truesize).</summary>
    private int SegmentMemory(int length)
    {
        int frame = 14 + (RemoteAddress.IsV4 ? 20 : 40) + 20 + (_timestampsOn ? TimestampsLength : 0) + SignatureLength + length;
        return ((frame + Headroom + CacheLine - 1) & ~(CacheLine - 1)) + SharedInfo + BufferHead;
    }

    /// <summary>Data was put into the queue; behind other data its sk_buff is not needed any more (tcp_try_coalesce).</summary>
    private void ChargeMemory(int length) =>
        _queuedMemory += SegmentMemory(length) - (Readable > length ? BufferHead : 0);

    /// <summary>What waited ahead of a hole joins the queue.</summary>
    private void ChargeMemoryOfHole(int length) => _queuedMemory += (int)(((long)length << 8) / _scalingRatio);

    /// <summary>Data was read, of so much that was there.</summary>
    private void ReleaseMemory(int count, int readable) =>
        _queuedMemory -= count >= readable ? _queuedMemory : (int)((long)_queuedMemory * count / readable);

    /// <summary>A segment as long as none before: how much of its memory is data (Linux: tcp_measure_rcv_mss).</summary>
    private void MeasureScalingRatio(int length)
    {
        if (Profile.ChargesSegmentMemory && length != _receivedMss)
        {
            _scalingRatio = (byte)Math.Clamp((length << 8) / SegmentMemory(length), 1, 255);
        }
    }

    /// <summary>
    /// Linux: tcp_grow_window. By two segments when such segments fit the buffer whatever comes, otherwise the less the nearer the
    /// threshold is to what fits; and the sender, in slow start as it seems, gets its ACK at once.
    /// </summary>
    private void GrowWindowByMemory(int length, int limit)
    {
        int room = Math.Min(limit, FreeSpace) - _windowThreshold;
        if (room <= 0)
        {
            return;
        }

        int memory = DataSpace(SegmentMemory(length));
        int advertised = _advertisedMss - (_timestampsOn ? TimestampsLength : 0);
        int growth = memory <= length ? 2 * advertised : SlowGrowth(length, memory);
        if (growth > 0)
        {
            _windowThreshold += Math.Min(room, Math.Max(growth, 2 * length));
            _quickAcks |= 1;
        }
    }

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
}

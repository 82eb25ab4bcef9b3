using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>
/// How a write becomes packets, and what they take of the send buffer, as Linux has it (tcp.c: tcp_sendmsg_locked, tcp_push; sk_stream_*).
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>What a packet takes of SO_SNDBUF besides its data: measured on Linux 6.18 (x86-64) with SO_MEMINFO.</summary>
    private const int PacketOverhead = 832;

    // In the write queue, and sent and not acknowledged.
    private int _packets;
    private int _grownSendBuffer;

    /// <summary>Linux's sk_wmem_queued.</summary>
    private long QueuedMemory => _snd.Written - _snd.BufferStart + ((long)_packets * PacketOverhead) + (_zerocopy?.Memory ?? 0);

    /// <summary>What was written and not acknowledged takes of the send buffer.</summary>
    public int SendQueueMemory => (int)QueuedMemory;

    /// <summary>What the device's queue holds of it (sk_wmem_alloc).</summary>
    public int DeviceQueueMemory => _pacer?.Queued ?? 0;

    /// <summary>SO_SNDBUF that the user did not set, as it grew with the congestion window; null where it does not grow so.</summary>
    public int? GrownSendBuffer => Offloads && !SendBufferLocked ? EffectiveSendLimit : null;

    private int NotSent => Math.Max(0, _snd.Written - _snd.Nxt);

    private uint NotSentLowWater => _notSentLowWater != 0 ? _notSentLowWater : Sysctls.NotSentLowWater;

    /// <summary>A new packet may be begun.</summary>
    private bool HasMemory => QueuedMemory < EffectiveSendLimit && (uint)NotSent < NotSentLowWater;

    /// <summary>What poll tells: a third of the buffer is free, and what waits to be sent is half of the low-water mark.</summary>
    private bool HasMuchMemory =>
        EffectiveSendLimit - QueuedMemory is var free && free > 0 && free >= QueuedMemory >> 1 && (long)NotSent << 1 < NotSentLowWater;

    /// <summary>
    /// Bytes that a packet of the queue may grow to: whole segments, as many as an offload packet may have, and half the peer's largest
    /// window (tcp_xmit_size_goal).
    /// </summary>
    private int SizeGoal(int mss, bool urgent) =>
        urgent ? mss : Math.Max(BoundToHalfWindow(MostOffloadBytes) / mss, 1) * mss;

    /// <summary>So much was written since the last push that it has to be pushed: half the peer's largest window.</summary>
    private bool MustPush => _snd.Written > _pushPoint + (_snd.MaxWnd >> 1);

    private int Append(Instant now, ReadOnlySpan<byte> data, MessageFlags flags, SendProgress? call)
    {
        WriteQueue queue = _writeQueue ??= new WriteQueue();
        bool urgent = (flags & MessageFlags.MSG_OOB) != 0;
        FollowPathMtu(now);
        int mss = EffectiveMss;
        int goal = SizeGoal(mss, urgent);
        int copied = 0;
        while (copied < data.Length)
        {
            int room = queue.Count == 0 || queue.Last.EndOfRecord ? 0 : goal - (queue.Last.End - queue.StartOfLast(_snd.Nxt));
            int size = Math.Min(room, data.Length - copied);
            if (size > 0 && (call?.Notice is not null || queue.Last.Pinned) && (size = TakeFragments(call, size)) == 0)
            {
                PushLast();
            }

            if (size <= 0)
            {
                if (!HasMemory)
                {
                    _awaitsSpace = true;
                    flags &= ~MessageFlags.MSG_MORE;
                    PushWritten(now, copied, flags, Nagle.Push);
                    return copied;
                }

                BeginPacket(now);
                continue;
            }

            if (copied == 0 && call is null or { Taken: 0 })
            {
                queue.Last.Push = false;
            }

            _sendBuffer!.Append(data.Slice(copied, size));
            _snd.Written += size;
            queue.Last.End = _snd.Written;
            copied += size;
            if (queue.Last.Pinned)
            {
                _zerocopy!.Last!.PacketEnd = _snd.Written;
            }

            if (copied < data.Length && !urgent && size == room)
            {
                PushFullPacket(now);
            }
        }

        queue.Last.EndOfRecord |= (flags & MessageFlags.MSG_EOR) != 0;
        if (call is not null && call.Taken + copied == call.Length)
        {
            MarkLastByte(call);
        }

        PushWritten(now, copied, flags, (flags & MessageFlags.MSG_MORE) != 0 ? Nagle.Cork : _nagle);
        return copied;
    }

    private void BeginPacket(Instant now)
    {
        _chronograph.Start(now, SendLimit.Busy);
        _writeQueue!.Add(_snd.Written);
        _zerocopy?.BeginPacket();
        _packets++;
        _nagle &= ~Nagle.Push;
        if (SegmentsOut == 0)
        {
            NoteRestart(now);
        }
    }

    private void PushLast()
    {
        _writeQueue!.Last.Push = true;
        _pushPoint = _snd.Written;
    }

    /// <summary>More follows in the same write: the full packet need not wait for it.</summary>
    private void PushFullPacket(Instant now)
    {
        if (MustPush)
        {
            PushLast();
            OutputPackets(now, Nagle.Push);
        }
        else if (QueuedPackets == 1)
        {
            OutputPackets(now, Nagle.Push, OutputKind.One);
        }
    }

    /// <summary>The write is done, or can't go on (tcp_push).</summary>
    private void PushWritten(Instant now, int copied, MessageFlags flags, Nagle nagle)
    {
        if (copied == 0 || QueuedPackets == 0)
        {
            return;
        }

        if ((flags & MessageFlags.MSG_MORE) == 0 || MustPush)
        {
            PushLast();
        }

        if ((flags & MessageFlags.MSG_OOB) != 0)
        {
            _snd.Up = _snd.Written;
            _urgentToSend = true;
        }

        if (_pacer is not null && AutoCorks(EffectiveMss))
        {
            return;
        }

        OutputPackets(now, nagle);
    }

    /// <summary>TCP_NODELAY was set, or TCP_CORK cleared: what was held back goes.</summary>
    public void ReleaseHeldBack(Instant now, bool noDelay)
    {
        if (!Offloads)
        {
            return;
        }

        if (noDelay || (_nagle & Nagle.Off) != 0)
        {
            _nagle |= Nagle.Push;
        }

        Output(now, push: false);
        _tcp.Timers.Update(this);
    }

    /// <summary>
    /// The send buffer has room for twice the congestion window, by the memory that its segments take one by one, unless the user set its
    /// size (tcp_sndbuf_expand).
    /// </summary>
    private void GrowSendBuffer()
    {
        if (SendBufferLocked || !Offloads)
        {
            return;
        }

        int perSegment = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(_maximumSegment + 576)) + SegmentBuffer.Descriptor;
        long wanted = 2L * Math.Max(Math.Max(10, _congestion.Window), Sysctls.Reordering + 1) * perSegment;
        if (EffectiveSendLimit < wanted)
        {
            _grownSendBuffer = (int)Math.Min(wanted, Sysctls.WmemMaximum);
        }
    }

    /// <summary>A packet is cut where only a part of it was SACKed (tcp_match_skb_to_sack).</summary>
    private bool IsOfOnePacketWithNext(int index) => Sent[index].Has(SentFlags.Followed)
        && (index + 1 >= SegmentsOut || ((Sent[index].Flags ^ Sent[index + 1].Flags) & SentFlags.Sacked) == 0);

    /// <summary>
    /// A small segment that is sent again takes small ones behind it along, as far as they fit (tcp_retrans_try_collapse); returns its
    /// length in bytes.
    /// </summary>
    private int JoinFollowing(int index, int length, int most)
    {
        if (Sysctls.RetransmitCollapse && (IsOfOnePacketWithNext(index) || (index > 0 && IsOfOnePacketWithNext(index - 1))))
        {
            return length; // Not a packet of its own.
        }

        while (Sysctls.RetransmitCollapse && index + 1 < SegmentsOut)
        {
            ref SentSegment segment = ref Sent[index];
            ref SentSegment next = ref Sent[index + 1];
            int more = next.Length - ((next.Flags & SentFlags.Fin) != 0 ? 1 : 0);
            if (segment.Has(SentFlags.EndOfRecord) || next.Has(SentFlags.Sacked) || IsOfOnePacketWithNext(index + 1)
                || length + more > most || next.End > _snd.WindowEnd || _zerocopy?.Overlaps(segment.Seq, next.End) == true)
            {
                break;
            }

            CutAfter(index);
            CutAfter(index + 1);
            CountFlags(next.Flags, -1);
            if (!_sackOn && _recovery is { SackedOut: > 0 } recovery)
            {
                recovery.SackedOut--;
            }

            segment.Flags |= next.Flags & (SentFlags.Push | SentFlags.Fin | SentFlags.Retransmitted | SentFlags.EndOfRecord);
            segment.Length += next.Length;
            length += more;
            _marks?.Join(segment.Seq, segment.End);
            Sent.RemoveAt(index + 1);
            _packets--;
        }

        return length;
    }
}

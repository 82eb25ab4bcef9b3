using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// MSG_ZEROCOPY and SO_TIMESTAMPING: what becomes of the data of single calls, for the socket's error queue (Linux: msg_zerocopy_realloc,
/// skb_zerocopy_iter_stream, tcp_tx_timestamp, tcp_ack_tstamp). Sockets that ask for neither have nothing of it.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>MAX_SKB_FRAGS: fragments that a packet may have.</summary>
    private const int MostFragments = 17;

    private const TimestampingFlags AskedOfPackets = TimestampingFlags.SOF_TIMESTAMPING_TX_SOFTWARE
        | TimestampingFlags.SOF_TIMESTAMPING_TX_SCHED | TimestampingFlags.SOF_TIMESTAMPING_TX_ACK;

    private ZerocopyNotices? _zerocopy;
    private TimestampMarks? _marks;

    /// <summary>Calls with MSG_ZEROCOPY that nobody was told of yet.</summary>
    public int PendingNotices => _zerocopy?.Count ?? 0;

    /// <summary>Entries of the socket's error queue count as received data do.</summary>
    public bool HasReceiveMemory(int bytes) => (_received?.Total ?? 0L) + bytes < _receiveBufferLimit;

    /// <summary>The call is over: it is numbered for good, or for nothing if it sent nothing.</summary>
    public void EndSend(Instant now, SendProgress call)
    {
        if (call.Ended)
        {
            return;
        }

        call.Ended = true;
        if (_fastOpen is not null)
        {
            _fastOpen.WriterWaits = false;
        }

        if (call.Taken > 0 && call.Taken < call.Length)
        {
            MarkLastByte(call);
        }

        if (call.Notice is not { } notice)
        {
            return;
        }

        notice.IsOpen = false;
        if (call.Taken == 0)
        {
            notice.Calls--;
            if (Socket is { } socket)
            {
                socket.NextNotice--;
            }
        }

        CompleteNotices(now);
    }

    /// <summary>Numbers a call with MSG_ZEROCOPY. It shares the notice of the packet that it will first be written to, if that has one.</summary>
    private bool TryBeginNotice(SendProgress call)
    {
        if (call.Notice is not null || Socket is not { } socket)
        {
            return true;
        }

        ZerocopyNotices notices = _zerocopy ??= new ZerocopyNotices();
        bool enough = socket.TryNumberNotice(notices.Count, out uint number);
        if (QueuedPackets > 0 && _writeQueue!.Last.Pinned && notices.Last!.Takes(number, call.Length))
        {
            call.Notice = notices.Last;
            call.Notice.Calls++;
            call.Notice.IsOpen = true;
        }
        else if (enough)
        {
            call.Notice = new ZerocopyNotice { First = number };
            notices.Add(call.Notice);
        }
        else
        {
            return false;
        }

        call.Notice.Bytes += call.Length;
        socket.NextNotice = unchecked(number + 1);
        return true;
    }

    /// <summary>How many of the next bytes the last packet takes, by its fragments; 0: it is full, or belongs to another call's notice.</summary>
    private int TakeFragments(SendProgress? call, int size)
    {
        ref QueuedPacket packet = ref _writeQueue!.Last;
        ZerocopyNotices notices = _zerocopy!;
        SequenceNumber start = _writeQueue.StartOfLast(_snd.Nxt);
        int fragments = notices.FragmentsFrom(start);
        if (call?.Notice is not { } notice)
        {
            if (!packet.EndsCopied && fragments >= MostFragments)
            {
                return 0;
            }

            if (!packet.EndsCopied || fragments == 0)
            {
                notices.AddFragment(_snd.Written + size, 0);
                packet.EndsCopied = true;
            }
            else
            {
                notices.GrowFragment(_snd.Written + size);
            }

            return size;
        }

        if (packet.Pinned && notices.Last != notice)
        {
            return 0;
        }

        if (!packet.Pinned && packet.End != start)
        {
            notices.AddFragment(packet.End, 0); // What was copied before.
            fragments = 1;
        }

        size = call.Pin(size, MostFragments - fragments, notices, _snd.Written);
        if (size > 0)
        {
            packet.Pinned = true;
            packet.EndsCopied = false;
            notices.Last = notice;
            notice.Start = notice.IsPlaced ? notice.Start : _snd.Written;
            notice.IsPlaced = true;
        }

        return size;
    }

    /// <summary>
    /// The last byte of the call is the one whose times are told: a packet knows of one, so a later write to the same packet takes its place.
    /// </summary>
    private void MarkLastByte(SendProgress call)
    {
        if (Socket is not { } socket || QueuedPackets == 0)
        {
            return;
        }

        TimestampingFlags flags = socket.TimestampingOf(call) & AskedOfPackets;
        if (flags is not TimestampingFlags.None)
        {
            (_marks ??= new TimestampMarks()).Set(_writeQueue!.StartOfLast(_snd.Nxt), _snd.Written - 1, flags);
        }
    }

    /// <summary>
    /// A packet was given to the interface, the first time or again. Its queue here is the device's: it is scheduled and sent at one instant.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="start">The packet's first byte.</param>
    /// <param name="length">Its bytes of data.</param>
    /// <param name="left">False when the queue had no room for it.</param>
    private void StampSent(Instant now, SequenceNumber start, int length, bool left)
    {
        TimestampMarks marks = _marks!;
        SequenceNumber end = start + length;
        int header = (RemoteAddress.IsV4 ? 40 : 60) + (_timestampsOn ? TimestampsLength : 0) + SignatureLength;
        for (int i = marks.FirstFrom(start); i < marks.Count && marks[i].Key < end; i++)
        {
            marks[i].Length = length;
            Stamp(now, marks[i], TimestampingFlags.SOF_TIMESTAMPING_TX_SCHED, TimestampKind.Scheduled, header + length);
            if (left)
            {
                Stamp(now, marks[i], TimestampingFlags.SOF_TIMESTAMPING_TX_SOFTWARE, TimestampKind.Sent, header + length);
            }
        }
    }

    /// <summary>New data was acknowledged.</summary>
    private void NoteAcknowledged(Instant now)
    {
        _zerocopy?.Release(_snd.Una);
        CompleteNotices(now);
        StampAcknowledged(now, _snd.Una);
    }

    private void StampAcknowledged(Instant now, SequenceNumber end)
    {
        while (_marks is { Count: > 0 } marks && marks[0].Key < end)
        {
            TimestampMark mark = marks[0];
            marks.RemoveFirst();
            Stamp(now, mark, TimestampingFlags.SOF_TIMESTAMPING_TX_ACK, TimestampKind.Acknowledged, mark.Length);
        }
    }

    private void Stamp(Instant now, in TimestampMark mark, TimestampingFlags asked, TimestampKind kind, int length)
    {
        if ((mark.Flags & asked) != 0)
        {
            Socket?.ReportTimestamp(now, kind, mark.Key, length);
        }
    }

    private void CompleteNotices(Instant now)
    {
        while (_zerocopy is { Count: > 0 } notices && notices[0] is { IsOpen: false } first
            && (first.Calls == 0 || !first.IsPlaced || first.PacketEnd <= _snd.Una))
        {
            StampAcknowledged(now, SequenceNumber.Min(first.IsPlaced ? first.PacketEnd : _snd.Una, _snd.Una));
            Complete(now, 0);
        }
    }

    private void Complete(Instant now, int index)
    {
        ZerocopyNotice notice = _zerocopy![index];
        _zerocopy.RemoveAt(index);
        if (notice.Calls > 0)
        {
            Socket?.ReportZerocopy(now, notice.First, notice.Calls);
        }
    }

    /// <summary>The send buffer goes: of what was never sent first, as Linux empties its two queues.</summary>
    private void DropNotices(Instant now)
    {
        _marks = null;
        if (_zerocopy is null)
        {
            return;
        }

        DropNotices(now, unsent: true);
        DropNotices(now, unsent: false);
    }

    private void DropNotices(Instant now, bool unsent)
    {
        for (int i = 0; i < _zerocopy!.Count;)
        {
            ZerocopyNotice notice = _zerocopy[i];
            if (notice.IsOpen)
            {
                notice.IsPlaced = false; // It is told of when the call returns.
                i++;
            }
            else if (!unsent || notice.Start >= _snd.Nxt)
            {
                Complete(now, i);
            }
            else
            {
                i++;
            }
        }
    }
}

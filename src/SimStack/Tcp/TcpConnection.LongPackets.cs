using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>Offload packets that leave whole, for a device that cuts them or hands them on as they are (Linux: tcp_transmit_skb of a GSO packet).</summary>
internal sealed partial class TcpConnection
{
    /// <summary>
    /// All its segments have the same header, and nobody counts or marks them one by one: no ECN, whose CWR is the first one's, no urgent
    /// pointer, no signature, no queue discipline.
    /// </summary>
    private bool LeavesWhole(int length, int mss) =>
        length > mss && CurrentPath() is { Options: null, Interface: { TakesLongPackets: true, SegmentationOffload: true, Queue: null, RefusesFrames: false } } path
        && Authentication is null && !Profile.CountsEveryDatagram && EcnMode is EcnState.None && !_urgentToSend && _tcp.MayNotFragment(path, _pathMtuDiscovery);

    /// <summary>Notes every segment of a packet as sent, and sends the packet.</summary>
    /// <returns>Bytes of data in the last segment.</returns>
    private int TransmitWhole(Instant now, int length, SentFlags last, SentFlags forced, int mss)
    {
        SequenceNumber start = _snd.Nxt;
        int left = length;
        for (; left > mss; left -= mss)
        {
            NoteSegment(now, mss, SentFlags.Followed);
        }

        NoteSegment(now, left, last);
        EmitWhole(now, start, length, last | forced, mss);
        return left;
    }

    private SequenceNumber NoteSegment(Instant now, int length, SentFlags flags)
    {
        ref SentSegment segment = ref Sent.Add();
        segment.Seq = _snd.Nxt;
        segment.Length = length + ((flags & SentFlags.Fin) != 0 ? 1 : 0);
        segment.SentAt = Instant.Max(now, _lastTransmissionAt);
        segment.Flags = flags;
        NoteDeparture(ref segment, again: false);
        SequenceNumber seq = _snd.Nxt;
        _snd.Nxt = segment.End;
        return seq;
    }

    private void EmitWhole(Instant now, SequenceNumber seq, int length, SentFlags sent, int mss)
    {
        IpPath path = CurrentPath()!;
        TcpFlags flags = TcpFlags.Ack | ((sent & SentFlags.Fin) != 0 ? TcpFlags.Fin : TcpFlags.None)
            | ((sent & SentFlags.Push) != 0 ? TcpFlags.Psh : TcpFlags.None);
        TcpOptions options = CurrentOptions(now);
        AddOptions(now, ref options, _maximumSegment - mss, sent);
        Frame frame = _tcp.Pool.Rent(path.TransportOffset + TcpView.MaxHeaderLength + length);
        Span<byte> bytes = frame.Buffer.AsSpan(path.TransportOffset);
        int header = TcpWriter.Write(
            bytes, LocalPort, RemotePort, seq, _rcv.Nxt, flags, AdvertiseWindow(), 0, options, Profile.OptionLayout);
        int offset = seq - _snd.BufferStart, count = (length + mss - 1) / mss;
        _sendBuffer!.CopyTo(offset, bytes.Slice(header, length));
        _sendBuffer.Expect(offset + length);
        _counts.SegmentsOut += (uint)count;
        _counts.DataSegmentsOut += (uint)count;
        _counts.BytesSent += length;
        frame.SegmentSize = mss;
        frame.Length = path.TransportOffset + header + length;
        _lastTransmissionAt = Instant.Max(now, _lastTransmissionAt);
        Count(SnmpCounter.TcpOutSegs, count);
        NoteAckSent();
        path.FlowLabel = FlowLabel;
        // One for each segment (ip_select_ident_segs).
        ushort id = Profile.CountsConnectionDatagrams ? _nextDatagramId : (ushort)0;
        _nextDatagramId += (ushort)count;
        _tcp.Ip.Send(
            now, path, LocalAddress, RemoteAddress, frame, header + length, IpProtocol.Tcp, _typeOfService, _ttl, dontFragment: true, id, ushort.MaxValue);
    }
}

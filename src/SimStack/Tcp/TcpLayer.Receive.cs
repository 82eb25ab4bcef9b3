using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp.Authentication;
using SimStack.Tcp.Listen;
using SimStack.Tcp.TimeWait;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>Segments in: validation, demultiplexing, and RST for what belongs to nothing (RFC 9293 §3.10.7.1).</summary>
internal sealed partial class TcpLayer
{
    public void Receive(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> bytes)
    {
        Counters[SnmpCounter.TcpInSegs]++;
        if (ip.IsMulticastOrBroadcast)
        {
            return; // RFC 9293 §3.9.2.3, MUST-57.
        }

        if (!TcpView.TryParse(bytes, out TcpView view, out _))
        {
            Counters[SnmpCounter.TcpInErrs]++;
            return;
        }

        TcpSegment segment = default;
        segment.Data = view.Payload;
        if (Ip.IsVerified)
        {
            segment.PartLength = Ip.ReceivedSegmentSize;
            Counters[SnmpCounter.TcpInSegs] += segment.Parts - 1;
        }

        TcpFlow? flow = Flows.Find(ip.Destination, view.DestinationPort, ip.Source, view.SourcePort);
        if (!Ip.IsVerified && !HasGoodSum(ip, view, flow, ref segment.Data))
        {
            Counters[SnmpCounter.TcpInCsumErrors]++;
            Counters[SnmpCounter.TcpInErrs]++;
            return;
        }

        if (!TcpOptions.TryParse(view.OptionBytes, out segment.Options))
        {
            // Linux reads the options up to the damage; a host that takes none of such a segment is safer, and counts it.
            Counters[SnmpCounter.TcpInErrs]++;
            return;
        }

        segment.Seq = view.Sequence;
        segment.Ack = view.Acknowledgment;
        segment.Flags = view.Flags;
        segment.Window = view.Window;
        segment.UrgentPointer = view.UrgentPointer;
        segment.Bytes = bytes;
        segment.Source = ip.Source;
        segment.Destination = ip.Destination;
        segment.SourcePort = view.SourcePort;
        segment.DestinationPort = view.DestinationPort;
        segment.TrafficClass = ip.TrafficClass;
        segment.HeaderLength = (byte)view.HeaderLength;
        segment.IpHeader = ip.Packet[..Math.Max(0, ip.Packet.Length - bytes.Length)];
        Dispatch(now, ref segment, flow);
    }

    /// <summary>
    /// Verifies the checksum. Data that a connection waits for is copied to the end of what it received in the same pass, which costs little
    /// more than either; only once the segment is taken does it become a part of that.
    /// </summary>
    private static bool HasGoodSum(in IpPacketInfo ip, in TcpView view, TcpFlow? flow, ref ReadOnlySpan<byte> data)
    {
        if (flow is not TcpConnection connection || connection.PlaceFor(view.Sequence, data.Length) is not { IsEmpty: false } place)
        {
            return TcpView.VerifyChecksum(ip.Source, ip.Destination, view.Bytes);
        }

        ulong sum = InternetChecksum.PseudoHeader(ip.Source, ip.Destination, IpProtocol.Tcp, view.Bytes.Length);
        sum = InternetChecksum.Sum(view.Bytes[..view.HeaderLength], sum);
        if (InternetChecksum.Fold(InternetChecksum.SumAndCopy(data, place, sum)) != 0)
        {
            return false;
        }

        data = place;
        return true;
    }

    private void Dispatch(Instant now, ref TcpSegment segment, TcpFlow? flow)
    {
        switch (flow)
        {
            case TcpConnection connection:
                if (IsNearEnough(connection.LeastTimeToLive, segment) && MayPass(connection.Authentication, connection, segment))
                {
                    if (connection.IsHeld)
                    {
                        connection.AddToBacklog(segment);
                    }
                    else
                    {
                        connection.SegmentArrives(now, ref segment);
                    }
                }

                return;
            case SynQueueEntry entry:
                if (MayPass(entry.Listener.Socket.Authentication, entry, segment))
                {
                    entry.Listener.SegmentArrives(now, entry, ref segment);
                }

                return;
            case TimeWaitRecord record:
                record.SegmentArrives(now, ref segment);
                return;
        }

        TcpListener? listener = FindListener(
            segment.Destination, segment.DestinationPort, segment.Source, segment.SourcePort);
        if (listener is null)
        {
            ResetUnknown(now, segment);
        }
        else if (IsNearEnough(listener.Socket.Options.LeastTimeToLiveFor(segment.Source.IsV4), segment)
            && MayPass(listener.Socket.Authentication, null, segment))
        {
            listener.SegmentArrives(now, ref segment, iss: null);
        }
    }

    // RFC 5082; Linux counts TCPMinTTLDrop.
    private bool IsNearEnough(byte least, scoped in TcpSegment segment)
    {
        if (least == 0 || segment.IpHeader.Length < 20 || segment.IpHeader[segment.Source.IsV4 ? 8 : 7] >= least)
        {
            return true;
        }

        Counters[SnmpCounter.TcpExtTCPMinTTLDrop]++;
        return false;
    }

    /// <summary>Answers a segment for no connection: RST, or nothing to a RST (RFC 9293 §3.10.7.1).</summary>
    /// <param name="now">The instant.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="listener">The listening socket that would know how to sign the answer.</param>
    /// <param name="flow">The connection or handshake that would.</param>
    public void ResetUnknown(Instant now, scoped in TcpSegment segment, TcpListener? listener = null, TcpFlow? flow = null)
    {
        if (segment.Has(TcpFlags.Rst) || !TrySignReset(segment, listener, flow, out SigningKey key))
        {
            return;
        }

        Counters[SnmpCounter.TcpOutRsts]++;
        TcpOptions none = default;
        if (segment.Has(TcpFlags.Ack))
        {
            Reply(now, segment, segment.Ack, default, TcpFlags.Rst, 0, none, 0, key);
        }
        else
        {
            Reply(now, segment, default, segment.End, TcpFlags.Rst | TcpFlags.Ack, 0, none, 0, key);
        }
    }

    /// <summary>Sends a segment without data back to where one came from, for nobody's connection.</summary>
    public void Reply(
        Instant now,
        scoped in TcpSegment to,
        SequenceNumber seq,
        SequenceNumber ack,
        TcpFlags flags,
        ushort window,
        in TcpOptions options,
        byte trafficClass,
        in SigningKey key = default,
        uint? flowLabel = null)
    {
        if (Ip.FindPathWith(to.Source, to.Destination, Ip.ReturnRoute) is { } path)
        {
            IpEndpoint local = new(to.Destination, to.DestinationPort);
            IpEndpoint remote = new(to.Source, to.SourcePort);
            Send(
                now, path, local, remote, seq, ack, flags, window, options, trafficClass, (byte)Sysctls.DefaultTtl, key: key,
                layout: Profile.OptionLayout.OfReplies, flowLabel: flowLabel ?? FlowLabel(local, remote, 0, null));
        }
    }

    /// <summary>Builds and sends a segment without data.</summary>
    public void Send(
        Instant now,
        IpPath path,
        IpEndpoint local,
        IpEndpoint remote,
        SequenceNumber seq,
        SequenceNumber ack,
        TcpFlags flags,
        ushort window,
        in TcpOptions options,
        byte trafficClass,
        byte ttl,
        PathMtuDiscovery? pathMtuDiscovery = null,
        in SigningKey key = default,
        TcpOptionLayout? layout = null,
        uint flowLabel = 0)
    {
        TcpOptions marked = options;
        SegmentSigner.Mark(ref marked, key);
        Frame frame = Pool.Rent(path.TransportOffset + TcpView.MaxHeaderLength);
        Span<byte> bytes = frame.Buffer.AsSpan(path.TransportOffset);
        int header = TcpWriter.Write(bytes, local.Port, remote.Port, seq, ack, flags, window, 0, marked, layout ?? Profile.OptionLayout);
        if (!key.IsNone)
        {
            Signer.Sign(bytes[..header], header, key, local.Address, remote.Address);
        }

        TcpWriter.WriteChecksum(bytes[..header], local.Address, remote.Address);
        frame.Length = path.TransportOffset + header;
        Counters[SnmpCounter.TcpOutSegs]++;
        path.FlowLabel = flowLabel;
        Ip.Send(now, path, local.Address, remote.Address, frame, header, IpProtocol.Tcp, trafficClass, ttl,
            MayNotFragment(path, pathMtuDiscovery));
    }
}

using SimStack.Ip;
using SimStack.Sockets;
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

        if (!TcpView.VerifyChecksum(ip.Source, ip.Destination, bytes))
        {
            Counters[SnmpCounter.TcpInCsumErrors]++;
            Counters[SnmpCounter.TcpInErrs]++;
            return;
        }

        TcpSegment segment = default;
        if (!TcpOptions.TryParse(view.OptionBytes, out segment.Options))
        {
            // Linux reads the options up to the damage; a host that takes none of such a segment is safer, and counts it.
            Counters[SnmpCounter.TcpInErrs]++;
            return;
        }

        if (segment.Options.HasMd5 && !Profile.RfcSegmentChecks)
        {
            // A signature where no key was agreed on (RFC 2385 §2 leaves it open): Linux drops the segment.
            Counters[SnmpCounter.TcpExtTCPMD5Unexpected]++;
            return;
        }

        segment.Seq = view.Sequence;
        segment.Ack = view.Acknowledgment;
        segment.Flags = view.Flags;
        segment.Window = view.Window;
        segment.UrgentPointer = view.UrgentPointer;
        segment.Data = view.Payload;
        segment.Source = ip.Source;
        segment.Destination = ip.Destination;
        segment.SourcePort = view.SourcePort;
        segment.DestinationPort = view.DestinationPort;
        segment.TrafficClass = ip.TrafficClass;
        segment.HeaderLength = (byte)view.HeaderLength;
        Dispatch(now, ref segment);
    }

    private void Dispatch(Instant now, ref TcpSegment segment)
    {
        switch (Flows.Find(segment.Destination, segment.DestinationPort, segment.Source, segment.SourcePort))
        {
            case TcpConnection connection:
                connection.SegmentArrives(now, ref segment);
                return;
            case SynQueueEntry entry:
                entry.Listener.SegmentArrives(now, entry, ref segment);
                return;
            case TimeWaitRecord record:
                record.SegmentArrives(now, ref segment);
                return;
        }

        TcpListener? listener = FindListener(segment.Destination, segment.DestinationPort);
        if (listener is not null)
        {
            listener.SegmentArrives(now, segment, iss: null);
        }
        else
        {
            ResetUnknown(now, segment);
        }
    }

    /// <summary>Answers a segment for no connection: RST, or nothing to a RST (RFC 9293 §3.10.7.1).</summary>
    public void ResetUnknown(Instant now, scoped in TcpSegment segment)
    {
        if (segment.Has(TcpFlags.Rst))
        {
            return;
        }

        Counters[SnmpCounter.TcpOutRsts]++;
        TcpOptions none = default;
        if (segment.Has(TcpFlags.Ack))
        {
            Reply(now, segment, segment.Ack, default, TcpFlags.Rst, 0, none, 0);
        }
        else
        {
            Reply(now, segment, default, segment.End, TcpFlags.Rst | TcpFlags.Ack, 0, none, 0);
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
        byte trafficClass)
    {
        if (Ip.FindPath(to.Source, to.Destination) is { } path)
        {
            IpEndpoint local = new(to.Destination, to.DestinationPort);
            IpEndpoint remote = new(to.Source, to.SourcePort);
            Send(now, path, local, remote, seq, ack, flags, window, options, trafficClass, (byte)Sysctls.DefaultTtl);
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
        PathMtuDiscovery? pathMtuDiscovery = null)
    {
        Frame frame = Pool.Rent(path.TransportOffset + TcpView.MaxHeaderLength);
        Span<byte> bytes = frame.Buffer.AsSpan(path.TransportOffset);
        int header = TcpWriter.Write(bytes, local.Port, remote.Port, seq, ack, flags, window, 0, options, Profile.OptionLayout);
        TcpWriter.WriteChecksum(bytes[..header], local.Address, remote.Address);
        frame.Length = path.TransportOffset + header;
        Counters[SnmpCounter.TcpOutSegs]++;
        Ip.Send(now, path, local.Address, remote.Address, frame, header, IpProtocol.Tcp, trafficClass, ttl,
            MayNotFragment(path, pathMtuDiscovery));
    }
}

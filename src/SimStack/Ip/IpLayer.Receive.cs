using SimStack.Wire;

namespace SimStack.Ip;

public sealed partial class IpLayer
{
    private bool _refusePort;
    private int _segmentSize;
    private IpAddress _lastSource;
    private MacAddress _linkSource;
    private NetworkInterface? _receivedBy;

    /// <summary>
    /// <see cref="Frame.SegmentSize"/> of the packet that is being received, or what its interface is said to join; 0: it is as it was on the wire.
    /// </summary>
    internal int ReceivedSegmentSize => _segmentSize != 0 ? _segmentSize : _receivedBy?.ReceiveSegmentSize ?? 0;

    /// <summary>The checksum of the segment that is being received is known to be good.</summary>
    internal bool IsVerified => _segmentSize != 0;

    /// <summary>The same for a frame that may be many segments.</summary>
    public void ReceiveFrame(Instant now, NetworkInterface through, Frame frame)
    {
        _segmentSize = frame.SegmentSize;
        Receive(now, through, frame.Bytes);
        _segmentSize = 0;
    }

    /// <summary>
    /// Takes a frame that arrived; its bytes stay the caller's. Whatever is wrong with it is counted by kind, nothing throws.
    /// </summary>
    public void Receive(Instant now, NetworkInterface through, ReadOnlySpan<byte> frame)
    {
        Clock = now;
        through.RxPackets++;
        if (!through.IsUp)
        {
            through.RxDropped++;
            return;
        }

        if (!EthernetView.TryParse(frame, out EthernetView ethernet, out _))
        {
            through.RxErrors++;
            return;
        }

        _receivedBy = through;
        _linkSource = ethernet.Source;
        MacAddress to = ethernet.Destination;
        if (to != through.MacAddress && !to.IsGroup)
        {
            through.RxOtherHost++;
            return;
        }

        switch (ethernet.EtherType)
        {
            case EtherType.Ipv4:
                ReceiveV4(now, through, ethernet.Payload, to.IsGroup);
                break;
            case EtherType.Ipv6:
                ReceiveV6(now, through, ethernet.Payload, to.IsGroup);
                break;
            case EtherType.Arp when !through.IsLoopback:
                ReceiveArp(now, through, ethernet.Payload, to.IsGroup);
                break;
            default:
                through.RxDropped++;
                break;
        }
    }

    // RFC 1122 §3.2.1.3: a group is no source, nor is a broadcast address, of any link, not of that one only: who answers would make of one
    // packet many (Linux's fib_validate_source); and neither 127/8 nor an own address comes from outside. The last source that is none of
    // these is remembered, as it is mostly the next one's too.
    private bool IsBadSource(NetworkInterface through, in IpAddress source)
    {
        if (source == _lastSource)
        {
            return false;
        }

        if (source.IsMulticast || IsAnyBroadcast(source))
        {
            return true;
        }

        if (source.IsLoopback || IsOwnAddress(source))
        {
            return !through.IsLoopback;
        }

        _lastSource = source;
        return false;
    }

    /// <summary>Bytes of the link's header before the packet that is being received; a tun device has none.</summary>
    internal int LinkHeaderLength => _receivedBy is { ReceiveBuffers: ReceiveBufferLayout.Allocated } ? 0 : EthernetView.HeaderLength;

    /// <summary>The Ethernet header of the packet that is being received, which is for this host alone.</summary>
    internal void WriteLinkHeader(Span<byte> destination, bool v4) =>
        EthernetWriter.Write(destination, _receivedBy!.MacAddress, _linkSource, v4 ? EtherType.Ipv4 : EtherType.Ipv6);

    /// <summary>
    /// From within <see cref="TransportInput.ReceiveUdp"/>: nobody has that port, so an ICMP port unreachable is due.
    /// </summary>
    internal void RefusePort() => _refusePort = true;

    private void ReceiveV4(Instant now, NetworkInterface through, ReadOnlySpan<byte> bytes, bool group)
    {
        _counters[SnmpCounter.IpInReceives]++;
        _counters[SnmpCounter.IpExtInOctets] += bytes.Length;
        if (!Ipv4View.TryParse(bytes, out Ipv4View packet, out WireError error))
        {
            CountBadV4(bytes, error);
            return;
        }

        IpAddress source = packet.Source;
        IpAddress destination = packet.Destination;
        CountEcn(packet.TrafficClass, SnmpCounter.IpExtInNoECTPkts);
        bool own = IsOwnAddress(destination);
        bool toMany = !own && (destination.IsMulticast || IsBroadcast(through, destination));
        bool forward = !own && !toMany;
        // Broadcast Ethernet with a unicast IP destination is dropped too (RFC 1122 §3.3.6).
        if ((forward && (!_sysctls.IpForward || through.IsLoopback)) || IsBadSource(through, source)
            || (!through.IsLoopback && ((group && own) || destination.IsLoopback)))
        {
            _counters[SnmpCounter.IpInAddrErrors]++;
            return;
        }

        if (_sysctls.ReversePathFilter != 0 && !PassesReversePathFilter(through, source))
        {
            _counters[SnmpCounter.TcpExtIPReversePathFilter]++;
            return;
        }

        if (packet.HeaderLength > Ipv4View.MinHeaderLength && IsKeptBySourceRoute(now, through, packet, own))
        {
            return;
        }

        if (forward)
        {
            ForwardV4(now, through, packet, group);
        }
        else if (packet.IsFragment)
        {
            ReceiveFragmentV4(now, through, packet, toMany);
        }
        else
        {
            DeliverV4(now, new IpPacketInfo(source, destination, packet.TrafficClass, packet.Ttl, through, toMany) { Packet = packet.Bytes }, packet);
        }
    }

    private void DeliverV4(Instant now, in IpPacketInfo ip, in Ipv4View packet)
    {
        switch (packet.Protocol)
        {
            case IpProtocol.Tcp:
                _counters[SnmpCounter.IpInDelivers]++;
                if (packet.HeaderLength > Ipv4View.MinHeaderLength)
                {
                    ReturnRoute = IpOptions.ReturnRoute(packet.OptionBytes, packet.Source);
                }

                _transport.ReceiveTcp(now, ip, packet.Payload);
                ReturnRoute = null;
                break;
            case IpProtocol.Udp:
                _counters[SnmpCounter.IpInDelivers]++;
                if (DeliverUdp(now, ip, packet.Payload))
                {
                    SendError(now, ip, IcmpType.DestinationUnreachable, 3, 0, packet.Bytes);
                }

                break;
            case IpProtocol.Icmp:
                _counters[SnmpCounter.IpInDelivers]++;
                ReceiveIcmp(now, ip, packet.Payload);
                break;
            default:
                _counters[SnmpCounter.IpInUnknownProtos]++;
                SendError(now, ip, IcmpType.DestinationUnreachable, 2, 0, packet.Bytes);
                break;
        }
    }

    private void CountBadV4(ReadOnlySpan<byte> bytes, WireError error)
    {
        bool wholeHeader = bytes.Length >= Ipv4View.MinHeaderLength && bytes.Length >= (bytes[0] & 0xF) * 4;
        if (error == WireError.Truncated && wholeHeader)
        {
            _counters[SnmpCounter.IpExtInTruncatedPkts]++;
            return;
        }

        if (error == WireError.BadChecksum)
        {
            _counters[SnmpCounter.IpExtInCsumErrors]++;
        }

        _counters[SnmpCounter.IpInHdrErrors]++;
    }

    private void ReceiveV6(Instant now, NetworkInterface through, ReadOnlySpan<byte> bytes, bool group)
    {
        _counters[SnmpCounter.Ip6InReceives]++;
        _counters[SnmpCounter.Ip6InOctets] += bytes.Length;
        if (!Ipv6View.TryParse(bytes, out Ipv6View packet, out WireError error))
        {
            bool cut = error == WireError.Truncated && bytes.Length >= Ipv6View.HeaderLength;
            _counters[cut ? SnmpCounter.Ip6InTruncatedPkts : SnmpCounter.Ip6InHdrErrors]++;
            return;
        }

        IpAddress source = packet.Source;
        IpAddress destination = packet.Destination;
        CountEcn(packet.TrafficClass, SnmpCounter.Ip6InNoECTPkts);
        bool toMany = destination.IsMulticast;
        // RFC 4291 §2.5.3, §2.7; an IPv4-mapped address never is on the wire (RFC 4291 §2.5.5.2, Linux).
        bool wrong = source.IsMulticast || source.IsV4 || destination.IsV4 || (group && !toMany && !through.IsLoopback)
            || (!through.IsLoopback && (source.IsLoopback || destination.IsLoopback || IsOwnAddress(source)));
        bool own = toMany ? IsOwnGroup(through, destination) : IsOwnAddress(destination);
        if (wrong || (!own && (toMany || !_sysctls.Ip6Forwarding || through.IsLoopback)))
        {
            _counters[SnmpCounter.Ip6InAddrErrors]++;
            return;
        }

        if (!own)
        {
            ForwardV6(now, through, packet, group);
            return;
        }

        if (packet.RoutingSegmentsLeft != 0)
        {
            _counters[SnmpCounter.Ip6InHdrErrors]++;
            return;
        }

        IpPacketInfo ip = new(source, destination, packet.TrafficClass, packet.HopLimit, through, toMany) { Packet = packet.Bytes };
        if (packet.IsFragment)
        {
            ReceiveFragmentV6(now, ip, packet);
            return;
        }

        if (packet.FragmentHeaderOffset != 0)
        {
            // RFC 6946: an atomic fragment is whole, whatever else has its identification.
            _counters[SnmpCounter.Ip6ReasmReqds]++;
            _counters[SnmpCounter.Ip6ReasmOKs]++;
        }

        DeliverV6(now, ip, packet);
    }

    private void DeliverV6(Instant now, in IpPacketInfo ip, in Ipv6View packet)
    {
        switch (packet.Protocol)
        {
            case IpProtocol.Tcp:
                _counters[SnmpCounter.Ip6InDelivers]++;
                _transport.ReceiveTcp(now, ip, packet.Payload);
                break;
            case IpProtocol.Udp:
                _counters[SnmpCounter.Ip6InDelivers]++;
                if (DeliverUdp(now, ip, packet.Payload))
                {
                    SendErrorV6(now, ip, Icmpv6Type.DestinationUnreachable, 4, 0, packet.Bytes);
                }

                break;
            case IpProtocol.IcmpV6:
                _counters[SnmpCounter.Ip6InDelivers]++;
                ReceiveIcmpv6(now, ip, packet.Payload);
                break;
            case IpProtocol.NoNextHeader:
                _counters[SnmpCounter.Ip6InDelivers]++;
                break;
            default:
                // RFC 8200 §4: an unknown next header; the pointer says where its number stands.
                _counters[SnmpCounter.Ip6InUnknownProtos]++;
                SendErrorV6(now, ip, Icmpv6Type.ParameterProblem, 1, packet.ProtocolFieldOffset, packet.Bytes);
                break;
        }
    }

    private bool DeliverUdp(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> datagram)
    {
        _refusePort = false;
        _transport.ReceiveUdp(now, ip, datagram);
        return _refusePort;
    }

    // All nodes, or the solicited-node group of an own address (RFC 4291 §2.7.1).
    private static bool IsOwnGroup(NetworkInterface through, in IpAddress group)
    {
        if (group.High == 0xFF02_0000_0000_0000 && group.Low == 1)
        {
            return true;
        }

        foreach (InterfaceAddress own in through.AddressList)
        {
            if (own.Address.IsV6 && SolicitedNode(own.Address) == group)
            {
                return true;
            }
        }

        return false;
    }

    private void CountEcn(byte trafficClass, SnmpCounter notEct) => _counters[notEct + (trafficClass & 3)]++;
}

using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Ip;

public sealed partial class IpLayer
{
    // Codes of "destination unreachable" (RFC 792, RFC 4443 §3.1).
    private const byte HostUnreachable = 1;
    private const byte AddressUnreachable = 3;
    private const byte FragmentationNeededCode = 4;
    private const byte LastUnreachableCode = 15;

    private void ReceiveIcmp(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> bytes)
    {
        _counters[SnmpCounter.IcmpInMsgs]++;
        if (!IcmpView.TryParse(bytes, out IcmpView message, out WireError error))
        {
            if (error == WireError.BadChecksum)
            {
                _counters[SnmpCounter.IcmpInCsumErrors]++;
            }

            _counters[SnmpCounter.IcmpInErrors]++;
            return;
        }

        CountIcmpType(message.Type);
        if (message.IsError)
        {
            if (ip.IsMulticastOrBroadcast)
            {
                _counters[SnmpCounter.IcmpInErrors]++;
            }
            else if (message.Type == IcmpType.Redirect)
            {
                ReceiveRedirect(now, ip, message);
            }
            else if (message.Type != IcmpType.SourceQuench)
            {
                ReceiveError(now, ip, message);
            }
        }
        else if (message.Type == IcmpType.EchoReply)
        {
            _transport.ReceiveEchoReply(now, ip, message.Id, message.Sequence, message.Payload);
        }
        else if (message.Type == IcmpType.Echo)
        {
            AnswerEcho(now, ip, message);
        }
    }

    // RFC 1122 §3.2.2.6; Linux leaves broadcast echo unanswered unless told, and answers it from an address of its own.
    private void AnswerEcho(Instant now, in IpPacketInfo ip, in IcmpView message)
    {
        if (_sysctls.IcmpEchoIgnoreAll || (ip.IsMulticastOrBroadcast && _sysctls.IcmpEchoIgnoreBroadcasts)
            || FindPath(ip.Source, ip.IsMulticastOrBroadcast ? default : ip.Destination) is not { } path
            || !MaySend(now, path, IcmpType.EchoReply, 0))
        {
            return;
        }

        IpAddress from = ip.IsMulticastOrBroadcast ? path.Source : ip.Destination;
        SendEcho(now, path, from, reply: true, message.Id, message.Sequence, message.Payload, ip.TrafficClass, EchoesCode ? message.Code : (byte)0);
    }

    private void CountIcmpType(IcmpType type)
    {
        switch (type)
        {
            case IcmpType.EchoReply:
                _counters[SnmpCounter.IcmpInEchoReps]++;
                _counters[SnmpCounter.IcmpMsgInType0]++;
                break;
            case IcmpType.DestinationUnreachable:
                _counters[SnmpCounter.IcmpInDestUnreachs]++;
                _counters[SnmpCounter.IcmpMsgInType3]++;
                break;
            case IcmpType.Echo:
                _counters[SnmpCounter.IcmpInEchos]++;
                _counters[SnmpCounter.IcmpMsgInType8]++;
                break;
            case IcmpType.TimeExceeded:
                _counters[SnmpCounter.IcmpInTimeExcds]++;
                _counters[SnmpCounter.IcmpMsgInType11]++;
                break;
            case IcmpType.ParameterProblem:
                _counters[SnmpCounter.IcmpInParmProbs]++;
                _counters[SnmpCounter.IcmpMsgInType12]++;
                break;
            case IcmpType.SourceQuench:
                _counters[SnmpCounter.IcmpInSrcQuenchs]++;
                _counters[SnmpCounter.IcmpMsgInType4]++;
                break;
            case IcmpType.Redirect:
                _counters[SnmpCounter.IcmpInRedirects]++;
                _counters[SnmpCounter.IcmpMsgInType5]++;
                break;
            case IcmpType.Timestamp:
                _counters[SnmpCounter.IcmpInTimestamps]++;
                break;
            case IcmpType.TimestampReply:
                _counters[SnmpCounter.IcmpInTimestampReps]++;
                break;
            default:
                _counters[SnmpCounter.IcmpInErrors]++;
                break;
        }
    }

    private void ReceiveError(Instant now, in IpPacketInfo ip, in IcmpView message)
    {
        if (!Ipv4View.TryParseQuoted(message.Payload, out Ipv4View quoted) || quoted.Payload.Length < 8
            || quoted.FragmentOffset != 0)
        {
            _counters[SnmpCounter.IcmpInErrors]++;
            return;
        }

        // Linux: unknown codes mean nothing, and that a reassembly elsewhere timed out says nothing of the path.
        if ((message.Type == IcmpType.DestinationUnreachable && message.Code > LastUnreachableCode)
            || (message.Type == IcmpType.TimeExceeded && message.Code == ReassemblyTimeExceeded))
        {
            return;
        }

        bool tooBig = message.Type == IcmpType.DestinationUnreachable && message.Code == FragmentationNeededCode;
        // ip_no_pmtu_disc: 2 hears none of these, 3 only what can be told from a forgery, by a sequence number (Linux: icmp_unreach).
        if (tooBig && (_sysctls.NoPathMtuDiscovery == 2 || (_sysctls.NoPathMtuDiscovery == 3 && quoted.Protocol != IpProtocol.Tcp)))
        {
            return;
        }

        uint info = tooBig ? (_sysctls.NoPathMtuDiscovery == 1 ? 0u : message.Mtu) : message.Type == IcmpType.ParameterProblem ? (uint)(message.Id >> 8) : 0;
        int length = BinaryPrimitives.ReadUInt16BigEndian(message.Payload[2..]);
        HandOver(now, ip.Source, (byte)message.Type, message.Code, info,
            quoted.Source, IpOptions.FinalDestination(quoted), quoted.Protocol, quoted.Payload, length);
    }

    private void ReceiveErrorV6(Instant now, in IpPacketInfo ip, in Icmpv6View message)
    {
        if (!Ipv6View.TryParseQuoted(message.Payload, out Ipv6View quoted) || quoted.Payload.Length < 8
            || quoted.FragmentOffset != 0)
        {
            _counters[SnmpCounter.Icmp6InErrors]++;
            return;
        }

        uint info = message.Type is Icmpv6Type.PacketTooBig or Icmpv6Type.ParameterProblem ? message.Mtu : 0;
        int length = Ipv6View.HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(message.Payload[4..]);
        HandOver(now, ip.Source, (byte)message.Type, message.Code, info,
            quoted.Source, quoted.Destination, quoted.Protocol, quoted.Payload, length);
    }

    /// <summary>
    /// A packet of ours waited for a neighbour that did not answer: its sender is told as if a router had (Linux:
    /// arp_error_report).
    /// </summary>
    internal void ReportHostUnreachable(Instant now, NetworkInterface through, Frame frame)
    {
        ReadOnlySpan<byte> packet = frame.Bytes[EthernetView.HeaderLength..];
        if (ReportToOther(now, through, packet))
        {
            return;
        }

        if (Ipv4View.TryParseQuoted(packet, out Ipv4View v4) && v4.Payload.Length >= 8 && v4.FragmentOffset == 0)
        {
            HandOver(now, v4.Source, (byte)IcmpType.DestinationUnreachable, HostUnreachable, 0,
                v4.Source, IpOptions.FinalDestination(v4), v4.Protocol, v4.Payload, packet.Length);
        }
        else if (Ipv6View.TryParseQuoted(packet, out Ipv6View v6) && v6.Payload.Length >= 8 && v6.FragmentOffset == 0)
        {
            HandOver(now, v6.Source, (byte)Icmpv6Type.DestinationUnreachable, AddressUnreachable, 0,
                v6.Source, v6.Destination, v6.Protocol, v6.Payload, packet.Length);
        }
    }

    // A packet that was being forwarded.
    private bool ReportToOther(Instant now, NetworkInterface through, ReadOnlySpan<byte> packet)
    {
        if (Ipv4View.TryParseQuoted(packet, out Ipv4View v4) && !IsOwnAddress(v4.Source))
        {
            IpPacketInfo ip = new(v4.Source, v4.Destination, v4.TrafficClass, v4.Ttl, through, false);
            SendError(now, ip, IcmpType.DestinationUnreachable, HostUnreachable, 0, packet);
            return true;
        }

        if (Ipv6View.TryParseQuoted(packet, out Ipv6View v6) && !IsOwnAddress(v6.Source))
        {
            IpPacketInfo ip = new(v6.Source, v6.Destination, v6.TrafficClass, v6.HopLimit, through, false);
            SendErrorV6(now, ip, Icmpv6Type.DestinationUnreachable, AddressUnreachable, 0, packet);
            return true;
        }

        return false;
    }

    private void HandOver(
        Instant now, in IpAddress reporter, byte type, byte code, uint info, in IpAddress source, in IpAddress destination,
        IpProtocol protocol, ReadOnlySpan<byte> transport, int quotedLength)
    {
        IcmpErrorInfo error = new()
        {
            Type = type,
            Code = code,
            Reporter = reporter,
            Info = info,
            Source = source,
            Destination = destination,
            Protocol = protocol,
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(transport),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(transport[2..]),
            Sequence = new SequenceNumber(protocol == IpProtocol.Tcp ? BinaryPrimitives.ReadUInt32BigEndian(transport[4..]) : 0),
            QuotedLength = quotedLength,
        };
        if (error.IsPacketTooBig && protocol is (IpProtocol.Icmp or IpProtocol.IcmpV6))
        {
            LowerPathMtu(now, destination, error.Mtu);
        }

        _transport.ReceiveIcmpError(now, error, transport);
    }

    private void ReceiveIcmpv6(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> bytes)
    {
        _counters[SnmpCounter.Icmp6InMsgs]++;
        if (!Icmpv6View.TryParse(bytes, ip.Source, ip.Destination, out Icmpv6View message, out WireError error))
        {
            if (error == WireError.BadChecksum)
            {
                _counters[SnmpCounter.Icmp6InCsumErrors]++;
            }

            _counters[SnmpCounter.Icmp6InErrors]++;
            return;
        }

        CountIcmpv6Type(message.Type);
        switch (message.Type)
        {
            case Icmpv6Type.EchoReply:
                _transport.ReceiveEchoReply(now, ip, message.Id, message.Sequence, message.Payload);
                break;
            case Icmpv6Type.EchoRequest:
                // RFC 4443 §4.2: a multicast request is answered too, from a unicast address.
                if (!_sysctls.Icmp6EchoIgnoreAll
                    && FindPath(ip.Source, ip.IsMulticastOrBroadcast ? default : ip.Destination) is { } path)
                {
                    IpAddress from = ip.IsMulticastOrBroadcast ? path.Source : ip.Destination;
                    SendEcho(now, path, from, reply: true, message.Id, message.Sequence, message.Payload, ip.TrafficClass, EchoesCode ? message.Code : (byte)0);
                }

                break;
            case Icmpv6Type.NeighborSolicitation or Icmpv6Type.NeighborAdvertisement:
                ReceiveNeighborMessage(now, ip, message.Bytes);
                break;
            // RFC 4443 §2.4 (a): an unknown error too goes to the transport it is about.
            case < Icmpv6Type.EchoRequest:
                ReceiveErrorV6(now, ip, message);
                break;
            default:
                break;
        }
    }

    private void CountIcmpv6Type(Icmpv6Type type)
    {
        SnmpCounter? counter = type switch
        {
            Icmpv6Type.DestinationUnreachable => SnmpCounter.Icmp6InDestUnreachs,
            Icmpv6Type.PacketTooBig => SnmpCounter.Icmp6InPktTooBigs,
            Icmpv6Type.TimeExceeded => SnmpCounter.Icmp6InTimeExcds,
            Icmpv6Type.ParameterProblem => SnmpCounter.Icmp6InParmProblems,
            Icmpv6Type.EchoRequest => SnmpCounter.Icmp6InEchos,
            Icmpv6Type.EchoReply => SnmpCounter.Icmp6InEchoReplies,
            Icmpv6Type.RouterSolicitation => SnmpCounter.Icmp6InRouterSolicits,
            Icmpv6Type.RouterAdvertisement => SnmpCounter.Icmp6InRouterAdvertisements,
            Icmpv6Type.NeighborSolicitation => SnmpCounter.Icmp6InNeighborSolicits,
            Icmpv6Type.NeighborAdvertisement => SnmpCounter.Icmp6InNeighborAdvertisements,
            Icmpv6Type.Redirect => SnmpCounter.Icmp6InRedirects,
            Icmpv6Type.MulticastListenerQuery => SnmpCounter.Icmp6InGroupMembQueries,
            Icmpv6Type.MulticastListenerReport => SnmpCounter.Icmp6InGroupMembResponses,
            Icmpv6Type.MulticastListenerDone => SnmpCounter.Icmp6InGroupMembReductions,
            Icmpv6Type.MulticastListenerReportV2 => SnmpCounter.Icmp6InMLDv2Reports,
            // RFC 4443 §2.4 (a), (b): an unknown informational message is dropped without a word.
            _ => null,
        };
        if (counter is { } known)
        {
            _counters[known]++;
        }
    }

    private void SendEcho(
        Instant now, IpPath path, in IpAddress source, bool reply, ushort id, ushort sequence,
        ReadOnlySpan<byte> payload, byte trafficClass, byte code = 0)
    {
        Frame frame = Pool.Rent(path.TransportOffset + IcmpView.HeaderLength + payload.Length);
        Span<byte> message = frame.Buffer.AsSpan(path.TransportOffset);
        if (path.Destination.IsV4)
        {
            int length = IcmpWriter.WriteEcho(message, reply, id, sequence, payload, code);
            _counters[SnmpCounter.IcmpOutMsgs]++;
            _counters[reply ? SnmpCounter.IcmpOutEchoReps : SnmpCounter.IcmpOutEchos]++;
            _counters[reply ? SnmpCounter.IcmpMsgOutType0 : SnmpCounter.IcmpMsgOutType8]++;
            // Linux's ping sets DF where it fits; replies go without, both with an identification.
            bool fits = path.TransportOffset - EthernetView.HeaderLength + length <= path.Mtu;
            Send(
                now, path, source, path.Destination, frame, length, IpProtocol.Icmp, trafficClass, DefaultTtl, !reply && fits,
                path.TakeId());
        }
        else
        {
            int length = Icmpv6Writer.WriteEcho(message, source, path.Destination, reply, id, sequence, payload, code);
            _counters[SnmpCounter.Icmp6OutMsgs]++;
            _counters[reply ? SnmpCounter.Icmp6OutEchoReplies : SnmpCounter.Icmp6OutEchos]++;
            Send(now, path, source, path.Destination, frame, length, IpProtocol.IcmpV6, trafficClass, DefaultTtl, false);
        }
    }
}

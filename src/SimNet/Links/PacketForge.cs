using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>Makes the bytes of an <see cref="InjectedPacket"/>.</summary>
internal readonly ref struct PacketForge
{
    /// <summary>What an ICMP error for IPv4 may be in all (RFC 1812 §4.3.2.3), and one for IPv6 (RFC 4443 §2.4 c).</summary>
    private const int MostQuotedV4 = 548;
    private const int MostQuotedV6 = 1232;
    private readonly InjectedPacket _packet;
    private readonly FrameSummary _matched;
    private readonly IpAddress _source;
    private readonly IpAddress _destination;

    private PacketForge(InjectedPacket packet, in FrameSummary matched)
    {
        _packet = packet;
        _matched = matched;
        (_source, _destination) = packet.Backward ? (matched.Destination, matched.Source) : (matched.Source, matched.Destination);
        (_source, _destination) = (packet.Source ?? _source, packet.Destination ?? _destination);
    }

    /// <summary>Makes the frame; false when something is missing that the matched packet would have to give.</summary>
    /// <param name="packet">What to make.</param>
    /// <param name="matched">The packet that a rule is about; empty when there is none.</param>
    /// <param name="pool">Where the frame comes from.</param>
    /// <param name="addresses">Ethernet addresses when there is no matched packet: to, from.</param>
    /// <param name="frame">The frame.</param>
    public static bool TryMake(
        InjectedPacket packet,
        in FrameSummary matched,
        FramePool pool,
        (MacAddress To, MacAddress From) addresses,
        [NotNullWhen(true)] out Frame? frame)
    {
        frame = null;
        if (packet.Kind == InjectedKind.Frame)
        {
            frame = pool.Copy(packet.Payload.Span);
            return true;
        }

        PacketForge forge = new(packet, in matched);
        if (packet.Kind != InjectedKind.Packet && !forge.HasWhatItNeeds())
        {
            return false;
        }

        if (matched.Frame.Length >= EthernetView.HeaderLength)
        {
            _ = EthernetView.TryParse(matched.Frame, out EthernetView ethernet, out _);
            addresses = packet.Backward ? (ethernet.Source, ethernet.Destination) : (ethernet.Destination, ethernet.Source);
        }

        frame = pool.Rent(EthernetView.HeaderLength + Ipv6View.HeaderLength + TcpView.MaxHeaderLength + MostQuotedV6 + packet.Payload.Length);
        Span<byte> bytes = frame.Bytes;
        int length = packet.Kind == InjectedKind.Packet
            ? WriteBytes(packet.Payload.Span, bytes[EthernetView.HeaderLength..])
            : forge.WritePacket(bytes[EthernetView.HeaderLength..]);
        bool isV6 = length > 0 && bytes[EthernetView.HeaderLength] >> 4 == 6;
        EthernetWriter.Write(bytes, addresses.To, addresses.From, isV6 ? EtherType.Ipv6 : EtherType.Ipv4);
        frame.Length = EthernetView.HeaderLength + length;
        return true;
    }

    private static int WriteBytes(ReadOnlySpan<byte> packet, Span<byte> destination)
    {
        packet.CopyTo(destination);
        return packet.Length;
    }

    private bool HasWhatItNeeds()
    {
        if (_source.IsV4 != _destination.IsV4 || _destination.IsUnspecified)
        {
            return false;
        }

        return _packet.Kind switch
        {
            InjectedKind.Icmp => !_packet.Payload.IsEmpty || _matched.IsIp,
            InjectedKind.Udp => Port(source: true) != 0 && Port(source: false) != 0,
            _ => Port(source: true) != 0 && Port(source: false) != 0
                && (_matched.IsTcp || (_packet.SequenceOrigin == NumberOrigin.Wire && IsKnown(_packet.AcknowledgmentOrigin))),
        };
    }

    // Without ACK the number doesn't matter.
    private bool IsKnown(NumberOrigin acknowledgment) =>
        (_packet.Flags & TcpFlags.Ack) == TcpFlags.None || acknowledgment == NumberOrigin.Wire;

    private ushort Port(bool source)
    {
        bool matchedSource = source != _packet.Backward;
        return (source ? _packet.SourcePort : _packet.DestinationPort)
            ?? (matchedSource ? _matched.SourcePort : _matched.DestinationPort);
    }

    private int WritePacket(Span<byte> packet)
    {
        int header = _source.IsV4 ? Ipv4View.MinHeaderLength : Ipv6View.HeaderLength;
        Span<byte> rest = packet[header..];
        (IpProtocol protocol, int length) = _packet.Kind switch
        {
            InjectedKind.Tcp => (IpProtocol.Tcp, WriteTcp(rest)),
            InjectedKind.Udp => (IpProtocol.Udp, UdpWriter.Write(rest, _source, _destination, Port(true), Port(false), _packet.Payload.Span)),
            _ when _source.IsV4 => (IpProtocol.Icmp, WriteIcmp(rest)),
            _ => (IpProtocol.IcmpV6, WriteIcmp(rest)),
        };
        if (_packet.BadChecksum && ChecksumMender.FieldOffset(protocol, length) is var field and >= 0)
        {
            rest[field] ^= 0x55;
        }

        _ = _source.IsV4
            ? Ipv4Writer.Write(packet, _source, _destination, protocol, length, _packet.Ttl)
            : Ipv6Writer.Write(packet, _source, _destination, protocol, length, _packet.Ttl);
        return header + length;
    }

    private int WriteTcp(Span<byte> destination)
    {
        _ = TcpView.TryParse(_matched.IsTcp ? _matched.Frame[_matched.TransportOffset..] : default, out TcpView matched, out _);
        bool acknowledges = (_packet.Flags & TcpFlags.Ack) != TcpFlags.None;
        ushort window = _packet.Window ?? (_matched.IsTcp ? matched.Window : (ushort)0);
        int length = TcpWriter.Write(
            destination,
            Port(true),
            Port(false),
            new SequenceNumber(Sequence()),
            new SequenceNumber(acknowledges ? Acknowledgment() : 0),
            _packet.Flags,
            window,
            0,
            default,
            TcpOptionLayout.Linux);
        if (_packet.CopyOptions && _matched.IsTcp)
        {
            matched.OptionBytes.CopyTo(destination[length..]);
            length += matched.OptionBytes.Length;
            destination[12] = (byte)((destination[12] & 0xF) | length << 2);
        }

        _packet.Payload.Span.CopyTo(destination[length..]);
        length += _packet.Payload.Length;
        TcpWriter.WriteChecksum(destination[..length], _source, _destination);
        return length;
    }

    private uint Sequence()
    {
        uint zero = _packet.SequenceOrigin switch
        {
            NumberOrigin.Wire => 0,
            NumberOrigin.Matched => _packet.Backward ? _matched.Acknowledgment.Value : _matched.Sequence.Value,
            _ => _packet.Backward ? PeerFirst() : OwnFirst(),
        };
        return unchecked(zero + (uint)_packet.Sequence);
    }

    private uint Acknowledgment()
    {
        uint zero = _packet.AcknowledgmentOrigin switch
        {
            NumberOrigin.Wire => 0,
            NumberOrigin.Matched => _packet.Backward ? MatchedEnd() : _matched.Acknowledgment.Value,
            _ => _packet.Backward ? OwnFirst() : PeerFirst(),
        };
        return unchecked(zero + (uint)_packet.Acknowledgment);
    }

    private uint OwnFirst() => unchecked(_matched.Sequence.Value - (_matched.RelativeSequence ?? 0));

    private uint PeerFirst() => unchecked(_matched.Acknowledgment.Value - (_matched.RelativeAcknowledgment ?? 0));

    private uint MatchedEnd()
    {
        int flags = ((_matched.Flags & TcpFlags.Syn) != TcpFlags.None ? 1 : 0) + ((_matched.Flags & TcpFlags.Fin) != TcpFlags.None ? 1 : 0);
        return unchecked(_matched.Sequence.Value + (uint)(_matched.PayloadLength + flags));
    }

    private int WriteIcmp(Span<byte> destination)
    {
        ReadOnlySpan<byte> body = _packet.Payload.Span;
        if (!body.IsEmpty)
        {
            return WriteIcmp(destination, body);
        }

        ReadOnlySpan<byte> whole = _matched.Frame[EthernetView.HeaderLength..(_matched.PayloadOffset + _matched.PayloadLength)];
        Span<byte> quote = stackalloc byte[MostQuotedV6];
        quote = quote[..Math.Min(whole.Length, _source.IsV4 ? MostQuotedV4 : MostQuotedV6)];
        whole[..quote.Length].CopyTo(quote);
        int sequence = _matched.TransportOffset - EthernetView.HeaderLength + 4;
        if (_matched.IsTcp && sequence + 4 <= quote.Length)
        {
            ShiftQuoted(quote[(sequence - 4)..]);
        }

        return WriteIcmp(destination, quote);
    }

    /// <summary>The quoted segment is one that its sender could have sent: its checksum goes with the number (RFC 1624 §3).</summary>
    private void ShiftQuoted(Span<byte> segment)
    {
        Span<byte> field = segment.Slice(4, 4);
        uint before = BinaryPrimitives.ReadUInt32BigEndian(field);
        uint after = unchecked(before + (uint)_packet.QuoteSequenceShift);
        BinaryPrimitives.WriteUInt32BigEndian(field, after);
        if (segment.Length >= TcpView.MinHeaderLength)
        {
            ulong sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(segment[16..]);
            sum += (ulong)(ushort)~before + (ushort)~(before >> 16) + (ushort)after + (ushort)(after >> 16);
            sum = (sum & 0xFFFF) + (sum >> 16);
            sum = (sum & 0xFFFF) + (sum >> 16);
            BinaryPrimitives.WriteUInt16BigEndian(segment[16..], (ushort)~sum);
        }
    }

    private int WriteIcmp(Span<byte> destination, ReadOnlySpan<byte> body) => _source.IsV4
        ? IcmpWriter.WriteError(destination, (IcmpType)_packet.IcmpType, _packet.IcmpCode, _packet.IcmpRest, body)
        : Icmpv6Writer.WriteError(
            destination, _source, _destination, (Icmpv6Type)_packet.IcmpType, _packet.IcmpCode, _packet.IcmpRest, body);
}

using SimStack.Wire;

namespace SimStack.Ip;

public sealed partial class IpLayer
{
    // RFC 791: 65,535 less the headers.
    private const int MaxEchoPayload = ushort.MaxValue - Ipv4View.MinHeaderLength - IcmpView.HeaderLength;

    private Instant _nextDeadline = Instant.Never;

    /// <summary>
    /// When <see cref="Advance"/> is next due: a neighbour to be asked again, checked, or given up; a datagram whose fragments do not
    /// come.
    /// </summary>
    public Instant NextDeadline => _nextDeadline;

    /// <summary>Does what is due: the timers of neighbours and of reassembly.</summary>
    public void Advance(Instant now)
    {
        Clock = now;
        if (_nextDeadline > now)
        {
            return;
        }

        foreach (NetworkInterface candidate in _interfaces)
        {
            candidate.Neighbours.Advance(now);
            candidate.RunQueue(now);
        }

        GiveUpFragments(now);
        DeadlinesChanged();
    }

    /// <summary>
    /// As the overload with an identification; IPv4 with DF gets 0 (RFC 6864 §4.1), without DF the path's next one; or each the host's
    /// next one, where the profile counts them all.
    /// </summary>
    public void Send(
        Instant now, IpPath path, IpAddress source, IpAddress destination, Frame frame, int transportLength, IpProtocol protocol,
        byte trafficClass, byte ttl, bool dontFragment) =>
        TrySend(now, path, source, destination, frame, transportLength, protocol, trafficClass, ttl, dontFragment);

    /// <summary>The same for a sender that wants to know; false when the interface's queue had no room.</summary>
    internal bool TrySend(
        Instant now, IpPath path, in IpAddress source, in IpAddress destination, Frame frame, int transportLength, IpProtocol protocol,
        byte trafficClass, byte ttl, bool dontFragment) =>
        Send(now, path, in source, in destination, frame, transportLength, protocol, trafficClass, ttl, dontFragment,
            dontFragment && !CountsEveryDatagram ? (ushort)0 : path.TakeId(), dontFragment ? path.Interface.Mtu : path.Mtu);

    /// <summary>
    /// Writes IP and Ethernet headers before a segment that stands at <see cref="IpPath.TransportOffset"/> in the frame, and
    /// queues the frame on the interface, or until the neighbour has answered. Takes the frame over.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="path">Where to, from <see cref="FindPath"/>.</param>
    /// <param name="source">Source address, usually the path's.</param>
    /// <param name="destination">Destination address, usually the path's.</param>
    /// <param name="frame">The segment in its place; its length is set here.</param>
    /// <param name="transportLength">Header and payload in bytes. What is longer than the path's MTU allows goes in fragments, or is
    /// dropped and counted where it must not.</param>
    /// <param name="protocol">What the segment is.</param>
    /// <param name="trafficClass">DSCP and ECN.</param>
    /// <param name="ttl">Time to live or hop limit.</param>
    /// <param name="dontFragment">Never in fragments, and not beyond the interface's MTU; in IPv4 the DF flag.</param>
    /// <param name="id">IPv4's identification; IPv6 fragments have the destination's next one.</param>
    public void Send(
        Instant now, IpPath path, IpAddress source, IpAddress destination, Frame frame, int transportLength, IpProtocol protocol,
        byte trafficClass, byte ttl, bool dontFragment, ushort id) =>
        Send(now, path, in source, in destination, frame, transportLength, protocol, trafficClass, ttl, dontFragment, id,
            dontFragment ? path.Interface.Mtu : path.Mtu);

    /// <summary>As the other, for an MTU that may be another than the path's.</summary>
    /// <returns>False when the interface's queue had no room for it: the sender may try again.</returns>
    internal bool Send(
        Instant now, IpPath path, in IpAddress source, in IpAddress destination, Frame frame, int transportLength, IpProtocol protocol,
        byte trafficClass, byte ttl, bool dontFragment, ushort id, int mtu)
    {
        bool v4 = destination.IsV4;
        Clock = now;
        _counters[v4 ? SnmpCounter.IpOutRequests : SnmpCounter.Ip6OutRequests]++;
        int length = path.TransportOffset + transportLength;
        bool tooLong = length - EthernetView.HeaderLength > mtu;
        if ((tooLong && dontFragment) || (v4 ? length - EthernetView.HeaderLength : transportLength) > ushort.MaxValue)
        {
            _counters[v4 ? SnmpCounter.IpFragFails : SnmpCounter.Ip6FragFails]++;
            Pool.Return(frame);
            return true;
        }

        frame.Length = length;
        Span<byte> packet = frame.Bytes[EthernetView.HeaderLength..];
        if (path.Options is { } options)
        {
            WriteWithOptions(packet, options, source, destination, protocol, transportLength, ttl, trafficClass, id, dontFragment);
        }
        else if (v4)
        {
            Ipv4Writer.Write(
                packet, source, destination, protocol, transportLength, ttl, trafficClass, id, dontFragment);
        }
        else
        {
            Ipv6Writer.Write(packet, source, destination, protocol, transportLength, ttl, trafficClass, path.FlowLabel);
            path.FlowLabel = 0;
        }

        if (!tooLong)
        {
            return Transmit(now, path, frame, source);
        }

        if (v4)
        {
            SendFragmentsV4(now, path, packet, mtu, source);
        }
        else
        {
            SendFragmentsV6(now, path, packet, mtu, NextId(destination), source);
        }

        Pool.Return(frame);
        return true;
    }

    /// <summary>Gives a frame whose IP packet is complete its Ethernet header, and to the neighbour. Takes the frame over.</summary>
    private bool Transmit(Instant now, IpPath path, Frame frame, in IpAddress source)
    {
        NetworkInterface through = path.Interface;
        bool v4 = path.Destination.IsV4;
        if (v4)
        {
            _counters[SnmpCounter.IpExtOutOctets] += frame.Length - EthernetView.HeaderLength;
            _counters[SnmpCounter.IpOutTransmits]++;
        }
        else
        {
            _counters[SnmpCounter.Ip6OutOctets] += frame.Length - EthernetView.HeaderLength;
            _counters[SnmpCounter.Ip6OutTransmits]++;
        }

        NeighbourEntry? neighbour = path.Neighbour;
        if (neighbour is null || neighbour.IsRemoved)
        {
            path.Neighbour = neighbour = through.Neighbours.FindOrAdd(path.NextHop, now);
            if (neighbour is null)
            {
                _counters[v4 ? SnmpCounter.IpOutDiscards : SnmpCounter.Ip6OutDiscards]++;
                Pool.Return(frame);
                return true;
            }
        }

        EthernetWriter.Write(frame.Bytes, neighbour.MacAddress, through.MacAddress, v4 ? EtherType.Ipv4 : EtherType.Ipv6);
        return through.Neighbours.Send(now, neighbour, frame, source);
    }

    /// <summary>Sends an echo request; the reply comes to <see cref="TransportInput.ReceiveEchoReply"/>.</summary>
    /// <returns>False when there is no route.</returns>
    /// <exception cref="ArgumentOutOfRangeException">More than 65,507 bytes, which is what ping takes at most.</exception>
    public bool SendEcho(Instant now, IpAddress destination, ushort id, ushort sequence, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxEchoPayload, nameof(payload));
        IpPath? path = FindPath(destination, default);
        if (path is null)
        {
            _counters[destination.IsV4 ? SnmpCounter.IpOutNoRoutes : SnmpCounter.Ip6OutNoRoutes]++;
            return false;
        }

        SendEcho(now, path, path.Source, reply: false, id, sequence, payload, 0);
        return true;
    }

    /// <summary>A deadline may have moved up to that instant.</summary>
    internal void NoteDeadline(Instant at) => _nextDeadline = Instant.Min(_nextDeadline, at);

    internal void DeadlinesChanged()
    {
        Instant next = NextReassemblyDeadline;
        foreach (NetworkInterface candidate in _interfaces)
        {
            next = Instant.Min(next, candidate.Neighbours.NextDeadline);
            next = Instant.Min(next, candidate.QueueDeadline);
        }

        _nextDeadline = next;
    }
}

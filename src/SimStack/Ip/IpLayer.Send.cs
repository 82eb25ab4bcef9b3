using SimStack.Wire;

namespace SimStack.Ip;

public sealed partial class IpLayer
{
    private Instant _nextDeadline = Instant.Never;
    private ushort _lastId;

    /// <summary>When <see cref="Advance"/> is next due: a neighbour to be asked again, checked, or given up.</summary>
    public Instant NextDeadline => _nextDeadline;

    /// <summary>Does what is due: the neighbours' timers.</summary>
    public void Advance(Instant now)
    {
        if (_nextDeadline > now)
        {
            return;
        }

        foreach (NetworkInterface candidate in _interfaces)
        {
            candidate.Neighbours.Advance(now);
        }
    }

    /// <summary>
    /// As the overload with an identification; IPv4 with DF gets 0 (RFC 6864 §4.1), without DF the path's next one; or each the host's
    /// next one, where the profile counts them all.
    /// </summary>
    public void Send(
        Instant now, IpPath path, IpAddress source, IpAddress destination, Frame frame, int transportLength, IpProtocol protocol,
        byte trafficClass, byte ttl, bool dontFragment) =>
        Send(now, path, source, destination, frame, transportLength, protocol, trafficClass, ttl, dontFragment,
            TakeId(path, dontFragment));

    /// <summary>
    /// Writes IP and Ethernet headers before a segment that stands at <see cref="IpPath.TransportOffset"/> in the frame, and
    /// queues the frame on the interface, or until the neighbour has answered. Takes the frame over.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="path">Where to, from <see cref="FindPath"/>.</param>
    /// <param name="source">Source address, usually the path's.</param>
    /// <param name="destination">Destination address, usually the path's.</param>
    /// <param name="frame">The segment in its place; its length is set here.</param>
    /// <param name="transportLength">Header and payload in bytes. What is longer than the interface's MTU allows is dropped and
    /// counted.</param>
    /// <param name="protocol">What the segment is.</param>
    /// <param name="trafficClass">DSCP and ECN.</param>
    /// <param name="ttl">Time to live or hop limit.</param>
    /// <param name="dontFragment">IPv4's DF.</param>
    /// <param name="id">IPv4's identification.</param>
    public void Send(
        Instant now, IpPath path, IpAddress source, IpAddress destination, Frame frame, int transportLength, IpProtocol protocol,
        byte trafficClass, byte ttl, bool dontFragment, ushort id)
    {
        bool v4 = destination.IsV4;
        NetworkInterface through = path.Interface;
        _counters[v4 ? SnmpCounter.IpOutRequests : SnmpCounter.Ip6OutRequests]++;
        int length = path.TransportOffset + transportLength;
        // The place where fragmentation belongs.
        if (length - EthernetView.HeaderLength > Math.Min(through.Mtu, v4 ? ushort.MaxValue : int.MaxValue))
        {
            _counters[v4 ? SnmpCounter.IpFragFails : SnmpCounter.Ip6FragFails]++;
            Pool.Return(frame);
            return;
        }

        frame.Length = length;
        Span<byte> bytes = frame.Bytes;
        if (v4)
        {
            Ipv4Writer.Write(bytes[14..], source, destination, protocol, transportLength, ttl, trafficClass, id, dontFragment);
            _counters[SnmpCounter.IpExtOutOctets] += length - EthernetView.HeaderLength;
            _counters[SnmpCounter.IpOutTransmits]++;
        }
        else
        {
            Ipv6Writer.Write(bytes[14..], source, destination, protocol, transportLength, ttl, trafficClass, path.FlowLabel);
            _counters[SnmpCounter.Ip6OutOctets] += length - EthernetView.HeaderLength;
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
                return;
            }
        }

        EthernetWriter.Write(bytes, neighbour.MacAddress, through.MacAddress, v4 ? EtherType.Ipv4 : EtherType.Ipv6);
        through.Neighbours.Send(now, neighbour, frame, source);
    }

    /// <summary>Sends an echo request; the reply comes to <see cref="TransportInput.ReceiveEchoReply"/>.</summary>
    /// <returns>False when there is no route.</returns>
    /// <exception cref="ArgumentOutOfRangeException">More payload than the path's MTU carries.</exception>
    public bool SendEcho(Instant now, IpAddress destination, ushort id, ushort sequence, ReadOnlySpan<byte> payload)
    {
        IpPath? path = FindPath(destination, default);
        if (path is null)
        {
            _counters[destination.IsV4 ? SnmpCounter.IpOutNoRoutes : SnmpCounter.Ip6OutNoRoutes]++;
            return false;
        }

        int header = path.TransportOffset - EthernetView.HeaderLength + IcmpView.HeaderLength;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, path.Mtu - header, nameof(payload));
        SendEcho(now, path, path.Source, reply: false, id, sequence, payload, 0);
        return true;
    }

    private ushort TakeId(IpPath path, bool dontFragment)
    {
        if (CountsEveryDatagram)
        {
            return ++_lastId;
        }

        return dontFragment ? (ushort)0 : path.TakeId();
    }

    internal void NeighbourDeadlineChanged()
    {
        Instant next = Instant.Never;
        foreach (NetworkInterface candidate in _interfaces)
        {
            next = Instant.Min(next, candidate.Neighbours.NextDeadline);
        }

        _nextDeadline = next;
    }
}

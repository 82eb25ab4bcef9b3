using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>ICMP errors out: RFC 1122 §3.2.2, RFC 1812 §4.3.2, RFC 4443 §2.4, with Linux's limits.</summary>
public sealed partial class IpLayer
{
    // RFC 1812 §4.3.2.3: as much of the packet as fits 576 bytes. RFC 4443 §2.4 (c): 1,280 bytes.
    private const int LargestErrorV4 = 576;
    private const int LargestErrorV6 = 1280;

    // RFC 1812 §4.3.2.5: precedence "internetwork control" and the type of service of the packet in question, as Linux sets it.
    private const byte ErrorPrecedence = 0xC0;
    private const byte TypeOfServiceBits = 0x1E;

    // RFC 4443 §3.4: an option that asks to be reported even when sent to a group.
    private const byte UnrecognizedOption = 2;

    private IcmpRateLimit? _rateLimit;

    private IcmpRateLimit RateLimit => _rateLimit ??= new IcmpRateLimit(_sysctls);

    /// <summary>
    /// Tells a packet's source what became of it, unless a rule forbids: never about what went to a group, about any fragment but
    /// the first, about an ICMP error, or to an address that is not one host's.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="ip">The packet's addresses and where it came in; a group by its Ethernet address counts as well.</param>
    /// <param name="type">Destination unreachable, time exceeded, parameter problem, redirect.</param>
    /// <param name="code">The type's code.</param>
    /// <param name="rest">The second word: the MTU for "fragmentation needed", the pointer in its first byte, a router's
    /// address.</param>
    /// <param name="packet">The packet from its IP header on, as it was received.</param>
    internal void SendError(Instant now, in IpPacketInfo ip, IcmpType type, byte code, uint rest, ReadOnlySpan<byte> packet)
    {
        if (ip.IsMulticastOrBroadcast || !Ipv4View.TryParseQuoted(packet, out Ipv4View about) || about.FragmentOffset != 0
            || !MayBeAnswered(about))
        {
            return;
        }

        // The packet's own destination answers for itself; a router by the address that it sends from.
        bool own = IsOwnAddress(ip.Destination);
        if (FindPath(ip.Source, own ? ip.Destination : default) is not { } path || LeadsToGroup(path)
            || !MaySend(now, path, type, code))
        {
            return;
        }

        int room = Math.Min(path.Mtu, LargestErrorV4) - Ipv4View.MinHeaderLength - IcmpView.HeaderLength;
        ReadOnlySpan<byte> quote = packet[..Math.Min(packet.Length, room)];
        Frame frame = Pool.Rent(path.TransportOffset + IcmpView.HeaderLength + quote.Length);
        int length = IcmpWriter.WriteError(frame.Buffer.AsSpan(path.TransportOffset), type, code, rest, quote);
        _counters[SnmpCounter.IcmpOutMsgs]++;
        CountErrorOut(type);
        byte traffic = (byte)(ip.TrafficClass & TypeOfServiceBits | ErrorPrecedence);
        Send(
            now, path, own ? ip.Destination : path.Source, ip.Source, frame, length, IpProtocol.Icmp, traffic, DefaultTtl,
            dontFragment: false);
    }

    /// <summary>As <see cref="SendError"/> for IPv6 (RFC 4443 §2.4 e).</summary>
    /// <param name="now">The time.</param>
    /// <param name="ip">The packet's addresses and where it came in.</param>
    /// <param name="type">Destination unreachable, packet too big, time exceeded, parameter problem.</param>
    /// <param name="code">The type's code.</param>
    /// <param name="rest">The second word: the MTU of Packet Too Big, the pointer of a parameter problem.</param>
    /// <param name="packet">The packet from its IPv6 header on, as it was received.</param>
    internal void SendErrorV6(
        Instant now, in IpPacketInfo ip, Icmpv6Type type, byte code, uint rest, ReadOnlySpan<byte> packet)
    {
        bool aboutGroup = type == Icmpv6Type.PacketTooBig || (type == Icmpv6Type.ParameterProblem && code == UnrecognizedOption);
        if ((ip.IsMulticastOrBroadcast && !aboutGroup) || ip.Source.IsMulticast
            || !Ipv6View.TryParseQuoted(packet, out Ipv6View about) || IsIcmpv6Error(about))
        {
            return;
        }

        bool own = !ip.IsMulticastOrBroadcast && IsOwnAddress(ip.Destination);
        if (FindPath(ip.Source, own ? ip.Destination : default) is not { } path || !MaySendV6(now, path, type))
        {
            return;
        }

        const int room = LargestErrorV6 - Ipv6View.HeaderLength - Icmpv6View.HeaderLength;
        ReadOnlySpan<byte> quote = packet[..Math.Min(packet.Length, room)];
        Frame frame = Pool.Rent(path.TransportOffset + Icmpv6View.HeaderLength + quote.Length);
        IpAddress source = own ? ip.Destination : path.Source;
        int length = Icmpv6Writer.WriteError(
            frame.Buffer.AsSpan(path.TransportOffset), source, ip.Source, type, code, rest, quote);
        _counters[SnmpCounter.Icmp6OutMsgs]++;
        _counters[type switch
        {
            Icmpv6Type.ParameterProblem => SnmpCounter.Icmp6OutParmProblems,
            Icmpv6Type.PacketTooBig => SnmpCounter.Icmp6OutPktTooBigs,
            Icmpv6Type.TimeExceeded => SnmpCounter.Icmp6OutTimeExcds,
            _ => SnmpCounter.Icmp6OutDestUnreachs,
        }]++;
        Send(now, path, source, ip.Source, frame, length, IpProtocol.IcmpV6, 0, DefaultTtl, dontFragment: false);
    }

    /// <summary>
    /// A packet of the host's own is longer than the interface takes and may not be cut. In IPv4 the host tells itself by ICMP, as a router would
    /// (ip_fragment): nothing of it leaves, and the counters are what shows. In IPv6 the sender sees it at once (ip6_xmit).
    /// </summary>
    internal void RefuseTooLong(IpPath path)
    {
        if (path.Destination.IsV6)
        {
            _counters[SnmpCounter.Ip6FragFails]++;
            return;
        }

        _counters[SnmpCounter.IpFragFails]++;
        _counters[SnmpCounter.IpOutRequests] += 2;
        _counters[SnmpCounter.IpOutTransmits]++;
        _counters[SnmpCounter.IpInReceives]++;
        _counters[SnmpCounter.IpInDelivers]++;
        _counters[SnmpCounter.IcmpOutMsgs]++;
        CountErrorOut(IcmpType.DestinationUnreachable);
        _counters[SnmpCounter.IcmpInMsgs]++;
        CountIcmpType(IcmpType.DestinationUnreachable);
    }

    private void CountErrorOut(IcmpType type)
    {
        (SnmpCounter byName, SnmpCounter byNumber) = type switch
        {
            IcmpType.TimeExceeded => (SnmpCounter.IcmpOutTimeExcds, SnmpCounter.IcmpMsgOutType11),
            IcmpType.ParameterProblem => (SnmpCounter.IcmpOutParmProbs, SnmpCounter.IcmpMsgOutType12),
            IcmpType.Redirect => (SnmpCounter.IcmpOutRedirects, SnmpCounter.IcmpMsgOutType5),
            _ => (SnmpCounter.IcmpOutDestUnreachs, SnmpCounter.IcmpMsgOutType3),
        };
        _counters[byName]++;
        _counters[byNumber]++;
    }

    // Only the queries of RFC 792, RFC 950: what is unknown may be an error.
    private static bool MayBeAnswered(in Ipv4View packet) => packet.Protocol != IpProtocol.Icmp
        || (packet.Payload.Length > 0 && packet.Payload[0] is 0 or 8 or (>= 13 and <= 18));

    // RFC 4443 §2.4 (e.1), (e.2). Of a later fragment nobody knows.
    private static bool IsIcmpv6Error(in Ipv6View packet) => packet.Protocol == IpProtocol.IcmpV6 && packet.FragmentOffset == 0
        && (packet.Payload.Length == 0 || packet.Payload[0] < 128 || packet.Payload[0] == (byte)Icmpv6Type.Redirect);

    /// <summary>icmp_ratemask, icmp_msgs_per_sec and icmp_ratelimit; counts what they hold back.</summary>
    private bool MaySend(Instant now, IpPath path, IcmpType type, byte code)
    {
        // Linux limits neither path MTU discovery nor what stays in the host.
        bool pathMtu = type == IcmpType.DestinationUnreachable && code == FragmentationNeededCode;
        if (pathMtu || path.IsLoopback || (1 << (byte)type & _sysctls.IcmpRateMask) == 0)
        {
            return true;
        }

        if (!RateLimit.HasCredit(now))
        {
            _counters[SnmpCounter.IcmpOutRateLimitGlobal]++;
            return false;
        }

        if (RateLimit.Allows(now, path.Destination, Duration.FromMilliseconds(_sysctls.IcmpRateLimit)))
        {
            RateLimit.Consume();
            return true;
        }

        _counters[SnmpCounter.IcmpOutRateLimitHost]++;
        return false;
    }

    /// <summary>
    /// The same for ICMPv6 with net.ipv6.icmp.ratelimit, whose mask by default leaves out Packet Too Big and all that is no error.
    /// Linux gives wider prefixes more: a quarter of the interval for a /64.
    /// </summary>
    private bool MaySendV6(Instant now, IpPath path, Icmpv6Type type)
    {
        if (type == Icmpv6Type.PacketTooBig || path.IsLoopback)
        {
            return true;
        }

        if (!RateLimit.HasCredit(now))
        {
            _counters[SnmpCounter.IcmpOutRateLimitGlobal]++;
            return false;
        }

        int shift = (128 - (path.Route?.PrefixLength ?? 128)) >> 5;
        Duration interval = new((_sysctls.Icmp6RateLimit * 1_000_000L) >> shift);
        if (RateLimit.Allows(now, path.Destination, interval))
        {
            RateLimit.Consume();
            return true;
        }

        _counters[SnmpCounter.Icmp6OutRateLimitHost]++;
        return false;
    }
}

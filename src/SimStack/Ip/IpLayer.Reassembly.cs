using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// Reassembly as Linux does it: RFC 791 §3.2 and RFC 1122 §3.3.2 for IPv4, RFC 8200 §4.5 for IPv6; a datagram with overlapping
/// fragments is dropped whole in both (RFC 5722; Linux since 4.18 for IPv4 too), duplicates are passed over.
/// </summary>
public sealed partial class IpLayer
{
    private const int MaxDatagram = 65_535;

    // RFC 792: fragment reassembly time exceeded, the same code in RFC 4443 §3.3.
    private const byte ReassemblyTimeExceeded = 1;

    // RFC 7112 §5, of parameter problem: the first fragment has not all headers.
    private const byte HeaderChainIncomplete = 3;

    private FragmentTable? _fragmentsV4;
    private FragmentTable? _fragmentsV6;

    /// <summary>Datagrams that wait for fragments.</summary>
    public int IncompleteDatagrams => (_fragmentsV4?.Count ?? 0) + (_fragmentsV6?.Count ?? 0);

    /// <summary>Bytes that their fragments take, as Linux counts them against <c>ipfrag_high_thresh</c>.</summary>
    public long FragmentMemory => (_fragmentsV4?.Memory ?? 0) + (_fragmentsV6?.Memory ?? 0);

    private Instant NextReassemblyDeadline =>
        Instant.Min(_fragmentsV4?.NextDeadline ?? Instant.Never, _fragmentsV6?.NextDeadline ?? Instant.Never);

    private void ReceiveFragmentV4(Instant now, NetworkInterface through, in Ipv4View packet, bool toMany)
    {
        _counters[SnmpCounter.IpReasmReqds]++;
        FragmentTable table = _fragmentsV4 ??= new FragmentTable();
        if (table.Memory > _sysctls.IpFragHighThreshold || _sysctls.IpFragHighThreshold == 0)
        {
            _counters[SnmpCounter.IpReasmFails]++;
            return;
        }

        Instant deadline = now + Duration.FromSeconds(_sysctls.IpFragTime);
        FragmentKey key = new(packet.Source, packet.Destination, packet.Id, (byte)packet.Protocol, 0);
        FragmentQueue queue = table.FindOrAdd(key, deadline);
        if (table.IsTooFar(queue, _sysctls.IpFragMaxDistance))
        {
            _counters[SnmpCounter.IpReasmFails]++;
            table.Restart(queue, deadline);
        }

        // Only the last fragment may have any length: of others an odd rest is cut off (Linux).
        int length = packet.MoreFragments ? packet.Payload.Length & ~7 : packet.Payload.Length;
        int offset = packet.FragmentOffset;
        FragmentFit fit = queue.Place(offset, offset + length, packet.MoreFragments);
        if (fit == FragmentFit.New)
        {
            ReadOnlySpan<byte> headers = offset == 0 ? packet.Bytes[..packet.HeaderLength] : default;
            Note(queue, through, packet.TrafficClass);
            table.Add(queue, headers, packet.Payload[..length], offset);
            if (queue.IsComplete)
            {
                DeliverReassembledV4(now, table, queue, toMany);
            }
        }
        else if (fit != FragmentFit.Duplicate)
        {
            _counters[SnmpCounter.IpExtReasmOverlaps] += fit == FragmentFit.Overlap ? 1 : 0;
            _counters[SnmpCounter.IpReasmFails]++;
            table.Remove(queue);
        }

        DeadlinesChanged();
    }

    private void DeliverReassembledV4(Instant now, FragmentTable table, FragmentQueue queue, bool toMany)
    {
        ReadOnlySpan<byte> headers = queue.First!.Headers;
        NetworkInterface through = queue.Interface!;
        int total = headers.Length + queue.Length;
        int ecn = CombinedEcn(queue.EcnSeen);
        if (ecn < 0 || total > MaxDatagram)
        {
            _counters[SnmpCounter.IpReasmFails]++;
            table.Remove(queue);
            return;
        }

        Frame whole = Pool.Rent(total);
        Span<byte> bytes = whole.Bytes;
        headers.CopyTo(bytes);
        queue.CopyTo(bytes[headers.Length..]);
        int length = headers.Length;
        table.Remove(queue);
        bytes[1] |= (byte)ecn;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)total);
        bytes[6..8].Clear();
        bytes[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(bytes[10..], InternetChecksum.Compute(bytes[..length]));
        _counters[SnmpCounter.IpReasmOKs]++;
        if (Ipv4View.TryParse(bytes, out Ipv4View packet, out _))
        {
            IpPacketInfo ip = new(packet.Source, packet.Destination, packet.TrafficClass, packet.Ttl, through, toMany) { Packet = packet.Bytes };
            DeliverV4(now, ip, packet);
        }

        Pool.Return(whole);
    }

    private void ReceiveFragmentV6(Instant now, in IpPacketInfo ip, in Ipv6View packet)
    {
        _counters[SnmpCounter.Ip6ReasmReqds]++;
        if (IsRefusedFragment(now, ip, packet))
        {
            return;
        }

        FragmentTable table = _fragmentsV6 ??= new FragmentTable();
        if (table.Memory > _sysctls.Ip6FragHighThreshold || _sysctls.Ip6FragHighThreshold == 0)
        {
            _counters[SnmpCounter.Ip6ReasmFails]++;
            return;
        }

        int offset = packet.FragmentOffset;
        bool linkScope = packet.Destination.IsMulticast || packet.Destination.IsLinkLocalV6;
        FragmentKey key = new(packet.Source, packet.Destination, packet.FragmentId, 0, linkScope ? ip.Interface.Index : 0);
        FragmentQueue queue = table.FindOrAdd(key, now + Duration.FromSeconds(_sysctls.Ip6FragTime));
        FragmentFit fit = queue.Place(offset, offset + packet.Payload.Length, packet.MoreFragments);
        if (fit == FragmentFit.New)
        {
            ReadOnlySpan<byte> headers = offset == 0 ? packet.Bytes[..(packet.FragmentHeaderOffset + 8)] : default;
            Note(queue, ip.Interface, packet.TrafficClass);
            table.Add(queue, headers, packet.Payload, offset);
            if (queue.IsComplete)
            {
                DeliverReassembledV6(now, table, queue, ip.IsMulticastOrBroadcast);
            }
        }
        else if (fit != FragmentFit.Duplicate)
        {
            _counters[SnmpCounter.Ip6ReasmFails]++;
            table.Remove(queue);
        }

        DeadlinesChanged();
    }

    /// <summary>What RFC 8200 §4.5 has reported to the sender: no place, a wrong length, headers that go on in other fragments.</summary>
    private bool IsRefusedFragment(Instant now, in IpPacketInfo ip, in Ipv6View packet)
    {
        byte code = 0;
        uint pointer;
        if (packet.FragmentOffset == 0 && IsHeaderChainCut(packet))
        {
            code = HeaderChainIncomplete;
            pointer = 0;
        }
        else if (packet.FragmentOffset + packet.Payload.Length > MaxDatagram)
        {
            pointer = (uint)packet.FragmentHeaderOffset + 2;
        }
        else if (packet.MoreFragments && packet.Payload.Length % 8 != 0)
        {
            pointer = 4;
        }
        else
        {
            return false;
        }

        _counters[SnmpCounter.Ip6InHdrErrors]++;
        SendErrorV6(now, ip, Icmpv6Type.ParameterProblem, code, pointer, packet.Bytes);
        return true;
    }

    private void DeliverReassembledV6(Instant now, FragmentTable table, FragmentQueue queue, bool toMany)
    {
        ReadOnlySpan<byte> headers = queue.First!.Headers;
        NetworkInterface through = queue.Interface!;
        int fragmentHeader = headers.Length - 8;
        int total = fragmentHeader + queue.Length;
        int ecn = CombinedEcn(queue.EcnSeen);
        if (ecn < 0 || total - Ipv6View.HeaderLength > MaxDatagram)
        {
            _counters[SnmpCounter.Ip6ReasmFails]++;
            table.Remove(queue);
            return;
        }

        Frame whole = Pool.Rent(total);
        Span<byte> bytes = whole.Bytes;
        headers[..fragmentHeader].CopyTo(bytes);
        bytes[NextHeaderPlace(headers, fragmentHeader)] = headers[fragmentHeader];
        queue.CopyTo(bytes[fragmentHeader..]);
        table.Remove(queue);
        bytes[1] |= (byte)(ecn << 4);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)(total - Ipv6View.HeaderLength));
        _counters[SnmpCounter.Ip6ReasmOKs]++;
        // A fragment header within a reassembled datagram is refused (Linux): reassembly does not nest.
        if (Ipv6View.TryParse(bytes, out Ipv6View packet, out _) && packet.FragmentHeaderOffset == 0
            && packet.RoutingSegmentsLeft == 0)
        {
            IpPacketInfo ip = new(packet.Source, packet.Destination, packet.TrafficClass, packet.HopLimit, through, toMany) { Packet = packet.Bytes };
            DeliverV6(now, ip, packet);
        }
        else
        {
            _counters[SnmpCounter.Ip6InHdrErrors]++;
        }

        Pool.Return(whole);
    }

    private void GiveUpFragments(Instant now)
    {
        while (_fragmentsV4?.Due(now) is { } queue)
        {
            _counters[SnmpCounter.IpReasmFails]++;
            _counters[SnmpCounter.IpReasmTimeout]++;
            // RFC 792: without the first fragment there is nothing to quote, and nothing is sent.
            if (queue.First is { } first && Ipv4View.TryParseQuoted(first.Bytes, out Ipv4View packet))
            {
                bool toMany = packet.Destination.IsMulticast || IsBroadcast(queue.Interface!, packet.Destination);
                IpPacketInfo ip = new(packet.Source, packet.Destination, packet.TrafficClass, packet.Ttl, queue.Interface!, toMany);
                SendError(now, ip, IcmpType.TimeExceeded, ReassemblyTimeExceeded, 0, first.Bytes);
            }

            _fragmentsV4.Remove(queue);
        }

        while (_fragmentsV6?.Due(now) is { } queue)
        {
            _counters[SnmpCounter.Ip6ReasmFails]++;
            _counters[SnmpCounter.Ip6ReasmTimeout]++;
            if (queue.First is { } first && Ipv6View.TryParseQuoted(first.Bytes, out Ipv6View packet))
            {
                IpPacketInfo ip = new(
                    packet.Source, packet.Destination, packet.TrafficClass, packet.HopLimit, queue.Interface!,
                    packet.Destination.IsMulticast);
                SendErrorV6(now, ip, Icmpv6Type.TimeExceeded, ReassemblyTimeExceeded, 0, first.Bytes);
            }

            _fragmentsV6.Remove(queue);
        }
    }

    private static void Note(FragmentQueue queue, NetworkInterface through, byte trafficClass)
    {
        queue.Interface = through;
        queue.EcnSeen |= 1 << (trafficClass & 3);
    }

    /// <summary>
    /// RFC 3168 §5.3: CE in one fragment is CE of the datagram, but Not-ECT beside any ECT or CE drops it. -1: drop. What the result
    /// lacks, the first fragment's header has.
    /// </summary>
    private static int CombinedEcn(int seen)
    {
        const int notEct = 1;
        const int ce = 8;
        if ((seen & notEct) != 0)
        {
            return seen == notEct ? 0 : -1;
        }

        return (seen & ce) != 0 && seen != ce ? 3 : 0;
    }

    // The field that says "fragment header": in the last header before it.
    private static int NextHeaderPlace(ReadOnlySpan<byte> headers, int fragmentHeader)
    {
        int field = 6;
        for (int at = Ipv6View.HeaderLength; at < fragmentHeader; at += (headers[at + 1] + 1) * 8)
        {
            field = at;
        }

        return field;
    }

    /// <summary>
    /// RFC 8200 §4.5: the first fragment holds all headers up to the upper layer's. Linux lets a fragment pass that ends within an
    /// extension header; the RFC is followed there, as what passes only waits for a timeout.
    /// </summary>
    private static bool IsHeaderChainCut(in Ipv6View packet)
    {
        ReadOnlySpan<byte> rest = packet.Payload;
        IpProtocol next = packet.Protocol;
        while (next is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.DestinationOptions)
        {
            if (rest.Length < 8 || (rest[1] + 1) * 8 > rest.Length)
            {
                return true;
            }

            next = (IpProtocol)rest[0];
            rest = rest[((rest[1] + 1) * 8)..];
        }

        int needed = next switch
        {
            IpProtocol.Tcp => TcpView.MinHeaderLength,
            IpProtocol.Udp or IpProtocol.IcmpV6 => 8,
            IpProtocol.NoNextHeader => 0,
            _ => 1,
        };
        return rest.Length < needed;
    }
}

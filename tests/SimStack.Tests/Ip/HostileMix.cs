using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Tests.Wire;
using SimStack.Wire;

namespace SimStack.Tests.Ip;

/// <summary>
/// Frames for a host that everybody attacks: right ones of every kind, about what the host really sent, with fields and bytes changed;
/// mostly with checksums that are right again, so that they get past the first check.
/// </summary>
internal sealed class HostileMix(ulong seed, MacAddress host, IpAddress[] own, IpAddress[] others)
{
    private readonly Gen _random = new(seed);
    private readonly List<byte[]> _heard = [];

    /// <summary>A packet that the host sent, from its IP header on: to be quoted and answered.</summary>
    internal void Hear(byte[] packet)
    {
        if (_heard.Count < 64)
        {
            _heard.Add(packet);
        }
        else
        {
            _heard[_random.Below(64)] = packet;
        }
    }

    internal byte[] Next()
    {
        bool v6 = _random.Coin();
        byte[] packet = _random.Below(12) switch
        {
            0 or 1 => Answer(),
            2 or 3 => Quote(v6),
            4 => Ip(v6, v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp, _random.Bytes(8 + _random.Below(60))),
            5 => Ip(v6, IpProtocol.Udp, Datagram()),
            6 => Ip(v6, IpProtocol.Tcp, Segment()),
            7 or 8 => Fragment(v6),
            9 => Chain(),
            10 => Ip(v6, (IpProtocol)_random.Half(), _random.Bytes(_random.Below(1480))),
            _ => [],
        };
        if (packet.Length == 0)
        {
            return Neighbour(v6);
        }

        Change(packet);
        EtherType type = packet[0] >> 4 == 6 ? EtherType.Ipv6 : EtherType.Ipv4;
        byte[] frame = new byte[14 + packet.Length];
        MacAddress to = _random.Below(20) == 0 ? MacAddress.Broadcast : host;
        EthernetWriter.Write(frame, to, new MacAddress(0x0200_0000_0100u + (uint)_random.Below(4)), type);
        packet.CopyTo(frame, 14);
        return _random.Below(30) == 0 ? frame[..(14 + _random.Below(packet.Length))] : frame;
    }

    private IpAddress Own(bool v6) => Among(own, v6);

    // Of a few hosts, of anybody, of nobody.
    private IpAddress Other(bool v6) => _random.Below(4) == 0 ? (v6 ? _random.V6() : _random.V4()) : Among(others, v6);

    private IpAddress Among(IpAddress[] addresses, bool v6)
    {
        IpAddress[] suiting = Array.FindAll(addresses, a => a.IsV6 == v6);
        return suiting[_random.Below(suiting.Length)];
    }

    private byte[] Ip(bool v6, IpProtocol protocol, byte[] payload, IpAddress? from = null, IpAddress? to = null)
    {
        byte[] packet = new byte[(v6 ? 40 : 20) + payload.Length];
        IpAddress source = from ?? Other(v6);
        IpAddress destination = to ?? (_random.Below(3) == 0 ? Other(v6) : Own(v6));
        byte hops = _random.Below(6) == 0 ? (byte)_random.Below(3) : _random.Below(6) == 0 ? (byte)255 : (byte)64;
        _ = v6
            ? Ipv6Writer.Write(packet, source, destination, protocol, payload.Length, hops)
            : Ipv4Writer.Write(packet, source, destination, protocol, payload.Length, hops, 0, _random.Half(), _random.Coin());
        payload.CopyTo(packet, v6 ? 40 : 20);
        return packet;
    }

    /// <summary>What the host sent, with addresses and ports turned round: a segment for one of its connections, mostly.</summary>
    private byte[] Answer()
    {
        if (_heard.Count == 0)
        {
            return Ip(false, IpProtocol.Tcp, Segment());
        }

        byte[] packet = [.. _heard[_random.Below(_heard.Count)]];
        bool v6 = packet[0] >> 4 == 6;
        int header = v6 ? 40 : (packet[0] & 15) * 4;
        (int at, int length) = v6 ? (8, 16) : (12, 4);
        byte[] source = packet[at..(at + length)];
        packet.AsSpan(at + length, length).CopyTo(packet.AsSpan(at));
        source.CopyTo(packet, at + length);
        IpProtocol protocol = (IpProtocol)packet[v6 ? 6 : 9];
        if (protocol is IpProtocol.Tcp or IpProtocol.Udp && packet.Length >= header + 8)
        {
            (packet[header], packet[header + 1], packet[header + 2], packet[header + 3]) =
                (packet[header + 2], packet[header + 3], packet[header], packet[header + 1]);
        }

        if (protocol is IpProtocol.Tcp && packet.Length >= header + 20)
        {
            uint seq = BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(header + 4));
            uint ack = BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(header + 8));
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(header + 4), ack);
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(header + 8), seq + 1);
            packet[header + 13] |= _random.Below(8) == 0 ? (byte)1 : (byte)16;
        }

        return packet;
    }

    private byte[] Quote(bool v6)
    {
        byte[] quoted = _heard.Count > 0 ? _heard[_random.Below(_heard.Count)] : _random.Bytes(60);
        v6 = _heard.Count > 0 ? quoted[0] >> 4 == 6 : v6;
        byte[] message = new byte[8 + _random.Below(quoted.Length + 1)];
        quoted.AsSpan(0, message.Length - 8).CopyTo(message.AsSpan(8));
        message[0] = (byte)(v6 ? _random.Below(6) : _random.Below(14));
        message[1] = (byte)_random.Below(17);
        int[] sizes = [0, 1, 67, 68, 551, 552, 576, 1279, 1280, 1400, 1500, 65_535];
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), (uint)sizes[_random.Below(sizes.Length)]);
        return Ip(v6, v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp, message, to: Own(v6));
    }

    private byte[] Datagram()
    {
        byte[] bytes = _random.Bytes(8 + _random.Below(200));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)(7 + _random.Below(4)));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)(_random.Below(5) == 0 ? _random.Below(bytes.Length + 3) : bytes.Length));
        return bytes;
    }

    private byte[] Segment()
    {
        byte[] bytes = _random.Bytes(20 + _random.Below(60));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)(80 + _random.Below(2)));
        bytes[12] = (byte)(_random.Below(4) == 0 ? _random.Next() : 0x50);
        bytes[13] = (byte)(_random.Coin() ? 2 : _random.Next());
        return bytes;
    }

    // Of few datagrams, so that they meet; now and then at the end of what a datagram can be.
    private byte[] Fragment(bool v6)
    {
        int offset = _random.Below(4) == 0 ? 8 * _random.Below(8192) : 8 * _random.Below(8);
        int length = _random.Below(3) == 0 ? _random.Below(1400) : 8 * (1 + _random.Below(4));
        bool more = _random.Below(3) > 0;
        byte id = (byte)_random.Below(8);
        byte[] data = _random.Bytes(length);
        if (!v6)
        {
            byte[] packet = Ip(false, _random.Coin() ? IpProtocol.Udp : IpProtocol.Icmp, data);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), id);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), (ushort)((more ? 0x2000 : 0) | offset / 8));
            return packet;
        }

        byte[] bytes = new byte[8 + length];
        bytes[0] = (byte)(_random.Below(4) switch { 0 => 44, 1 => 60, 2 => 58, _ => 17 });
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)(offset | (more ? 1 : 0)));
        bytes[7] = id;
        data.CopyTo(bytes, 8);
        return Ip(true, IpProtocol.Fragment, bytes, Among(others, true), Own(true));
    }

    private byte[] Chain()
    {
        byte[] next = [0, 43, 44, 60, 6, 17, 58, 59, 99];
        List<byte> bytes = [];
        byte first = next[_random.Below(next.Length)];
        byte kind = first;
        while (kind is 0 or 43 or 44 or 60 && bytes.Count < 300)
        {
            byte[] header = new byte[8 * (1 + _random.Below(3))];
            header[0] = kind = next[_random.Below(next.Length)];
            header[1] = (byte)(header.Length / 8 - 1);
            header[2] = (byte)_random.Below(3);
            header[3] = (byte)_random.Below(3);
            header[4] = (byte)(_random.Below(8) == 0 ? _random.Next() : 0);
            bytes.AddRange(header);
        }

        bytes.AddRange(_random.Bytes(_random.Below(64)));
        return Ip(true, (IpProtocol)first, [.. bytes]);
    }

    private byte[] Neighbour(bool v6)
    {
        MacAddress mac = _random.Below(4) == 0 ? _random.Mac() : new MacAddress(0x0200_0000_0100u + (uint)_random.Below(4));
        byte[] frame = new byte[v6 ? 86 : 60];
        EthernetWriter.Write(frame, host, mac, v6 ? EtherType.Ipv6 : EtherType.Arp);
        if (!v6)
        {
            ArpWriter.Write(frame.AsSpan(14), _random.Coin() ? ArpOperation.Request : ArpOperation.Reply, mac, Other(false), host, _random.Coin() ? Own(false) : Other(false));
            return frame;
        }

        IpAddress from = Other(true);
        IpAddress to = Own(true);
        int length = _random.Coin()
            ? Icmpv6Writer.WriteSolicitation(frame.AsSpan(54), from, to, to, mac)
            : Icmpv6Writer.WriteAdvertisement(frame.AsSpan(54), from, to, from, mac, _random.Coin(), _random.Coin(), _random.Coin());
        Ipv6Writer.Write(frame.AsSpan(14), from, to, IpProtocol.IcmpV6, length, 255);
        return frame;
    }

    private void Change(byte[] packet)
    {
        for (int left = _random.Below(3); left > 0; left--)
        {
            packet[_random.Below(Math.Min(packet.Length, 80))] = (byte)(_random.Coin() ? _random.Below(256) : _random.Below(2) * 255);
        }

        if (_random.Below(10) > 0)
        {
            Mend(packet);
        }
    }

    private static void Mend(Span<byte> packet)
    {
        if (packet[0] >> 4 == 4 && packet.Length >= (packet[0] & 15) * 4 && (packet[0] & 15) >= 5)
        {
            Span<byte> header = packet[..((packet[0] & 15) * 4)];
            header[10..12].Clear();
            BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Compute(header));
            if (Ipv4View.TryParse(packet, out Ipv4View v4, out _) && !v4.IsFragment)
            {
                Mend(packet[v4.HeaderLength..v4.TotalLength], v4.Protocol, v4.Source, v4.Destination);
            }
        }
        else if (packet[0] >> 4 == 6 && Ipv6View.TryParse(packet, out Ipv6View v6, out _) && !v6.IsFragment)
        {
            Mend(packet[(v6.Bytes.Length - v6.Payload.Length)..v6.Bytes.Length], v6.Protocol, v6.Source, v6.Destination);
        }
    }

    private static void Mend(Span<byte> bytes, IpProtocol protocol, IpAddress source, IpAddress destination)
    {
        int field = protocol switch { IpProtocol.Tcp => 16, IpProtocol.Udp => 6, IpProtocol.Icmp or IpProtocol.IcmpV6 => 2, _ => -1 };
        if (field < 0 || bytes.Length < field + 2)
        {
            return;
        }

        bytes.Slice(field, 2).Clear();
        ulong sum = protocol == IpProtocol.Icmp ? 0 : InternetChecksum.PseudoHeader(source, destination, protocol, bytes.Length);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[field..], InternetChecksum.Fold(InternetChecksum.Sum(bytes, sum)));
    }
}

using System.Buffers.Binary;
using SimNet.Links;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Tests.Bridge;

/// <summary>
/// Frames as somebody sends them who means harm, or has a broken card: ARP, neighbour discovery, ICMP, UDP, TCP, fragments and extension headers, most of
/// them with bytes changed, cut off or added; every second one with checksums that are right again. The same seed makes the same frames.
/// </summary>
internal sealed class HostileFrames(int seed, MacAddress station, IpAddress v4, IpAddress v6)
{
    private const int Ip = EthernetView.HeaderLength;
    private static readonly MacAddress Sender = new(0x0200_0000_0666);
    private static readonly MacAddress AllNodes = new(0x3333_0000_0001);
    private const int Usual = 3000;
    private const int Room = 200;
    private readonly System.Random _random = new(seed);
    private readonly byte[] _noise = Noise(seed);
    private readonly byte[] _buffer = new byte[66_000];
    private readonly IpAddress _near4 = IpAddress.FromV4(v4.V4 & 0xFFFF_FF00 | 66);
    private readonly IpAddress _near6 = new(v6.High, 0x66);

    /// <summary>The next one.</summary>
    /// <param name="most">No longer than so many bytes.</param>
    public byte[] Next(int most = 1514)
    {
        // Every frame has other noise in it, at another place of the same.
        int size = most > Usual && _random.Next(2) == 0 ? most : Usual;
        _noise.AsSpan(_random.Next(_noise.Length - size - Room), size + Room).CopyTo(_buffer);
        int length = Write(_buffer, size);
        byte[] frame = _buffer[..Math.Min(length, most)];
        Damage(ref frame, most);
        if (_random.Next(2) == 0)
        {
            ChecksumMender.Mend(frame);
        }

        return frame;
    }

    private static byte[] Noise(int seed)
    {
        byte[] noise = new byte[200_000];
        new System.Random(seed).NextBytes(noise);
        return noise;
    }

    private int Write(Span<byte> frame, int size)
    {
        MacAddress to = _random.Next(8) switch { 0 => MacAddress.Broadcast, 1 => AllNodes, _ => station };
        int kind = _random.Next(12);
        bool isV4 = _random.Next(2) == 0;
        EthernetWriter.Write(frame, to, Sender, kind == 0 ? EtherType.Arp : isV4 ? EtherType.Ipv4 : EtherType.Ipv6);
        Span<byte> packet = frame[Ip..];
        if (kind == 0)
        {
            IpAddress sender = _random.Next(3) == 0 ? IpAddress.FromV4((uint)_random.Next()) : _near4;
            return Ip + ArpWriter.Write(packet, (ArpOperation)_random.Next(1, 4), Sender, sender, station, v4);
        }

        int header = isV4 ? Ipv4View.MinHeaderLength : Ipv6View.HeaderLength;
        IpAddress from = isV4 ? _near4 : _near6, own = isV4 ? v4 : v6;
        Span<byte> content = packet[header..];
        IpProtocol protocol = isV4 ? IpProtocol.Icmp : IpProtocol.IcmpV6;
        int length = _random.Next(size > Usual ? 2 : 4) == 0 ? _random.Next(size - Room) : _random.Next(200);
        switch (kind)
        {
            case <= 5:
                protocol = IpProtocol.Tcp;
                length += WriteTcp(content);
                break;
            case 6:
                protocol = IpProtocol.Udp;
                length = UdpWriter.Write(content, from, own, 53, (ushort)_random.Next(6, 9), content.Slice(8, length));
                break;
            case 7:
                // An error about a packet that may be the station's.
                content[0] = (byte)(isV4 ? 3 : _random.Next(1, 5));
                length = 8 + (isV4
                    ? Ipv4Writer.Write(content[8..], own, from, IpProtocol.Tcp, 20)
                    : Ipv6Writer.Write(content[8..], own, from, IpProtocol.Tcp, 20)) + _random.Next(40);
                break;
            case 8 when !isV4:
                content[0] = (byte)_random.Next(133, 138);
                content[1] = 0;
                own.WriteTo(content[8..]);
                length = 24 + 8 * _random.Next(3);
                break;
            case 9:
                protocol = (IpProtocol)(isV4 ? _random.Next(256) : _random.Next(3) switch { 0 => 0, 1 => 43, _ => 60 });
                break;
            default:
                content[0] = (byte)(isV4 ? 8 : 128);
                break;
        }

        bool more = _random.Next(6) == 0;
        int offset = _random.Next(6) == 0 ? 8 * _random.Next(200) : 0;
        if (isV4)
        {
            Ipv4Writer.Write(packet, from, own, protocol, length, id: (ushort)_random.Next(4), dontFragment: false, fragmentOffset: offset, moreFragments: more);
            return Ip + header + length;
        }

        if (more || offset > 0)
        {
            content[..length].CopyTo(content[8..]);
            BinaryPrimitives.WriteUInt64BigEndian(content, (ulong)protocol << 56 | (ulong)(uint)(offset | (more ? 1 : 0)) << 32 | (uint)_random.Next(4));
            length += 8;
            protocol = (IpProtocol)44;
        }

        Ipv6Writer.Write(packet, from, own, protocol, length, hopLimit: 255);
        return Ip + header + length;
    }

    private int WriteTcp(Span<byte> segment)
    {
        TcpFlags flags = _random.Next(3) switch { 0 => TcpFlags.Syn, 1 => TcpFlags.Ack, _ => (TcpFlags)_random.Next(512) };
        int length = TcpWriter.Write(
            segment, (ushort)_random.Next(1000, 1010), (ushort)_random.Next(6, 9), new SequenceNumber((uint)_random.Next(3000)), new SequenceNumber((uint)_random.Next()), flags,
            (ushort)_random.Next(65_536), (ushort)_random.Next(10), default, TcpOptionLayout.Linux);
        // What follows are random bytes: options of every kind, as far as the data offset goes.
        if (_random.Next(2) == 0)
        {
            int options = 4 * _random.Next(11);
            segment[12] = (byte)(5 + options / 4 << 4);
            length += options;
        }

        return length;
    }

    private void Damage(ref byte[] frame, int most)
    {
        switch (_random.Next(5))
        {
            case 0:
                frame = frame[.._random.Next(frame.Length + 1)];
                break;
            case 1:
                for (int i = _random.Next(1, 6); i > 0; i--)
                {
                    frame[_random.Next(12, Math.Min(frame.Length, 100))] = (byte)_random.Next(256);
                }

                break;
            case 2 when frame.Length + 4 <= most:
                frame = [.. frame[..12], 0x81, 0, (byte)_random.Next(256), (byte)_random.Next(256), .. frame[12..]];
                break;
            case 3:
                byte[] longer = new byte[Math.Min(most, frame.Length + _random.Next(60))];
                frame.CopyTo(longer, 0);
                frame = longer;
                break;
        }
    }
}

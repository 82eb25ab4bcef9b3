using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>Cutting datagrams into fragments: RFC 791 §3.2 for IPv4, at the source or on the way; RFC 8200 §4.5 for IPv6, at the source.</summary>
public sealed partial class IpLayer
{
    private const int FragmentHeaderLength = 8;

    // Identifications go on when paths are found anew; several destinations share a counter (Linux: ip_idents).
    private uint[]? _ids;
    private uint _lastId;

    /// <summary>The next identification for a destination.</summary>
    internal uint NextId(in IpAddress destination)
    {
        if (CountsEveryDatagram)
        {
            return ++_lastId;
        }

        _ids ??= new uint[256];
        int hash = destination.GetHashCode();
        return (uint)hash + _ids[hash & 0xFF]++;
    }

    /// <summary>Sends a complete IPv4 packet in fragments that fit the MTU; its own bytes stay the caller's.</summary>
    private void SendFragmentsV4(Instant now, IpPath path, ReadOnlySpan<byte> packet, int mtu, in IpAddress source)
    {
        int headerLength = (packet[0] & 0xF) * 4;
        ReadOnlySpan<byte> data = packet[headerLength..];
        int room = mtu - headerLength;
        int word = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        int at = 0;
        if (room < 8)
        {
            _counters[SnmpCounter.IpFragFails]++;
            return;
        }

        while (at < data.Length)
        {
            // All but the last are a multiple of 8 long; the last one may fill the MTU.
            int length = data.Length - at <= room ? data.Length - at : room & ~7;
            bool more = at + length < data.Length || (word & 0x2000) != 0;
            Frame frame = Pool.Rent(EthernetView.HeaderLength + headerLength + length);
            Span<byte> bytes = frame.Bytes[EthernetView.HeaderLength..];
            packet[..headerLength].CopyTo(bytes);
            data.Slice(at, length).CopyTo(bytes[headerLength..]);
            if (at > 0)
            {
                DropUncopiedOptions(bytes[Ipv4View.MinHeaderLength..headerLength]);
            }

            int place = (word & 0x1FFF) + at / 8;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)(headerLength + length));
            BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(word & 0x4000 | (more ? 0x2000 : 0) | place));
            bytes[10..12].Clear();
            BinaryPrimitives.WriteUInt16BigEndian(bytes[10..], InternetChecksum.Compute(bytes[..headerLength]));
            _counters[SnmpCounter.IpFragCreates]++;
            Transmit(now, path, frame, source);
            at += length;
        }

        _counters[SnmpCounter.IpFragOKs]++;
    }

    // RFC 791 §3.1: an option whose copied flag is clear stands in the first fragment only; no-operations take its place (Linux).
    private static void DropUncopiedOptions(Span<byte> options)
    {
        const byte copied = 0x80;
        const byte noOperation = 1;
        while (options.Length > 0 && options[0] != 0)
        {
            int length = options[0] == noOperation ? 1 : options.Length > 1 ? options[1] : 0;
            if (length < 1 || length > options.Length || (options[0] != noOperation && length < 2))
            {
                return;
            }

            if ((options[0] & copied) == 0)
            {
                options[..length].Fill(noOperation);
            }

            options = options[length..];
        }
    }

    /// <summary>Sends a complete IPv6 packet without extension headers in fragments that fit the MTU; its own bytes stay the caller's.</summary>
    private void SendFragmentsV6(Instant now, IpPath path, ReadOnlySpan<byte> packet, int mtu, uint id, in IpAddress source)
    {
        ReadOnlySpan<byte> data = packet[Ipv6View.HeaderLength..];
        int room = mtu - Ipv6View.HeaderLength - FragmentHeaderLength;
        int at = 0;
        if (room < 8)
        {
            _counters[SnmpCounter.Ip6FragFails]++;
            return;
        }

        while (at < data.Length)
        {
            int length = data.Length - at <= room ? data.Length - at : room & ~7;
            bool more = at + length < data.Length;
            Frame frame = Pool.Rent(EthernetView.HeaderLength + Ipv6View.HeaderLength + FragmentHeaderLength + length);
            Span<byte> bytes = frame.Bytes[EthernetView.HeaderLength..];
            packet[..Ipv6View.HeaderLength].CopyTo(bytes);
            BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)(FragmentHeaderLength + length));
            bytes[6] = (byte)IpProtocol.Fragment;
            Span<byte> header = bytes.Slice(Ipv6View.HeaderLength, FragmentHeaderLength);
            header[0] = packet[6];
            header[1] = 0;
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(at | (more ? 1 : 0)));
            BinaryPrimitives.WriteUInt32BigEndian(header[4..], id);
            data.Slice(at, length).CopyTo(bytes[(Ipv6View.HeaderLength + FragmentHeaderLength)..]);
            _counters[SnmpCounter.Ip6FragCreates]++;
            Transmit(now, path, frame, source);
            at += length;
        }

        _counters[SnmpCounter.Ip6FragOKs]++;
    }
}

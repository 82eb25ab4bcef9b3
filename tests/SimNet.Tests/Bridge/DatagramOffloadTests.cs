using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using SimNet.Bridge;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>What a system leaves to its network card, made as a sender without offload would have put it on the wire.</summary>
public class DatagramOffloadTests
{
    [Theory]
    [InlineData(false, 4001, 1000)]
    [InlineData(true, 3000, 1000)]
    [InlineData(true, 65_000, 1472)]
    [InlineData(true, 10, 1000)]
    public void DatagramsAreWhatASenderWouldHaveSent(bool v4, int length, int size)
    {
        byte[] data = new byte[length];
        new System.Random(length).NextBytes(data);
        byte[] super = Packet(v4, IpProtocol.Udp, 77, data, partial: true);
        FramePool pool = new();
        FrameQueue pieces = new();
        Assert.True(DatagramCutter.TryCut(pool, Header(v4, IpProtocol.Udp, size), super, ref pieces));
        Assert.Equal((length + size - 1) / size, pieces.Count);
        for (int at = 0, i = 0; at < length; at += size, i++)
        {
            byte[] expected = Packet(v4, IpProtocol.Udp, (ushort)(77 + i), data[at..Math.Min(length, at + size)], partial: false);
            Frame piece = pieces.Dequeue();
            Assert.Equal(expected, piece.Bytes);
            pool.Return(piece);
        }

        Assert.Equal(0, pool.Outstanding);
    }

    [Theory]
    [InlineData(true, IpProtocol.Tcp)]
    [InlineData(false, IpProtocol.Tcp)]
    [InlineData(true, IpProtocol.Udp)]
    [InlineData(false, IpProtocol.Udp)]
    public void AChecksumThatWasLeftOpenIsCompletedAndARightOrWrongOneIsLeft(bool v4, IpProtocol protocol)
    {
        byte[] data = [1, 2, 3, 4, 5];
        byte[] right = Packet(v4, protocol, 1, data, partial: false);
        byte[] open = Packet(v4, protocol, 1, data, partial: true);
        PartialChecksum.Complete(open);
        Assert.Equal(right, open);
        byte[] same = [.. right];
        PartialChecksum.Complete(same);
        Assert.Equal(right, same);
        byte[] damaged = [.. right];
        damaged[^1] ^= 1;
        byte[] still = [.. damaged];
        PartialChecksum.Complete(still);
        Assert.Equal(damaged, still);
    }

    [Fact]
    public void NoHeaderAndNoFrameDoesHarm() =>
        Prop.ForAll<byte[], byte[]>((noise, bytes) =>
        {
            byte[] data = Packet(noise.Length % 2 == 0, IpProtocol.Udp, 1, bytes, partial: true);
            VirtioHeader header = Header(noise.Length % 2 == 0, IpProtocol.Udp, noise.Length);
            for (int i = 0; i + 1 < noise.Length; i += 2)
            {
                data[noise[i] % data.Length] ^= noise[i + 1];
            }

            header.ChecksumStart = noise.Length > 5 ? (ushort)(noise[5] * 3) : header.ChecksumStart;
            FramePool pool = new();
            FrameQueue pieces = new();
            bool cut = DatagramCutter.TryCut(pool, header, data, ref pieces);
            PartialChecksum.Complete(data);
            return cut == pieces.Count > 0 && pieces.Count <= 1024;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithReplay(11UL, 13UL));

    private static VirtioHeader Header(bool v4, IpProtocol protocol, int size) => new()
    {
        Flags = VirtioHeader.NeedsChecksum,
        SegmentationType = VirtioHeader.UdpDatagrams,
        SegmentSize = (ushort)size,
        ChecksumStart = (ushort)(EthernetView.HeaderLength + (v4 ? 20 : 40)),
        ChecksumOffset = (ushort)(protocol == IpProtocol.Tcp ? 16 : 6),
    };

    private static byte[] Packet(bool v4, IpProtocol protocol, ushort id, byte[] data, bool partial)
    {
        IpAddress from = IpAddress.Parse(v4 ? "10.1.2.3" : "fd01::3"), to = IpAddress.Parse(v4 ? "10.1.2.4" : "fd01::4");
        int ip = EthernetView.HeaderLength, transport = ip + (v4 ? 20 : 40), header = protocol == IpProtocol.Tcp ? 20 : 8;
        byte[] frame = new byte[transport + header + data.Length];
        data.CopyTo(frame, transport + header);
        EthernetWriter.Write(frame, new MacAddress(0x0200_0000_0001), new MacAddress(0x0200_0000_0002), v4 ? EtherType.Ipv4 : EtherType.Ipv6);
        Span<byte> segment = frame.AsSpan(transport);
        BinaryPrimitives.WriteUInt32BigEndian(segment, 0x1234_0050);
        if (protocol == IpProtocol.Tcp)
        {
            segment[12] = 0x50;
            segment[13] = (byte)TcpFlags.Ack;
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(segment[4..], (ushort)segment.Length);
        }

        if (v4)
        {
            frame[ip] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(ip + 2), (ushort)(20 + segment.Length));
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(ip + 4), id);
            frame[ip + 8] = 64;
            frame[ip + 9] = (byte)protocol;
            from.WriteTo(frame.AsSpan(ip + 12));
            to.WriteTo(frame.AsSpan(ip + 16));
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(ip + 10), InternetChecksum.Compute(frame.AsSpan(ip, 20)));
        }
        else
        {
            Ipv6Writer.Write(frame.AsSpan(ip), from, to, protocol, segment.Length, 64);
        }

        ulong pseudo = InternetChecksum.PseudoHeader(from, to, protocol, segment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(
            segment[(protocol == IpProtocol.Tcp ? 16 : 6)..],
            partial ? (ushort)~InternetChecksum.Fold(pseudo) : InternetChecksum.Fold(InternetChecksum.Sum(segment, pseudo)));
        return frame;
    }
}

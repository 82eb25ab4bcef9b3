using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using SimNet.Bridge;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Super-frames cut into what a sender without offload would have put on the wire.</summary>
public class SegmentCutterTests
{
    private const byte NeedsChecksum = 1;
    private const byte GsoTcp4 = 1, GsoTcp6 = 4, GsoUdp = 5;

    [Theory]
    [InlineData(true, IpProtocol.Tcp, 5000, 1448)]
    [InlineData(false, IpProtocol.Tcp, 60_000, 1428)]
    [InlineData(true, IpProtocol.Tcp, 2896, 1448)]
    [InlineData(true, IpProtocol.Tcp, 100, 1448)]
    [InlineData(false, IpProtocol.Udp, 4001, 1000)]
    [InlineData(true, IpProtocol.Udp, 3000, 1000)]
    public void PiecesAreWhatASenderWouldHaveSent(bool v4, IpProtocol protocol, int length, int size)
    {
        byte[] data = new byte[length];
        new System.Random(length).NextBytes(data);
        TcpFlags flags = TcpFlags.Ack | TcpFlags.Psh | TcpFlags.Fin | TcpFlags.Cwr | TcpFlags.Ece;
        byte[] super = Packet(v4, protocol, 77, 1000, flags, data, partial: true);
        FramePool pool = new();
        FrameQueue pieces = new();
        Assert.True(Header(super, v4, protocol, size).TryCut(pool, super, ref pieces));
        Assert.Equal((length + size - 1) / size, pieces.Count);
        for (int at = 0, i = 0; at < length; at += size, i++)
        {
            bool last = at + size >= length;
            TcpFlags wanted = flags & (last ? (TcpFlags)0x1FF : ~(TcpFlags.Psh | TcpFlags.Fin)) & (i == 0 ? (TcpFlags)0x1FF : ~TcpFlags.Cwr);
            byte[] expected = Packet(v4, protocol, (ushort)(77 + i), 1000 + (uint)at, wanted, data[at..Math.Min(length, at + size)], partial: false);
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
        byte[] right = Packet(v4, protocol, 1, 5, TcpFlags.Ack, data, partial: false);
        byte[] open = Packet(v4, protocol, 1, 5, TcpFlags.Ack, data, partial: true);
        byte[] told = [.. open];
        Assert.True(Header(told, v4, protocol, 0).TryComplete(told));
        Assert.Equal(right, told);
        SegmentCutter.CompletePartial(open);
        Assert.Equal(right, open);
        byte[] same = [.. right];
        SegmentCutter.CompletePartial(same);
        Assert.Equal(right, same);
        byte[] damaged = [.. right];
        damaged[^1] ^= 1;
        byte[] still = [.. damaged];
        SegmentCutter.CompletePartial(still);
        Assert.Equal(damaged, still);
    }

    [Fact]
    public void NoHeaderAndNoFrameDoesHarm() =>
        Prop.ForAll<byte[], byte[]>((header, bytes) =>
        {
            byte[] frame = [.. Packet(true, IpProtocol.Tcp, 1, 1, TcpFlags.Ack, bytes, partial: true)];
            byte[] raw = new byte[VirtioNetHeader.Length];
            header.AsSpan(0, Math.Min(header.Length, raw.Length)).CopyTo(raw);
            raw[0] = 1;
            raw[1] = (byte)(raw[1] % 6);
            for (int i = 0; i + 1 < header.Length; i += 2)
            {
                frame[header[i] % frame.Length] ^= header[i + 1];
            }

            FramePool pool = new();
            FrameQueue pieces = new();
            VirtioNetHeader read = VirtioNetHeader.Read(raw);
            if (!read.TryCut(pool, frame, ref pieces) && pieces.Count > 0)
            {
                return false;
            }

            read.TryComplete(frame);
            SegmentCutter.CompletePartial(frame);
            return pieces.Count <= 1024;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithReplay(11UL, 13UL));

    private static VirtioNetHeader Header(byte[] frame, bool v4, IpProtocol protocol, int size)
    {
        byte[] header = new byte[VirtioNetHeader.Length];
        header[0] = NeedsChecksum;
        header[1] = size == 0 ? (byte)0 : protocol == IpProtocol.Udp ? GsoUdp : v4 ? GsoTcp4 : GsoTcp6;
        Span<ushort> words = MemoryMarshal.Cast<byte, ushort>(header.AsSpan());
        words[2] = (ushort)size;
        words[3] = (ushort)(EthernetView.HeaderLength + (v4 ? 20 : 40));
        words[4] = (ushort)(protocol == IpProtocol.Tcp ? 16 : 6);
        return VirtioNetHeader.Read(header);
    }

    private static byte[] Packet(bool v4, IpProtocol protocol, ushort id, uint sequence, TcpFlags flags, byte[] data, bool partial)
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
            BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
            BinaryPrimitives.WriteUInt16BigEndian(segment[12..], (ushort)(0x5000 | (int)flags));
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

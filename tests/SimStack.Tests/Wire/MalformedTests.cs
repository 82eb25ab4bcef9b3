using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Wire;

/// <summary>Malformed bytes by the thousand: every parser answers, none throws or reads beyond its span.</summary>
public sealed class MalformedTests
{
    // Reads everything that a view offers; a view that accepted too little would throw here.
    private static ulong Touch(ReadOnlySpan<byte> frame)
    {
        ulong sum = 0;
        if (EthernetView.TryParse(frame, out EthernetView ethernet, out _))
        {
            sum += ethernet.Destination.Value + ethernet.Source.Value + (ulong)ethernet.EtherType;
            sum += TouchPacket(ethernet.Payload);
        }

        return sum + TouchPacket(frame) + TouchTransport(frame, IpAddress.LoopbackV4) + TouchTransport(frame, IpAddress.LoopbackV6);
    }

    private static ulong TouchPacket(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        if (ArpView.TryParse(bytes, out ArpView arp, out _))
        {
            sum += arp.SenderMac.Value + arp.TargetMac.Value + arp.SenderAddress.V4 + arp.TargetAddress.V4 + (ulong)arp.Operation;
        }

        if (Ipv4View.TryParse(bytes, out Ipv4View v4, out _) || Ipv4View.TryParseQuoted(bytes, out v4))
        {
            sum += v4.Id + (ulong)v4.FragmentOffset + v4.Ttl + v4.Source.V4 + v4.Destination.V4 + (ulong)v4.OptionBytes.Length;
            sum += TouchTransport(v4.Payload, v4.Source);
        }

        if (Ipv6View.TryParse(bytes, out Ipv6View v6, out _) || Ipv6View.TryParseQuoted(bytes, out v6))
        {
            sum += v6.FlowLabel + v6.HopLimit + (ulong)v6.FragmentOffset + v6.FragmentId + v6.Source.Low + v6.Destination.High;
            sum += TouchTransport(v6.Payload, v6.Source);
        }

        return sum;
    }

    private static ulong TouchTransport(ReadOnlySpan<byte> bytes, in IpAddress address)
    {
        ulong sum = 0;
        if (TcpView.TryParse(bytes, out TcpView tcp, out _))
        {
            TcpOptions.TryParse(tcp.OptionBytes, out TcpOptions options);
            sum += tcp.Sequence.Value + tcp.Window + tcp.UrgentPointer + (ulong)tcp.Payload.Length + options.TsVal + (ulong)options.SackCount;
            TcpView.VerifyChecksum(address, address, bytes);
        }

        if (UdpView.TryParse(bytes, out UdpView udp, out _))
        {
            sum += udp.SourcePort + (ulong)udp.Payload.Length + (udp.VerifyChecksum(address, address) ? 1u : 0);
        }

        if (IcmpView.TryParse(bytes, out IcmpView icmp, out _))
        {
            sum += icmp.Id + (ulong)icmp.Sequence + (ulong)icmp.Payload.Length;
        }

        if (Icmpv6View.TryParse(bytes, address, address, out Icmpv6View icmp6, out _))
        {
            sum += icmp6.Mtu + (ulong)icmp6.Payload.Length;
        }

        if (NeighborView.TryParse(bytes, out NeighborView neighbor, out _))
        {
            sum += neighbor.Target.Low + neighbor.LinkLayer.Value;
        }

        return sum;
    }

    private static List<byte[]> ValidFrames()
    {
        Gen gen = new(20);
        List<byte[]> frames = [];
        for (int i = 0; i < 30; i++)
        {
            byte[] frame = new byte[200];
            EthernetWriter.Write(frame, gen.Mac(), gen.Mac(), EtherType.Ipv4);
            TcpOptions options = gen.Options(gen.Coin());
            (IpAddress a, IpAddress b) = (gen.V4(), gen.V4());
            int header = TcpWriter.Write(frame.AsSpan(34), 1, 2, new(3), new(4), TcpFlags.Ack, 5, 6, options, TcpOptionLayout.Linux);
            TcpWriter.WriteChecksum(frame.AsSpan(34, header + 20), a, b);
            Ipv4Writer.Write(frame.AsSpan(14), a, b, IpProtocol.Tcp, header + 20);
            frames.Add(frame[..(34 + header + 20)]);
        }

        byte[] neighbor = new byte[86];
        EthernetWriter.Write(neighbor, gen.Mac(), gen.Mac(), EtherType.Ipv6);
        Ipv6Writer.Write(neighbor.AsSpan(14), gen.V6(), gen.V6(), IpProtocol.IcmpV6, 32, 255);
        Icmpv6Writer.WriteSolicitation(neighbor.AsSpan(54), gen.V6(), gen.V6(), gen.V6(), gen.Mac());
        frames.Add(neighbor);
        frames.Add(WithExtensions(gen));
        byte[] arp = new byte[42];
        EthernetWriter.Write(arp, gen.Mac(), gen.Mac(), EtherType.Arp);
        ArpWriter.Write(arp.AsSpan(14), ArpOperation.Reply, gen.Mac(), gen.V4(), gen.Mac(), gen.V4());
        frames.Add(arp);
        return frames;
    }

    // Hop-by-hop with PadN, routing type 2 with nothing left, fragment, destination options in the piece.
    private static byte[] WithExtensions(Gen gen)
    {
        byte[] frame = new byte[14 + 40 + 8 + 24 + 8 + 20];
        EthernetWriter.Write(frame, gen.Mac(), gen.Mac(), EtherType.Ipv6);
        Ipv6Writer.Write(frame.AsSpan(14), gen.V6(), gen.V6(), IpProtocol.HopByHop, 8 + 24 + 8 + 20);
        new byte[] { 43, 0, 1, 4, 0, 0, 0, 0 }.CopyTo(frame, 54);
        new byte[] { 44, 2, 2, 0 }.CopyTo(frame, 62);
        new byte[] { 6, 0, 0x01, 0x01, 0, 0, 0, 9 }.CopyTo(frame, 86);
        return frame;
    }

    [Fact]
    public void TruncatedAtEveryLength()
    {
        foreach (byte[] frame in ValidFrames())
        {
            for (int length = 0; length <= frame.Length; length++)
            {
                // A fresh array of just that length: reading beyond it would throw.
                Touch(frame.AsSpan(0, length).ToArray());
            }

            Touch(frame);
        }
    }

    [Fact]
    public void EveryBitFlipped()
    {
        foreach (byte[] frame in ValidFrames())
        {
            for (int bit = 0; bit < frame.Length * 8; bit++)
            {
                frame[bit / 8] ^= (byte)(1 << bit % 8);
                Touch(frame);
                frame[bit / 8] ^= (byte)(1 << bit % 8);
            }
        }
    }

    [Fact]
    public void RandomBytes()
    {
        Gen gen = new(21);
        for (int i = 0; i < 40_000; i++)
        {
            byte[] bytes = gen.Bytes(gen.Below(120));
            if (bytes.Length > 15 && gen.Coin())
            {
                bytes[14] = (byte)(gen.Coin() ? 0x45 + gen.Below(3) : 0x60);
                bytes[0] = (byte)(gen.Coin() ? 0x45 + gen.Below(3) : 0x60);
            }

            Touch(bytes);
        }
    }

    [Fact]
    public void RandomOptions()
    {
        Gen gen = new(22);
        int malformed = 0;
        for (int i = 0; i < 40_000; i++)
        {
            byte[] bytes = gen.Bytes(gen.Below(11) * 4);
            for (int j = 0; j < bytes.Length; j += 1 + gen.Below(4))
            {
                bytes[j] = (byte)gen.Below(12);
            }

            malformed += TcpOptions.TryParse(bytes, out _) ? 0 : 1;
        }

        Assert.InRange(malformed, 1000, 39_999);
    }

    [Fact]
    public void ErrorsSayWhatWasWrong()
    {
        byte[] packet = new byte[40];
        Ipv4Writer.Write(packet, IpAddress.LoopbackV4, IpAddress.LoopbackV4, IpProtocol.Tcp, 20);
        Assert.Equal(WireError.Truncated, Error4(packet.AsSpan(0, 19)));
        Assert.Equal(WireError.Truncated, Error4(packet.AsSpan(0, 39)));
        Assert.Equal(WireError.BadChecksum, Error4(Changed(packet, 8, 1)));
        Assert.Equal(WireError.BadVersion, Error4(Changed(packet, 0, 0x65)));
        Assert.Equal(WireError.BadHeaderLength, Error4(Changed(packet, 0, 0x44)));
        Ipv4Writer.Write(packet, IpAddress.LoopbackV4, IpAddress.LoopbackV4, IpProtocol.Tcp, -1);
        Assert.Equal(WireError.BadLength, Error4(packet));
        byte[] frame = WithExtensions(new Gen(5));
        Assert.True(Ipv6View.TryParse(frame.AsSpan(14), out Ipv6View view, out _));
        Assert.Equal((IpProtocol.Tcp, 20, true, 256, true, 9u), (view.Protocol, view.Payload.Length, view.IsFragment, view.FragmentOffset, view.MoreFragments, view.FragmentId));
        Assert.Equal(72, view.FragmentHeaderOffset);
        Assert.Equal(WireError.BadOption, Error6(Changed(frame, 57, 5)));     // PadN beyond its header
        Assert.Equal(WireError.BadOption, Error6(Changed(frame, 56, 0xC7)));  // must be understood
        Assert.Equal(WireError.BadHeaderLength, Error6(Changed(frame, 63, 200)));
        Assert.Equal(WireError.BadVersion, Error6(Changed(frame, 14, 0x45)));

        static WireError Error4(ReadOnlySpan<byte> bytes) => Ipv4View.TryParse(bytes, out _, out WireError error) ? WireError.None : error;
        static WireError Error6(byte[] bytes) => Ipv6View.TryParse(bytes.AsSpan(14), out _, out WireError error) ? WireError.None : error;
        static byte[] Changed(byte[] bytes, int at, byte value)
        {
            byte[] copy = [.. bytes];
            copy[at] = value;
            return copy;
        }
    }

    [Theory]
    [InlineData(0, WireError.BadOption)]
    [InlineData(2, WireError.BadOption)]
    [InlineData(1, WireError.None)]
    public void NeighborOptionLength(byte length, WireError expected)
    {
        byte[] message = new byte[32];
        Icmpv6Writer.WriteAdvertisement(message, IpAddress.LoopbackV6, IpAddress.LoopbackV6, IpAddress.LoopbackV6, default, false, true, true);
        message[25] = length;
        NeighborView.TryParse(message, out _, out WireError error);
        Assert.Equal(expected, error);
    }
}

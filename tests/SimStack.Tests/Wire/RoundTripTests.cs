using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Wire;

/// <summary>What is written parses to the same values, for random values.</summary>
public sealed class RoundTripTests
{
    private const int Cases = 2000;

    [Fact]
    public void Ethernet()
    {
        Gen gen = new(10);
        for (int i = 0; i < Cases; i++)
        {
            (MacAddress to, MacAddress from, EtherType type) = (gen.Mac(), gen.Mac(), (EtherType)gen.Half());
            byte[] frame = gen.Bytes(20);
            Assert.Equal(14, EthernetWriter.Write(frame, to, from, type));
            Assert.True(EthernetView.TryParse(frame, out EthernetView view, out _));
            Assert.Equal((to, from, type), (view.Destination, view.Source, view.EtherType));
            Assert.Equal(6, view.Payload.Length);
        }
    }

    [Fact]
    public void Arp()
    {
        Gen gen = new(11);
        for (int i = 0; i < Cases; i++)
        {
            ArpOperation operation = gen.Coin() ? ArpOperation.Request : ArpOperation.Reply;
            (MacAddress mac1, IpAddress ip1, MacAddress mac2, IpAddress ip2) = (gen.Mac(), gen.V4(), gen.Mac(), gen.V4());
            byte[] message = gen.Bytes(46);
            Assert.Equal(28, ArpWriter.Write(message, operation, mac1, ip1, mac2, ip2));
            Assert.True(ArpView.TryParse(message, out ArpView view, out _));
            Assert.Equal((operation, mac1, ip1), (view.Operation, view.SenderMac, view.SenderAddress));
            Assert.Equal((mac2, ip2), (view.TargetMac, view.TargetAddress));
        }
    }

    [Fact]
    public void Ipv4()
    {
        Gen gen = new(12);
        for (int i = 0; i < Cases; i++)
        {
            (IpAddress source, IpAddress target, ushort id) = (gen.V4(), gen.V4(), gen.Half());
            (byte ttl, byte traffic, bool df, bool mf) = ((byte)gen.Next(), (byte)gen.Next(), gen.Coin(), gen.Coin());
            int offset = gen.Below(8192) * 8;
            int length = gen.Below(100);
            byte[] packet = gen.Bytes(20 + length + gen.Below(20));
            Assert.Equal(20, Ipv4Writer.Write(packet, source, target, IpProtocol.Udp, length, ttl, traffic, id, df, offset, mf));
            Assert.True(Ipv4View.TryParse(packet, out Ipv4View view, out WireError error), error.ToString());
            Assert.Equal((source, target, id, ttl, traffic), (view.Source, view.Destination, view.Id, view.Ttl, view.TrafficClass));
            Assert.Equal((df, mf, offset, length), (view.DontFragment, view.MoreFragments, view.FragmentOffset, view.Payload.Length));
            Assert.Equal((IpProtocol.Udp, mf || offset != 0, 20), (view.Protocol, view.IsFragment, view.HeaderLength));
        }
    }

    [Fact]
    public void Ipv6()
    {
        Gen gen = new(13);
        for (int i = 0; i < Cases; i++)
        {
            (IpAddress source, IpAddress target, uint label) = (gen.V6(), gen.V6(), (uint)gen.Next() & 0xF_FFFF);
            (byte hops, byte traffic, int length) = ((byte)gen.Next(), (byte)gen.Next(), gen.Below(100));
            byte[] packet = gen.Bytes(40 + length + gen.Below(20));
            Assert.Equal(40, Ipv6Writer.Write(packet, source, target, IpProtocol.Tcp, length, hops, traffic, label));
            Assert.True(Ipv6View.TryParse(packet, out Ipv6View view, out _));
            Assert.Equal((source, target, label, hops, traffic), (view.Source, view.Destination, view.FlowLabel, view.HopLimit, view.TrafficClass));
            Assert.Equal((length, IpProtocol.Tcp, length, false), (view.PayloadLength, view.Protocol, view.Payload.Length, view.IsFragment));
        }
    }

    [Fact]
    public void IcmpEchoAndErrors()
    {
        Gen gen = new(14);
        for (int i = 0; i < Cases; i++)
        {
            byte[] payload = gen.Bytes(gen.Below(60));
            (ushort id, ushort sequence, bool reply) = (gen.Half(), gen.Half(), gen.Coin());
            byte[] message = new byte[8 + payload.Length];
            Assert.Equal(message.Length, IcmpWriter.WriteEcho(message, reply, id, sequence, payload));
            Assert.True(IcmpView.TryParse(message, out IcmpView view, out _));
            Assert.Equal((reply ? IcmpType.EchoReply : IcmpType.Echo, id, sequence), (view.Type, view.Id, view.Sequence));
            Assert.True(view.Payload.SequenceEqual(payload));

            IcmpWriter.WriteError(message, IcmpType.DestinationUnreachable, 4, id, payload);
            Assert.True(IcmpView.TryParse(message, out view, out _));
            Assert.Equal((IcmpType.DestinationUnreachable, (byte)4, id, true), (view.Type, view.Code, view.Mtu, view.IsError));
        }
    }

    [Fact]
    public void Icmpv6EchoErrorsAndNeighbors()
    {
        Gen gen = new(15);
        for (int i = 0; i < Cases; i++)
        {
            (IpAddress source, IpAddress target, IpAddress asked, MacAddress mac) = (gen.V6(), gen.V6(), gen.V6(), gen.Mac());
            byte[] payload = gen.Bytes(gen.Below(60));
            byte[] message = new byte[8 + payload.Length];
            Icmpv6Writer.WriteEcho(message, source, target, true, 7, 9, payload);
            Assert.True(Icmpv6View.TryParse(message, source, target, out Icmpv6View view, out _));
            Assert.Equal((Icmpv6Type.EchoReply, (ushort)7, (ushort)9), (view.Type, view.Id, view.Sequence));
            Icmpv6Writer.WriteError(message, source, target, Icmpv6Type.PacketTooBig, 0, 1280, payload);
            Assert.True(Icmpv6View.TryParse(message, source, target, out view, out _));
            Assert.Equal((1280u, true), (view.Mtu, view.IsError));

            byte[] neighbor = new byte[32];
            Assert.Equal(32, Icmpv6Writer.WriteSolicitation(neighbor, source, target, asked, mac));
            Assert.True(Icmpv6View.TryParse(neighbor, source, target, out _, out _));
            Assert.True(NeighborView.TryParse(neighbor, out NeighborView nd, out _));
            Assert.Equal((true, asked, true, mac), (nd.IsSolicitation, nd.Target, nd.HasLinkLayer, nd.LinkLayer));
            (bool r, bool s, bool o) = (gen.Coin(), gen.Coin(), gen.Coin());
            Assert.Equal(32, Icmpv6Writer.WriteAdvertisement(neighbor, source, target, asked, mac, r, s, o));
            Assert.True(NeighborView.TryParse(neighbor, out nd, out _));
            Assert.Equal((false, asked, mac, r, s, o), (nd.IsSolicitation, nd.Target, nd.LinkLayer, nd.IsRouter, nd.IsSolicited, nd.IsOverride));
            Assert.Equal(24, Icmpv6Writer.WriteSolicitation(neighbor, IpAddress.AnyV6, target, asked, mac));
            Assert.True(NeighborView.TryParse(neighbor.AsSpan(0, 24), out nd, out _));
            Assert.False(nd.HasLinkLayer);
        }
    }

    [Fact]
    public void Udp()
    {
        Gen gen = new(16);
        for (int i = 0; i < Cases; i++)
        {
            bool v4 = gen.Coin();
            (IpAddress source, IpAddress target) = v4 ? (gen.V4(), gen.V4()) : (gen.V6(), gen.V6());
            byte[] payload = gen.Bytes(gen.Below(200));
            byte[] datagram = new byte[8 + payload.Length];
            UdpWriter.Write(datagram, source, target, 53, 1053, payload);
            Assert.True(UdpView.TryParse(datagram, out UdpView view, out _));
            Assert.True(view.VerifyChecksum(source, target));
            Assert.NotEqual(0, view.Checksum);
            Assert.Equal(((ushort)53, (ushort)1053), (view.SourcePort, view.DestinationPort));
            Assert.True(view.Payload.SequenceEqual(payload));
        }
    }

    [Fact]
    [Trait("RFC9293", "MUST-2")]
    [Trait("RFC9293", "MUST-3")]
    public void Tcp()
    {
        Gen gen = new(17);
        for (int i = 0; i < Cases * 3; i++)
        {
            bool v4 = gen.Coin();
            (IpAddress source, IpAddress target) = v4 ? (gen.V4(), gen.V4()) : (gen.V6(), gen.V6());
            TcpOptions options = gen.Options(gen.Coin());
            TcpOptionLayout layout = gen.Coin() ? TcpOptionLayout.Linux : TcpOptionLayout.Windows;
            (SequenceNumber seq, SequenceNumber ack) = (new((uint)gen.Next()), new((uint)gen.Next()));
            TcpFlags flags = (TcpFlags)(gen.Next() & 0x1FF);
            byte[] payload = gen.Bytes(gen.Below(100));
            byte[] segment = new byte[60 + payload.Length];
            int header = TcpWriter.Write(segment, 1, 65535, seq, ack, flags, 4321, 77, options, layout);
            Assert.Equal(header - 20, TcpWriter.MeasureOptions(options, layout));
            ulong payloadSum = InternetChecksum.SumAndCopy(payload, segment.AsSpan(header), 0);
            Span<byte> whole = segment.AsSpan(0, header + payload.Length);
            TcpWriter.WriteChecksum(whole, header, payloadSum, source, target);
            Assert.True(TcpView.VerifyChecksum(source, target, whole));
            whole[16] ^= 0x55;
            Assert.False(TcpView.VerifyChecksum(source, target, whole));
            TcpWriter.WriteChecksum(whole, source, target);
            Assert.True(TcpView.VerifyChecksum(source, target, whole));

            Assert.True(TcpView.TryParse(whole, out TcpView view, out _));
            Assert.Equal(((ushort)1, (ushort)65535, seq, ack, flags), (view.SourcePort, view.DestinationPort, view.Sequence, view.Acknowledgment, view.Flags));
            Assert.Equal(((ushort)4321, (ushort)77, header), (view.Window, view.UrgentPointer, view.HeaderLength));
            Assert.True(view.Payload.SequenceEqual(payload));
            Assert.True(TcpOptions.TryParse(view.OptionBytes, out TcpOptions parsed));
            TcpOptionsTests.AssertSame(options, parsed);
        }
    }
}

using SimStack.Ip;
using SimStack.Tests.Wire;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Ip.IpBench;

namespace SimStack.Tests.Ip;

public sealed class IcmpTests
{
    private readonly IpBench _bench = new();

    public IcmpTests()
    {
        _bench.Eth.Neighbours.SetPermanent(Peer, PeerMac);
        _bench.Eth.Neighbours.SetPermanent(Peer6, PeerMac);
    }

    // Summed word by word here, not by the code under test.
    private static ushort OnesSum(params byte[][] parts)
    {
        uint sum = 0;
        byte[] all = [.. parts.SelectMany(p => p)];
        for (int i = 0; i < all.Length; i++)
        {
            sum += i % 2 == 0 ? (uint)all[i] << 8 : all[i];
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)sum;
    }

    [Fact]
    public void EchoIsAnsweredWithTheSameData()
    {
        byte[] request = [8, 0, 0, 0, 0x12, 0x34, 0, 7, .. "hello, odd"u8.ToArray(), 1];
        IcmpWriter.WriteEcho(request, false, 0x1234, 7, request.AsSpan(8).ToArray());
        _bench.Receive(At(0), V4(IpProtocol.Icmp, request, traffic: 0x28));
        byte[] reply = _bench.SentOne();
        Assert.Equal(34 + 19, reply.Length);
        Assert.Equal("020000000002020000000001" + "0800" + "45280027", Convert.ToHexStringLower(reply.AsSpan(0, 18)));
        Assert.Equal("0000" + "4001", Convert.ToHexStringLower(reply.AsSpan(20, 4)));
        Assert.Equal("0a0000010a000002" + "0000", Convert.ToHexStringLower(reply.AsSpan(26, 10)));
        Assert.Equal("12340007" + Convert.ToHexStringLower(request.AsSpan(8)), Convert.ToHexStringLower(reply.AsSpan(38)));
        Assert.Equal(0xFFFF, OnesSum(reply[14..34]));
        Assert.Equal(0xFFFF, OnesSum(reply[34..]));
        Assert.Equal((1L, 1L, 1L), (_bench.Counters[SnmpCounter.IcmpInEchos], _bench.Counters[SnmpCounter.IcmpOutEchoReps], _bench.Counters[SnmpCounter.IpInDelivers]));
    }

    [Fact]
    public void AReplyHasTheCodeOfItsRequest()
    {
        byte[] request = new byte[16];
        IcmpWriter.WriteEcho(request, false, 1, 1, new byte[8], code: 9);
        _bench.Receive(At(0), V4(IpProtocol.Icmp, request));
        byte[] reply = _bench.SentOne();
        Assert.Equal((0, 9), (reply[34], reply[35]));
        Assert.Equal(0xFFFF, OnesSum(reply[34..]));
        Icmpv6Writer.WriteEcho(request, Peer6, Own6, false, 1, 1, new byte[8], code: 9);
        _bench.Receive(At(0), V6(IpProtocol.IcmpV6, request));
        reply = _bench.SentOne();
        Assert.Equal((129, 9), (reply[54], reply[55]));
    }

    [Fact]
    public void Echo6IsAnsweredWithTheSameData()
    {
        byte[] request = new byte[8 + 21];
        Icmpv6Writer.WriteEcho(request, Peer6, Own6, false, 0x1234, 7, new Gen(1).Bytes(21));
        _bench.Receive(At(0), V6(IpProtocol.IcmpV6, request));
        byte[] reply = _bench.SentOne();
        Assert.Equal("81", Convert.ToHexStringLower(reply.AsSpan(54, 1)));
        Assert.Equal(Convert.ToHexStringLower(request.AsSpan(4)), Convert.ToHexStringLower(reply.AsSpan(58)));
        Assert.Equal("fd000000000000000000000000000001", Convert.ToHexStringLower(reply.AsSpan(22, 16)));
        Assert.Equal(0xFFFF, OnesSum(reply[22..54], [0, 0, 0, 29, 0, 0, 0, 58], reply[54..]));
    }

    [Fact]
    public void BroadcastEchoIsNotAnswered()
    {
        byte[] request = new byte[16];
        IcmpWriter.WriteEcho(request, false, 1, 1, new byte[8]);
        _bench.Receive(At(0), V4(IpProtocol.Icmp, request, to: IpAddress.Parse("10.0.0.255"), mac: MacAddress.Broadcast));
        _bench.Receive(At(0), V4(IpProtocol.Icmp, request, to: IpAddress.BroadcastV4, mac: MacAddress.Broadcast));
        Assert.Empty(_bench.Sent());
        Assert.Equal(2, _bench.Counters[SnmpCounter.IcmpInEchos]);
    }

    [Fact]
    public void OwnEchoRequestsAndTheirReplies()
    {
        IpBench peer = new();
        Assert.True(_bench.Ip.SendEcho(At(0), Peer, 5, 6, [1, 2, 3]));
        byte[] request = _bench.SentOne();
        Assert.Equal("0800", Convert.ToHexStringLower(request.AsSpan(34, 2)));
        byte[] reply = new byte[11];
        IcmpWriter.WriteEcho(reply, true, 5, 6, [1, 2, 3]);
        _bench.Receive(At(1), V4(IpProtocol.Icmp, reply));
        Assert.Equal(["reply 10.0.0.2 5 6 010203"], _bench.Transport.Log);
        Assert.False(_bench.Ip.SendEcho(At(0), IpAddress.Parse("192.0.2.1"), 1, 1, default));
        Assert.Equal(1, _bench.Counters[SnmpCounter.IpOutNoRoutes]);
        Assert.True(peer.Ip.SendEcho(At(0), Own6, 1, 2, [9]));
        peer.Ip.Receive(At(0), peer.Ip.Loopback, Assert.Single(peer.Sent(peer.Ip.Loopback)));
        peer.Ip.Receive(At(0), peer.Ip.Loopback, Assert.Single(peer.Sent(peer.Ip.Loopback)));
        Assert.Equal(["reply fd00::1 1 2 09"], peer.Transport.Log);
    }

    [Fact]
    public void ClosedUdpPortIsReportedAsLinuxDoes()
    {
        _bench.Transport.RefuseUdp = true;
        byte[] datagram = new byte[15];
        UdpWriter.Write(datagram, Peer, Own, 57470, 5000, "anyone?"u8);
        byte[] frame = V4(IpProtocol.Udp, datagram);
        _bench.Receive(At(0), frame);
        byte[] error = _bench.SentOne();
        Assert.Equal("45c0003f", Convert.ToHexStringLower(error.AsSpan(14, 4)));
        Assert.Equal("0303", Convert.ToHexStringLower(error.AsSpan(34, 2)));
        Assert.Equal("00000000" + Convert.ToHexStringLower(frame.AsSpan(14)), Convert.ToHexStringLower(error.AsSpan(38)));
        Assert.Equal(0xFFFF, OnesSum(error[34..]));

        UdpWriter.Write(datagram, Peer6, Own6, 57470, 5000, "anyone?"u8);
        frame = V6(IpProtocol.Udp, datagram);
        _bench.Receive(At(0), frame);
        error = _bench.SentOne();
        Assert.Equal("0104", Convert.ToHexStringLower(error.AsSpan(54, 2)));
        Assert.Equal(Convert.ToHexStringLower(frame.AsSpan(14)), Convert.ToHexStringLower(error.AsSpan(62)));

        // Never about a broadcast.
        UdpWriter.Write(datagram, Peer, IpAddress.BroadcastV4, 57470, 5000, "anyone?"u8);
        _bench.Receive(At(0), V4(IpProtocol.Udp, datagram, to: IpAddress.BroadcastV4, mac: MacAddress.Broadcast));
        Assert.Empty(_bench.Sent());
    }

    [Fact]
    public void UnknownProtocolIsReported()
    {
        _bench.Receive(At(0), V4((IpProtocol)99, [1, 2, 3, 4]));
        Assert.Equal("0302", Convert.ToHexStringLower(_bench.SentOne().AsSpan(34, 2)));
        _bench.Receive(At(0), V6((IpProtocol)99, [1, 2, 3, 4]));
        byte[] error = _bench.SentOne();
        Assert.Equal("0401", Convert.ToHexStringLower(error.AsSpan(54, 2)));
        Assert.Equal("00000006", Convert.ToHexStringLower(error.AsSpan(58, 4)));
        Assert.Equal((1L, 1L), (_bench.Counters[SnmpCounter.IpInUnknownProtos], _bench.Counters[SnmpCounter.Ip6InUnknownProtos]));
    }

    [Theory]
    [InlineData(3, 4, 1300)]
    [InlineData(3, 3, 0)]
    [InlineData(11, 0, 0)]
    [InlineData(12, 0, 0)]
    public void ErrorsAreHandedOverWithWhatTheyQuote(byte type, byte code, ushort mtu)
    {
        byte[] quoted = new byte[28];
        Ipv4Writer.Write(quoted, Own, Peer, IpProtocol.Tcp, 1480);
        new byte[] { 0x30, 0x39, 0, 80, 0xDE, 0xAD, 0xBE, 0xEF }.CopyTo(quoted, 20);
        byte[] message = new byte[36];
        IcmpWriter.WriteError(message, (IcmpType)type, code, mtu, quoted);
        _bench.Receive(At(0), V4(IpProtocol.Icmp, message, from: IpAddress.Parse("10.0.0.77")));
        IcmpErrorInfo error = Assert.Single(_bench.Transport.Errors);
        Assert.Equal((type, code, (int)mtu, mtu != 0), (error.Type, error.Code, error.Mtu, error.IsPacketTooBig));
        Assert.Equal((Own, Peer, IpAddress.Parse("10.0.0.77"), IpProtocol.Tcp), (error.Source, error.Destination, error.Reporter, error.Protocol));
        Assert.Equal((12345, 80, 0xDEAD_BEEF, 1500), (error.SourcePort, error.DestinationPort, error.Sequence.Value, error.QuotedLength));
    }

    [Fact]
    public void PacketTooBig6IsHandedOver()
    {
        byte[] quoted = new byte[48];
        Ipv6Writer.Write(quoted, Own6, Peer6, IpProtocol.Tcp, 1460);
        new byte[] { 0x30, 0x39, 0, 80, 0xDE, 0xAD, 0xBE, 0xEF }.CopyTo(quoted, 40);
        byte[] message = new byte[56];
        Icmpv6Writer.WriteError(message, Peer6, Own6, Icmpv6Type.PacketTooBig, 0, 1280, quoted);
        _bench.Receive(At(0), V6(IpProtocol.IcmpV6, message));
        IcmpErrorInfo error = Assert.Single(_bench.Transport.Errors);
        Assert.Equal((false, true, 1280, 1500), (error.IsV4, error.IsPacketTooBig, error.Mtu, error.QuotedLength));
        Assert.Equal((Own6, Peer6, 12345, 80), (error.Source, error.Destination, (int)error.SourcePort, (int)error.DestinationPort));
    }
}

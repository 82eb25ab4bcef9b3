using System.Buffers.Binary;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp.Listen;

/// <summary>TCP_SAVE_SYN and TCP_SAVED_SYN, as tcp_reqsk_record_syn and do_tcp_getsockopt have them.</summary>
public sealed class SavedSynTests
{
    [Theory]
    [InlineData(false, 1, 20 + 24)]
    [InlineData(false, 2, 14 + 20 + 24)]
    [InlineData(true, 1, 40 + 24)]
    [InlineData(true, 2, 14 + 40 + 24)]
    public void The_headers_of_the_SYN_are_told_once(bool ipv6, int how, int length)
    {
        Dialogue net = Accepted(ipv6, how);
        Assert.Equal(Errno.EINVAL, net.Socket.TakeSavedSyn(length - 1, out byte[] needed));
        Assert.Equal(length, needed.Length);
        Assert.Equal(Errno.OK, net.Socket.TakeSavedSyn(length, out byte[] headers));
        ReadOnlySpan<byte> link = headers.AsSpan(0, how == 2 ? 14 : 0);
        ReadOnlySpan<byte> ip = headers.AsSpan(link.Length, length - link.Length - 24);
        ReadOnlySpan<byte> tcp = headers.AsSpan(length - 24);
        Assert.Equal(ipv6 ? 6 : 4, ip[0] >> 4);
        Assert.Equal(PeerPort, BinaryPrimitives.ReadUInt16BigEndian(tcp));
        Assert.Equal(Irs, BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]));
        Assert.Equal((byte)TcpFlags.Syn, tcp[13]);
        if (how == 2)
        {
            Assert.Equal(net.Interface.MacAddress.Value, BinaryPrimitives.ReadUInt64BigEndian(link) >> 16);
            Assert.Equal(ipv6 ? 0x86DD : 0x0800, BinaryPrimitives.ReadUInt16BigEndian(link[12..]));
        }

        Assert.Equal(Errno.OK, net.Socket.TakeSavedSyn(0, out byte[] again));
        Assert.Empty(again);
    }

    [Fact]
    public void Without_the_option_nothing_is_kept()
    {
        Dialogue net = Accepted(ipv6: false, how: 0);
        Assert.Equal(Errno.OK, net.Socket.TakeSavedSyn(0, out byte[] headers));
        Assert.Empty(headers);
        Assert.Equal(Errno.OK, net.Listener.TakeSavedSyn(0, out headers));
        Assert.Empty(headers);
    }

    /// <summary>The SYN's data are not among them.</summary>
    private static Dialogue Accepted(bool ipv6, int how)
    {
        Dialogue net = new(ipv6);
        net.Listen(options: s => Assert.Equal(Errno.OK, s.SetOption(net.Now, SocketOption.TCP_SAVE_SYN, how)));
        net.Peer.Send(Syn(Irs).Mss(1000) with { Data = [1, 2, 3] });
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        net.Accept();
        return net;
    }
}

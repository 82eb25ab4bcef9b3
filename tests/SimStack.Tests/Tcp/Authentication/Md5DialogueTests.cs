using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp.Authentication;

/// <summary>TCP_MD5SIG (RFC 2385; Linux: tcp_inbound_hash, tcp_v4_send_reset), in dialogues with a peer that signs for itself.</summary>
public sealed class Md5DialogueTests
{
    private static readonly PeerSignature Right = PeerSignature.Md5("secret");
    private static readonly PeerSignature Wrong = PeerSignature.Md5("guess");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_segment_of_an_active_open_is_signed(bool ipv6)
    {
        Dialogue net = new(ipv6);
        Connect(net);
        net.Peer.Expect(Syn(1000).Mss(ipv6 ? 1440 : 1460).SackOk().Scale(10).NoTs().Signed(Right));
        net.Peer.Send(SynAck(100, 1001).Mss(1460).SackOk().Signed(Right));
        net.Peer.Expect(Ack(1001, 101).Signed(Right));
        net.Socket.Send(net.Now, new byte[5000]);
        int mss = ipv6 ? 1420 : 1440;
        for (uint seq = 1001; seq < 1001 + 3 * mss; seq += (uint)mss)
        {
            Assert.False(net.Peer.Expect(Data(seq, 101, mss).Signed(Right)).Followed);
        }

        net.Peer.Expect(Bare(TcpFlags.Ack, 1001 + (uint)(3 * mss)).Signed(Right));
        net.Peer.Send(Ack(101, 6001).Signed(Right));
        net.Socket.Abort(net.Now);
        net.Peer.Expect(RstAck(6001, 101).Signed(Right));
        Assert.Equal(0, net.Host.Counters[SnmpCounter.TcpExtTCPMD5Failure]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_listening_socket_answers_signed_and_its_child_inherits_the_key(bool ipv6)
    {
        Dialogue net = new(ipv6);
        Listen(net);
        // Timestamps give way to SACK.
        net.Peer.Send(Syn(100).Mss(1460).SackOk().Ts(7, 0).Signed(Right));
        net.Peer.Expect(SynAck(1000, 101).SackOk().NoTs().Signed(Right));
        net.Peer.Send(Ack(101, 1001).Signed(Right));
        net.Accept();
        net.Listener.SetMd5Key(net.PeerAddress, []);
        net.Peer.Send(Data(101, 1001, "hello").Signed(Right));
        net.Peer.Expect(Ack(1001, 106).Signed(Right));
        net.Socket.Send(net.Now, "world"u8);
        net.Peer.Expect(Data(1001, 106, "world").Signed(Right));
        // The listening socket has no key any more: a signature is not wanted there.
        net.AddPeer(6000).Send(Syn(1).Signed(Right));
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtTCPMD5Unexpected]);
    }

    [Fact]
    public void Without_SACK_timestamps_stay()
    {
        Dialogue net = new();
        Listen(net);
        net.Peer.Send(Syn(100).Mss(1460).Ts(7, 0).Signed(Right));
        net.Peer.Expect(SynAck(1000, 101).SackOk(false).TsEcho(7).Signed(Right));
        net.Peer.Send(Ack(101, 1001).Ts(8, 0).Signed(Right));
        net.Accept().Send(net.Now, new byte[3000]);
        net.Peer.Expect(Data(1001, 101, 1428).TsEcho(8).Signed(Right));
    }

    [Fact]
    public void SACK_blocks_that_have_room_beside_the_signature_are_sent()
    {
        Dialogue net = new();
        Listen(net);
        net.Peer.Send(Syn(100).Mss(1460).SackOk().Signed(Right));
        net.Peer.Expect(SynAck());
        net.Peer.Send(Ack(101, 1001).Signed(Right));
        net.Accept();
        foreach (uint seq in (uint[])[201, 301, 401])
        {
            net.Peer.Send(Data(seq, 1001, 50).Signed(Right));
        }

        net.Peer.Expect(Ack(1001, 101).Sack(201, 251).Signed(Right));
        net.Peer.Expect(Ack(1001, 101).Sack(301, 351, 201, 251).Signed(Right));
        net.Peer.Expect(Ack(1001, 101).Sack(401, 451, 301, 351).Signed(Right));
        net.Socket.Send(net.Now, new byte[1440]);
        net.Peer.Expect(Data(1001, 101, 1440 - 20).Sack(401, 451, 301, 351).Signed(Right));
    }

    [Fact]
    public void Missing_wrong_and_unwanted_signatures_are_dropped_in_silence_and_counted()
    {
        Dialogue net = new();
        Listen(net);
        net.Peer.Send(Syn(100).Mss(1460));
        net.Peer.Send(Syn(100).Mss(1460).Signed(Wrong));
        net.AdvanceMs(5000);
        net.Peer.ExpectNothing();
        Check(net, notFound: 1, failure: 1);

        net.Peer.Send(Syn(100).Mss(1460).Signed(Right));
        net.Peer.Expect(SynAck());
        net.Peer.Send(Ack(101, 1001));
        net.Peer.Send(Rst(101).Signed(Wrong));
        Check(net, notFound: 2, failure: 2);
        net.Peer.Send(Ack(101, 1001).Signed(Right));
        net.Accept();

        net.Peer.Send(Data(101, 1001, "unsigned"));
        net.Peer.Send(Data(101, 1001, "forged").Signed(Wrong));
        net.Peer.Send(Rst(101));
        net.Peer.Send(Rst(101).Signed(Wrong));
        Check(net, notFound: 4, failure: 4);
        Assert.Equal(TcpState.Established, net.Socket.State);
        Assert.Equal(0, net.Socket.ReadableCount);
        net.Peer.ExpectNothing();
        net.Peer.Send(Rst(101).Signed(Right));
        Assert.Equal(TcpState.Closed, net.Socket.State);
    }

    [Fact]
    public void A_SYN_flood_with_wrong_keys_fills_no_queue()
    {
        Dialogue net = new();
        Listen(net);
        for (ushort port = 10_000; port < 10_500; port++)
        {
            ScriptedPeer peer = net.AddPeer(port);
            peer.Send(Syn(port).Mss(1460).Signed(Wrong));
            peer.ExpectNothing();
        }

        Assert.Empty(net.Listener.GetListenQueues()!.SynQueue);
        Check(net, failure: 500);
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("rfc9293")]
    public void A_signature_where_there_is_no_key(string name)
    {
        Assert.True(Profile.TryGet(name, out Profile profile));
        Dialogue net = new(profile: profile);
        net.Listen();
        net.Peer.Send(Syn(100).Mss(1460).Signed(Right));
        if (profile.RfcSegmentChecks)
        {
            net.Peer.Expect(SynAck(1000, 101).Signed(PeerSignature.None));
        }
        else
        {
            net.Peer.ExpectNothing();
            Check(net, unexpected: 1);
        }
    }

    [Fact]
    public void A_key_may_change_while_connected()
    {
        Dialogue net = new();
        Connect(net);
        net.Peer.Expect(Syn().Signed(Right));
        net.Peer.Send(SynAck(100, 1001).Mss(1460).Signed(Right));
        net.Peer.Expect(Ack().Signed(Right));

        PeerSignature next = PeerSignature.Md5("changed");
        Assert.Equal(Errno.OK, net.Socket.SetMd5Key(net.PeerAddress, "changed"u8));
        net.Socket.Send(net.Now, "one"u8);
        net.Peer.Expect(Data(1001, 101, "one").Signed(next));
        net.Peer.Send(Ack(101, 1004).Signed(Right));
        Check(net, failure: 1);
        net.Peer.Send(Ack(101, 1004).Signed(next));

        // Taken away, nothing is signed any more, and a signature is one too many.
        Assert.Equal(Errno.OK, net.Socket.SetMd5Key(net.PeerAddress, []));
        net.Socket.Send(net.Now, "two"u8);
        net.Peer.Expect(Data(1004, 101, "two").Signed(PeerSignature.None));
        net.Peer.Send(Ack(101, 1007).Signed(next));
        Check(net, failure: 1, unexpected: 1);
        net.Peer.Send(Ack(101, 1007));

        // And a first key may come to a connection that began without.
        Assert.Equal(Errno.OK, net.Socket.SetMd5Key(net.PeerAddress, "secret"u8));
        net.Socket.Send(net.Now, "three"u8);
        net.Peer.Expect(Data(1007, 101, "three").Signed(Right));
        net.Peer.Send(Ack(101, 1012));
        Check(net, failure: 1, unexpected: 1, notFound: 1);
    }

    [Fact]
    public void The_longest_prefix_counts()
    {
        Dialogue net = new();
        net.Listen(options: socket =>
        {
            Assert.Equal(Errno.OK, socket.SetMd5Key(net.PeerAddress, 8, "far"u8));
            Assert.Equal(Errno.OK, socket.SetMd5Key(net.PeerAddress, 24, "near"u8));
            Assert.Equal(Errno.OK, socket.SetMd5Key(net.PeerAddress, 0, "all"u8));
        });
        foreach ((string key, int removed) in ((string, int)[])[("near", 24), ("far", 8), ("all", 0)])
        {
            ScriptedPeer peer = net.AddPeer((ushort)(7000 + removed));
            peer.Send(Syn(100).Mss(1460).Signed(PeerSignature.Md5(key)));
            peer.Expect(SynAck().Signed(PeerSignature.Md5(key)));
            Assert.Equal(Errno.OK, net.Listener.SetMd5Key(net.PeerAddress, removed, []));
        }
    }

    [Fact]
    public void TIME_WAIT_answers_signed_and_checks_nothing()
    {
        Dialogue net = new();
        Connect(net);
        net.Peer.Expect(Syn());
        net.Peer.Send(SynAck(100, 1001).Mss(1460).Signed(Right));
        net.Peer.Expect(Ack());
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(1001, 101).Signed(Right));
        net.Peer.Send(Fin(101, 1002).Signed(Right));
        net.Peer.Expect(Ack(1002, 102).Signed(Right));
        net.Peer.Send(Fin(101, 1002));
        net.Peer.Expect(Ack(1002, 102).Signed(Right));
        Check(net);
    }

    [Fact]
    public void Nobody_answers_a_signed_segment_unless_it_can_sign()
    {
        Dialogue net = new();
        net.Peer.Send(Ack(5, 500).Signed(Right));
        net.Peer.ExpectNothing();
        Assert.Equal(0, net.Host.Counters[SnmpCounter.TcpOutRsts]);
        net.Peer.Send(Ack(5, 500));
        net.Peer.Expect(Rst(500).Signed(PeerSignature.None));

        // After a restart the key is found at the socket that listens on the port that the segment comes from.
        TcpSocket twin = net.NewSocket();
        Assert.Equal(Errno.OK, twin.SetMd5Key(net.PeerAddress, "secret"u8));
        Assert.Equal(Errno.OK, twin.Bind(new(net.HostAddress, Dialogue.PeerPort)));
        Assert.Equal(Errno.OK, twin.Listen(net.Now, 1));
        net.Peer.Send(Ack(5, 500).Signed(Right));
        net.Peer.Expect(Rst(500).Signed(Right));
        net.Peer.Send(Ack(5, 500).Signed(Wrong));
        net.Peer.ExpectNothing();
    }

    [Fact]
    public void A_listening_socket_and_SYN_SENT_reset_signed()
    {
        Dialogue net = new();
        Listen(net);
        net.Peer.Send(Ack(5, 500).Signed(Right));
        net.Peer.Expect(Rst(500).Signed(Right));
        net.Peer.Send(Syn(100).Mss(1460).Signed(Right));
        net.Peer.Expect(SynAck());
        net.Peer.Send(Ack(101, 77).Signed(Right));
        net.Peer.Expect(Rst(77).Signed(Right));

        Dialogue active = new();
        Connect(active);
        active.Peer.Expect(Syn());
        active.Peer.Send(SynAck(100, 4).Signed(Right));
        active.Peer.Expect(Rst(4).Signed(Right));
    }

    [Theory]
    [InlineData(16, 2, 0)] // A second signature.
    [InlineData(15, 1, 0)]
    [InlineData(17, 1, 0)]
    [InlineData(0, 0, 3)] // TCP-AO without a MAC.
    public void A_wrong_length_or_a_second_signature_is_malformed(int digest, int count, int ao)
    {
        Dialogue net = new();
        net.Listen();
        List<byte> options = [];
        for (int i = 0; i < count; i++)
        {
            options.AddRange([19, (byte)(digest + 2), .. new byte[digest]]);
        }

        if (ao > 0)
        {
            options.AddRange([29, (byte)ao, 1, 1, 1, 1, 1, 1]);
        }

        while (options.Count % 4 != 0)
        {
            options.Add(1);
        }

        Assert.True(TcpOptions.TryParse([.. options], out TcpOptions parsed));
        Assert.True(parsed.SignatureIsMalformed);
        // Too near the end to be looked at.
        Assert.True(TcpOptions.TryParse([1, 1, 19, 2], out parsed));
        Assert.False(parsed.SignatureIsMalformed || parsed.HasMd5);
    }

    private static void Listen(Dialogue net) =>
        net.Listen(options: socket => Assert.Equal(Errno.OK, socket.SetMd5Key(net.PeerAddress, "secret"u8)));

    private static void Connect(Dialogue net) =>
        net.Connect(options: socket => Assert.Equal(Errno.OK, socket.SetMd5Key(net.PeerAddress, "secret"u8)));

    private static void Check(Dialogue net, long notFound = 0, long failure = 0, long unexpected = 0) => Assert.Equal(
        (notFound, failure, unexpected),
        ((long)net.Host.Counters[SnmpCounter.TcpExtTCPMD5NotFound], (long)net.Host.Counters[SnmpCounter.TcpExtTCPMD5Failure],
            (long)net.Host.Counters[SnmpCounter.TcpExtTCPMD5Unexpected]));
}

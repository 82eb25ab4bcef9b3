using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp.Authentication;

/// <summary>TCP-AO (RFC 5925; Linux: tcp_ao.c), in dialogues with a peer that derives its keys and signs for itself.</summary>
public sealed class AoDialogueTests
{
    private const uint Iss = Dialogue.Iss, Irs = Dialogue.Irs;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_active_open_is_signed_from_the_SYN_on(bool ipv6)
    {
        Dialogue net = new(ipv6);
        net.Connect(options: socket => Add(net, socket, "one", 10, 20));
        net.Peer.Expect(Syn(1000).SackOk().Scale(10).Signed(Ours("one", 10, 20, peerIsn: 0)));
        net.Peer.Send(SynAck(100, 1001).Mss(1460).SackOk().Signed(Theirs("one", 20, 10)));
        net.Peer.Expect(Ack(1001, 101).Signed(Ours("one", 10, 20)));
        net.Socket.Send(net.Now, new byte[3000]);
        int mss = ipv6 ? 1424 : 1444;
        net.Peer.Expect(Data(1001, 101, mss).Signed(Ours("one", 10, 20)));
        net.Peer.Expect(Data(1001 + (uint)mss, 101, mss).Signed(Ours("one", 10, 20)));
        net.Peer.Take();
        net.Peer.Send(Ack(101, 4001).Signed(Theirs("one", 20, 10)));
        TcpAoInfo info = net.Socket.GetAoInfo()!.Value;
        Assert.Equal(((byte?)10, (byte?)20, 2L, 0L), (info.CurrentKey, info.RNextKey, info.Good, info.Bad));
        Assert.Equal(2, net.Host.Counters[SnmpCounter.TcpExtTCPAOGood]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_listening_socket_answers_by_the_key_that_the_SYN_asks_for(bool ipv6)
    {
        Dialogue net = new(ipv6);
        Listen(net, ("one", 10, 20), ("two", 11, 21));
        net.Peer.Send(Syn(100).Mss(1460).SackOk().Ts(7, 0).Signed(new AoSignature("one", 20, 11, Irs, 0)));
        net.Peer.Expect(SynAck(1000, 101).SackOk().NoTs().Signed(Ours("two", 11, 20)));
        net.Peer.Send(Ack(101, 1001).Signed(Theirs("one", 20, 11)));
        net.Accept().Send(net.Now, "x"u8);
        net.Peer.Expect(Data(1001, 101, "x").Signed(Ours("two", 11, 20)));
        Assert.Equal(2, net.Socket.GetAoKeys().Count);
    }

    [Fact]
    public void The_peer_has_its_way_with_the_key_and_we_with_its()
    {
        Dialogue net = Established(("one", 10, 20), ("two", 11, 21));
        Assert.Equal(Errno.OK, net.Socket.SetAoInfo(new TcpAoInfo { RNextKey = 21 }));
        net.Socket.Send(net.Now, "a"u8);
        net.Peer.Expect(Data(1001, 101, "a").Signed(Ours("one", 10, 21)));
        // The peer signs by the new key, and asks for the new one itself.
        net.Peer.Send(Ack(101, 1002).Signed(Theirs("two", 21, 11)));
        net.Socket.Send(net.Now, "b"u8);
        net.Peer.Expect(Data(1002, 101, "b").Signed(Ours("two", 11, 21)));
        // A key that is not there is asked for in vain.
        net.Peer.Send(Ack(101, 1003).Signed(Theirs("two", 21, 99)));
        Assert.Equal((byte?)11, net.Socket.GetAoInfo()!.Value.CurrentKey);

        // The old key goes; one in use stays, unless another is named.
        TcpAoKeyRemoval two = Removal(net, 11, 21);
        Assert.Equal(Errno.OK, net.Socket.RemoveAoKey(Removal(net, 10, 20)));
        Assert.Equal(Errno.ENOENT, net.Socket.RemoveAoKey(Removal(net, 10, 20)));
        Assert.Equal(Errno.EBUSY, net.Socket.RemoveAoKey(two));
        Assert.Equal(Errno.ENOENT, net.Socket.RemoveAoKey(two with { CurrentKey = 77 }));
        Add(net, net.Socket, "three", 12, 22);
        Assert.Equal(Errno.OK, net.Socket.RemoveAoKey(two with { CurrentKey = 12, RNextKey = 22 }));
        net.Socket.Send(net.Now, "c"u8);
        net.Peer.Expect(Data(1003, 101, "c").Signed(Ours("three", 12, 22)));
    }

    [Fact]
    public void What_is_not_signed_right_is_dropped_in_silence_and_counted()
    {
        Dialogue net = Established(("one", 10, 20));
        net.Peer.Send(Data(101, 1001, "unsigned"));
        net.Peer.Send(Data(101, 1001, "forged").Signed(Theirs("guess", 20, 10)));
        net.Peer.Send(Data(101, 1001, "unknown").Signed(Theirs("one", 33, 10)));
        net.Peer.Send(Data(101, 1001, "replayed").Signed(Theirs("one", 20, 10) with { Extension = 1 }));
        net.Peer.Send(Rst(101));
        net.Peer.Send(Data(101, 1001, "md5").Signed(PeerSignature.Md5("one")));
        net.Peer.ExpectNothing();
        Assert.Equal(0, net.Socket.ReadableCount);
        SnmpCounters counters = net.Host.Counters;
        Assert.Equal((2, 2, 1, 1), (
            (int)counters[SnmpCounter.TcpExtTCPAORequired], (int)counters[SnmpCounter.TcpExtTCPAOBad],
            (int)counters[SnmpCounter.TcpExtTCPAOKeyNotFound], (int)counters[SnmpCounter.TcpExtTCPMD5Unexpected]));
        TcpAoInfo info = net.Socket.GetAoInfo()!.Value;
        Assert.Equal((2L, 2L, 1L), (info.Required, info.Bad, info.KeyNotFound));
        net.Peer.Send(Rst(101).Signed(Theirs("one", 20, 10)));
        Assert.Equal(TcpState.Closed, net.Socket.State);
    }

    [Fact]
    public void A_handshake_stays_what_its_SYN_was()
    {
        Dialogue net = new();
        Listen(net, ("one", 10, 20));
        net.Peer.Send(Syn(100).Mss(1460).Signed(new AoSignature("one", 20, 10, Irs, 0)));
        net.Peer.Expect(SynAck().Signed(Ours("one", 10, 20)));
        net.Peer.Send(Ack(101, 1001));
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtTCPAOBad]);
        Assert.Empty(net.Listener.GetListenQueues()!.AcceptQueue);
        net.Peer.Send(Ack(101, 1001).Signed(Theirs("one", 20, 10)));
        Assert.Single(net.Listener.GetListenQueues()!.AcceptQueue);
    }

    [Fact]
    public void A_SYN_that_asks_for_a_key_that_is_not_there_gets_no_answer()
    {
        Dialogue net = new();
        Listen(net, ("one", 10, 20));
        net.Peer.Send(Syn(100).Mss(1460).Signed(new AoSignature("one", 20, 55, Irs, 0)));
        net.Peer.ExpectNothing();
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtTCPAOGood]);
    }

    [Fact]
    public void The_extension_counts_wraps_of_both_numbers()
    {
        const uint Start = uint.MaxValue - 10;
        Dialogue net = new();
        net.Connect(options: socket =>
        {
            Add(net, socket, "one", 10, 20);
        });
        net.Peer.Expect(Syn());
        AoSignature theirs = new("one", 20, 10, Start, Iss), ours = new("one", 10, 20, Iss, Start);
        net.Peer.Send(SynAck(Start, 1001).Mss(1460).Signed(theirs));
        net.Peer.Expect(Ack(1001, Start + 1).Signed(ours));
        net.Peer.Send(Data(Start + 1, 1001, 8).Signed(theirs));
        // The segment crosses the end of the numbers: its first one counts.
        net.Peer.Send(Data(Start + 9, 1001, 8).Signed(theirs));
        net.Peer.Send(Data(6, 1001, 4).Signed(theirs));
        Assert.Equal(16, net.Socket.ReadableCount);
        net.Peer.Send(Data(6, 1001, 4).Signed(theirs with { Extension = 1 }));
        Assert.Equal(20, net.Socket.ReadableCount);
        // Late and again: from before the wrap.
        net.Peer.Ignore();
        net.Peer.Send(Data(Start + 1, 1001, 8).Signed(theirs));
        net.Peer.Expect(Ack(1001, 10).Signed(ours));
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtTCPAOBad]);
    }

    [Fact]
    public void What_is_sent_has_the_extension_of_its_number()
    {
        Dialogue net = new();
        const uint Start = uint.MaxValue - 3;
        AoSignature ours = new("one", 10, 20, Start, Irs), theirs = new("one", 20, 10, Irs, Start);
        net.Listen(options: socket => Add(net, socket, "one", 10, 20));
        net.Listener.SetInitialSequenceNumber(Start);
        net.Peer.Send(Syn(100).Mss(1460).Signed(new AoSignature("one", 20, 10, Irs, 0)));
        net.Peer.Expect(SynAck(Start).Signed(ours));
        net.Peer.Send(Ack(101, Start + 1).Signed(theirs));
        net.Accept().Send(net.Now, new byte[10]);
        net.Peer.Expect(Data(Start + 1, 101, 10).Signed(ours));
        net.Socket.Send(net.Now, new byte[1444]);
        net.Peer.Expect(Data(7, 101, 1444).Signed(ours with { Extension = 1 }));
        // Lost: the first goes again, with its own extension.
        net.AdvanceMs(2000);
        Assert.Contains(Rest(net), got => got.Seq == Start + 1 && ours.IsRight(got.Received!));
        net.Peer.Send(Ack(101, 1451).Signed(theirs));
        net.Socket.Send(net.Now, "x"u8);
        net.Peer.Expect(Data(1451, 101, "x").Signed(ours with { Extension = 1 }));
    }

    [Theory]
    [InlineData(3, 2, true)]
    [InlineData(3, 3, true)]
    [InlineData(3, 4, true)]
    [InlineData(3, 1, false)]
    [InlineData(11, 0, false)]
    public void Hard_errors_of_ICMP_are_not_believed(byte type, byte code, bool dropped)
    {
        foreach (bool accepts in (bool[])[false, true])
        {
            Dialogue net = Established(("one", 10, 20));
            Assert.Equal(Errno.OK, net.Socket.SetAoInfo(new TcpAoInfo { AcceptIcmps = accepts }));
            net.Socket.Send(net.Now, new byte[1000]);
            net.Peer.Expect(Data(1001, 101, 1000));
            net.DeliverIcmpError(type, code, 1001, rest: 1000);
            bool counted = dropped && !accepts;
            Assert.Equal(counted ? 1 : 0, net.Host.Counters[SnmpCounter.TcpExtTCPAODroppedIcmps]);
            Assert.Equal(counted ? 1 : 0, net.Socket.GetAoInfo()!.Value.DroppedIcmps);
            Assert.Equal(counted, net.Socket.TakeError() is Errno.OK && net.Peer.Waiting == 0);
        }
    }

    [Fact]
    public void ICMP_ends_an_attempt_to_connect_as_ever()
    {
        Dialogue net = new();
        net.Connect(options: socket => Add(net, socket, "one", 10, 20));
        net.Peer.Expect(Syn());
        net.DeliverIcmpError(3, 3, 1000);
        Assert.Equal(Errno.ECONNREFUSED, net.Socket.TakeError());
    }

    [Fact]
    public void Required_of_everybody_or_of_peers_with_keys()
    {
        Dialogue net = new();
        net.Listen(options: socket =>
        {
            Assert.Equal(Errno.OK, socket.AddAoKey(Key(IpPrefix("192.0.2.0"), 24, "one", 10, 20)));
            Assert.Equal(Errno.OK, socket.SetAoInfo(new TcpAoInfo { AoRequired = true }));
        });
        net.Peer.Send(Syn(100).Mss(1460));
        net.Peer.ExpectNothing();
        Assert.Equal(1, net.Listener.GetAoInfo()!.Value.Required);
        Assert.Equal(Errno.OK, net.Listener.SetAoInfo(default));
        net.Peer.Send(Syn(100).Mss(1460));
        net.Peer.Expect(SynAck().Signed(PeerSignature.None));
    }

    [Theory]
    [InlineData("linux", 1)]
    [InlineData("linux26", 0)]
    [InlineData("rfc9293", 0)]
    public void TCP_AO_where_there_is_no_key(string name, int dropped)
    {
        Assert.True(Profile.TryGet(name, out Profile profile));
        Dialogue net = new(profile: profile);
        net.Listen();
        net.Peer.Send(Syn(100).Mss(1460).Signed(new AoSignature("one", 20, 10, Irs, 0)));
        Assert.Equal(dropped, net.Host.Counters[SnmpCounter.TcpExtTCPAOKeyNotFound]);
        Assert.Equal(1 - dropped, Rest(net).Count);
    }

    [Fact]
    public void RST_and_TIME_WAIT_are_signed()
    {
        Dialogue net = Established(("one", 10, 20));
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(1001, 101).Signed(Ours("one", 10, 20)));
        net.Peer.Send(Fin(101, 1002).Signed(Theirs("one", 20, 10)));
        net.Peer.Expect(Ack(1002, 102).Signed(Ours("one", 10, 20)));
        net.Peer.Send(Fin(101, 1002).Signed(Theirs("one", 20, 10)));
        net.Peer.Expect(Ack(1002, 102).Signed(Ours("one", 10, 20)));
        net.AdvanceMs(1000);
        net.Peer.Send(Fin(101, 1002));
        net.Peer.Expect(Ack(1002, 102).Signed(PeerSignature.None));

        Dialogue listening = new();
        Listen(listening, ("one", 10, 20));
        listening.Peer.Send(Ack(101, 1001).Signed(Theirs("one", 20, 10)));
        listening.Peer.Expect(Rst(1001).Signed(Ours("one", 10, 20)));

        // Nobody knows the numbers of a connection that is gone.
        Dialogue gone = new();
        gone.Peer.Send(Ack(101, 1001).Signed(Theirs("one", 20, 10)));
        gone.Peer.ExpectNothing();
    }

    [Fact]
    public void An_abort_is_signed_and_what_comes_to_SYN_SENT_is_checked()
    {
        Dialogue net = Established(("one", 10, 20));
        net.Socket.Abort(net.Now);
        net.Peer.Expect(RstAck(1001, 101).Signed(Ours("one", 10, 20)));

        Dialogue active = new();
        active.Connect(options: socket => Add(active, socket, "one", 10, 20));
        active.Peer.Expect(Syn());
        active.Peer.Send(RstAck(0, 1001));
        active.Peer.Send(RstAck(0, 1001).Signed(new AoSignature("guess", 20, 10, 0, Iss)));
        Assert.Equal(TcpState.SynSent, active.Socket.State);
        active.Peer.Send(RstAck(0, 1001).Signed(new AoSignature("one", 20, 10, 0, Iss)));
        Assert.Equal(Errno.ECONNREFUSED, active.Socket.TakeError());
    }

    [Fact]
    public void Both_sides_may_open()
    {
        Dialogue net = new();
        net.Connect(options: socket => Add(net, socket, "one", 10, 20));
        net.Peer.Expect(Syn(1000).Signed(Ours("one", 10, 20, peerIsn: 0)));
        net.Peer.Send(Syn(100).Mss(1460).Signed(new AoSignature("one", 20, 10, Irs, 0)));
        net.Peer.Expect(SynAck(1000, 101).Signed(Ours("one", 10, 20)));
        net.Peer.Send(SynAck(100, 1001).Mss(1460).Signed(Theirs("one", 20, 10)));
        Assert.Equal(TcpState.Established, net.Socket.State);
    }

    private static Dialogue Established(params (string Key, byte Send, byte Receive)[] keys)
    {
        Dialogue net = new();
        Listen(net, keys);
        (string key, byte send, byte receive) = keys[0];
        net.Peer.Send(Syn(100).Mss(1460).Signed(new AoSignature(key, receive, send, Irs, 0)));
        net.Peer.Expect(SynAck());
        net.Peer.Send(Ack(101, 1001).Signed(Theirs(key, receive, send)));
        net.Accept();
        return net;
    }

    private static void Listen(Dialogue net, params (string Key, byte Send, byte Receive)[] keys) => net.Listen(options: socket =>
    {
        foreach ((string key, byte send, byte receive) in keys)
        {
            Add(net, socket, key, send, receive);
        }
    });

    private static void Add(Dialogue net, TcpSocket socket, string key, byte send, byte receive) =>
        Assert.Equal(Errno.OK, socket.AddAoKey(Key(net.PeerAddress, net.IsIpv6 ? 128 : 32, key, send, receive)));

    private static TcpAoKey Key(IpAddress address, int length, string key, byte send, byte receive) => new()
    {
        Address = address,
        PrefixLength = length,
        SendId = send,
        ReceiveId = receive,
        Key = System.Text.Encoding.ASCII.GetBytes(key),
    };

    private static TcpAoKeyRemoval Removal(Dialogue net, byte send, byte receive) =>
        new() { Address = net.PeerAddress, PrefixLength = 32, SendId = send, ReceiveId = receive };

    private static IpAddress IpPrefix(string text) => IpAddress.Parse(text);

    private static AoSignature Ours(string key, byte keyId, byte next, uint peerIsn = Irs) => new(key, keyId, next, Iss, peerIsn);

    private static AoSignature Theirs(string key, byte keyId, byte next) => new(key, keyId, next, Irs, Iss);

    private static List<SegmentPattern> Rest(Dialogue net)
    {
        List<SegmentPattern> rest = [];
        while (net.Peer.Take() is { } segment)
        {
            rest.Add(segment);
        }

        return rest;
    }
}

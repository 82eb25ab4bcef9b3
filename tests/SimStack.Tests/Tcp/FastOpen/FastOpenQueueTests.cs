using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp.FastOpen;

/// <summary>How many Fast Opens may be pending, and what counts among them (RFC 7413 §4.2.2, §5.1).</summary>
public sealed class FastOpenQueueTests
{
    private const string Key = "11112222-33334444-55556666-77778888";

    /// <summary>What ends the first connection, and whether another one finds room then.</summary>
    public static TheoryData<string, bool> Ends => new()
    {
        { "nothing", false },
        { "accept", false },
        { "last ACK", true },
        { "RST before accept", true },
        { "RST after accept", false },
        { "RST after accept, a minute later", true },
        { "RST after close", false },
        { "close with unread data", true },
        { "given up", true },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void Room_for_one_and_what_frees_it(string end, bool room)
    {
        Dialogue net = Listening(limit: 1, out string cookie);
        Open(net.Peer, cookie);
        Bring(net, end);
        long overflows = net.Host.Counters[SnmpCounter.TcpExtTCPFastOpenListenOverflow];
        ScriptedPeer next = net.AddPeer(6000);
        next.Send(Syn(500).Len(20).Mss(1000).FastOpen(cookie));
        SegmentPattern answer = next.Expect(SynAck());
        Assert.Equal(room ? 521u : 501u, answer.Ack);
        Assert.Null(answer.Cookie);
        Assert.Equal(room ? 0 : 1, net.Host.Counters[SnmpCounter.TcpExtTCPFastOpenListenOverflow] - overflows);
    }

    private static void Bring(Dialogue net, string end)
    {
        if (end.Contains("accept", StringComparison.Ordinal) && !end.Contains("before", StringComparison.Ordinal) || end.Contains("close", StringComparison.Ordinal))
        {
            net.Accept();
        }

        switch (end)
        {
            case "last ACK":
                net.Peer.Send(Ack(Irs + 11, Iss + 1));
                break;
            case "RST after close":
                Assert.Equal(10, net.Socket.Receive(net.Now, new byte[20]).Value);
                net.Socket.Close(net.Now);
                net.Peer.Expect(Fin(Iss + 1, Irs + 11));
                net.Peer.Send(Rst(Irs + 11));
                break;
            case "close with unread data":
                net.Socket.Close(net.Now);
                net.Peer.Expect(RstAck(Iss + 1, Irs + 11));
                break;
            case "given up":
                net.Advance(Duration.FromSeconds(200));
                net.Peer.Ignore();
                break;
            default:
                if (end.StartsWith("RST", StringComparison.Ordinal))
                {
                    net.Peer.Send(Rst(Irs + 11));
                }

                break;
        }

        net.Advance(Duration.FromSeconds(end.EndsWith("later", StringComparison.Ordinal) ? 60 : 1));
        net.Peer.Ignore();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public void As_many_as_the_limit_says(int limit)
    {
        Dialogue net = Listening(limit, out string cookie);
        for (int i = 0; i < 8; i++)
        {
            ScriptedPeer peer = net.AddPeer((ushort)(6000 + i));
            peer.Send(Syn(500).Len(20).Mss(1000).FastOpen(cookie));
            Assert.Equal(i < limit ? 521u : 501u, peer.Expect(SynAck()).Ack);
        }

        Assert.Equal(limit, net.Listener.ReadableCount);
    }

    /// <summary>The accept queue has room for one more than the backlog; a Fast Open is in it at once.</summary>
    [Fact]
    public void A_full_accept_queue_lets_none_in()
    {
        Dialogue net = Listening(limit: 8, out string cookie, backlog: 1);
        Open(net.Peer, cookie);
        Open(net.AddPeer(6001), cookie);
        ScriptedPeer third = net.AddPeer(6002);
        third.Send(Syn(500).Len(20).Mss(1000).FastOpen(cookie));
        third.ExpectNothing();
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtListenOverflows]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_route_may_do_without_cookies(bool free)
    {
        Dialogue net = Listening(limit: 4, out _);
        if (free)
        {
            net.Host.Ip.Routes.Add(new SimStack.Ip.Route(net.PeerAddress, 32, null, net.Interface) { FastOpenNoCookie = true });
        }

        net.Peer.Send(Syn(Irs).Len(10).Mss(1000));
        Assert.Equal(free ? Irs + 11 : Irs + 1, net.Peer.Expect(SynAck()).Ack);
        TcpSocket client = net.NewSocket();
        SocketResult sent = client.SendTo(net.Now, new byte[30], net.AddPeer(7000).Endpoint, MessageFlags.MSG_FASTOPEN);
        Assert.Equal(free ? SocketResult.Ok(30) : SocketResult.Fail(Errno.EINPROGRESS), sent);
    }

    [Fact]
    public void A_host_without_a_key_draws_one_when_it_is_wanted()
    {
        Dialogue first = new(secret: 5), second = new(secret: 6);
        foreach (Dialogue net in (Dialogue[])[first, second])
        {
            Assert.True(net.Host.Sysctls.TryGet("net.ipv4.tcp_fastopen_key", out string before));
            Assert.Equal("00000000-00000000-00000000-00000000", before);
            net.Listen(options: s => s.SetOption(net.Now, SocketOption.TCP_FASTOPEN, 3));
        }

        first.Host.Sysctls.TryGet("net.ipv4.tcp_fastopen_key", out string one);
        second.Host.Sysctls.TryGet("net.ipv4.tcp_fastopen_key", out string other);
        Assert.NotEqual("00000000-00000000-00000000-00000000", one);
        Assert.NotEqual(one, other);
    }

    /// <summary>Whatever comes while the handshake of a Fast Open is under way, nothing is thrown, leaked or left behind.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void Any_segments_while_pending(bool strict, ulong seed)
    {
        Wire.Gen random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            Dialogue net = Listening(limit: 4, out string cookie, profile: strict ? Profile.Rfc9293 : Profile.Linux);
            Open(net.Peer, cookie);
            TcpSocket? socket = random.Below(2) == 0 ? net.Accept() : null;
            for (int i = 0; i < 20; i++)
            {
                net.Peer.Send(new SegmentPattern
                {
                    Flags = (TcpFlags)random.Below(64),
                    Seq = Irs + (uint)random.Below(30),
                    Ack = Iss + (uint)random.Below(6),
                    Length = random.Below(3) == 0 ? random.Below(40) : 0,
                    Window = (ushort)random.Below(70_000),
                    Cookie = random.Below(6) == 0 ? cookie : null,
                });
                socket?.Send(net.Now, Bytes(1, random.Below(5)));
                socket?.Receive(net.Now, new byte[8]);
                net.AdvanceMs(random.Below(random.Below(5) == 0 ? 4000 : 30));
                net.Peer.Ignore();
            }

            socket?.Close(net.Now);
            net.Listener.Close(net.Now);
            net.Advance(Duration.FromSeconds(2000));
            Assert.Equal(0, net.Pool.Outstanding);
            Assert.Equal(0, net.Host.Tcp.Flows.Count);
            Assert.Equal(0, net.Host.Tcp.Timers.Count);
        }
    }

    private static void Open(ScriptedPeer peer, string cookie)
    {
        peer.Send(Syn(Irs).Len(10).Mss(1000).FastOpen(cookie));
        peer.Expect(SynAck(ack: Irs + 11));
    }

    private static Dialogue Listening(int limit, out string cookie, int backlog = 20, Profile? profile = null)
    {
        Dialogue net = new(profile: profile, settings: s =>
        {
            s.TrySet("net.ipv4.tcp_fastopen", "3", out _);
            s.TrySet("net.ipv4.tcp_fastopen_key", Key, out _);
        });
        net.Listen(backlog, s => Assert.Equal(Errno.OK, s.SetOption(net.Now, SocketOption.TCP_FASTOPEN, limit)));
        TcpOptions options = default;
        SimStack.Tcp.FastOpen.FastOpenKeys.Parse(Key)!.Make(net.PeerAddress, net.HostAddress).WriteTo(ref options);
        Span<byte> bytes = stackalloc byte[16];
        cookie = Convert.ToHexStringLower(bytes[..options.GetFastOpenCookie(bytes)]);
        return net;
    }
}

using SimStack.Sockets;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp.Listen;

/// <summary>TCP_DEFER_ACCEPT: when the SYN-ACK goes again, and what makes a connection (Linux: syn_ack_recalc, tcp_check_req).</summary>
public sealed class DeferAcceptTests
{
    /// <summary>At which seconds the SYN-ACK goes, of a peer that sends the bare ACK and nothing else until then.</summary>
    [Theory]
    [InlineData(0, false, "1 3 7 15 31")]
    [InlineData(1, true, "1 3 7 15 31")]
    [InlineData(3, true, "3 7 15 31")]
    [InlineData(7, true, "7 15 31")]
    [InlineData(31, true, "31")]
    [InlineData(63, true, "63")]
    [InlineData(100, true, "127")]
    public void The_SYN_ACK_waits_with_the_socket(int seconds, bool acknowledged, string at)
    {
        Dialogue net = Listening(seconds);
        if (acknowledged)
        {
            net.Peer.Send(Ack(Irs + 1, Iss + 1));
        }

        List<long> sent = [];
        for (int second = 1; second < 400; second++)
        {
            net.AdvanceMs(1000);
            if (net.Peer.Waiting > 0)
            {
                net.Peer.Expect(SynAck(Iss, Irs + 1));
                net.Peer.ExpectNothing();
                sent.Add(second);
            }
        }

        Assert.Equal(at, string.Join(' ', sent));
        Assert.Equal(acknowledged ? 1 : 0, net.Host.Counters[SnmpCounter.TcpExtTCPDeferAcceptDrop]);
        Assert.Equal(0, net.Listener.GetListenQueues()!.SynQueue.Count);
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(2_999, false)]
    [InlineData(3_001, true)]
    public void A_bare_ACK_makes_a_connection_once_the_wait_is_over(int milliseconds, bool made)
    {
        Dialogue net = Listening(3);
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        net.AdvanceMs(milliseconds);
        net.Peer.Ignore();
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        Assert.Equal(made ? Errno.OK : Errno.EAGAIN, net.Listener.Accept(net.Now, out _));
        Assert.Equal(made ? 1 : 2, net.Host.Counters[SnmpCounter.TcpExtTCPDeferAcceptDrop]);
    }

    [Fact]
    public void Data_or_a_FIN_makes_one_at_any_time()
    {
        foreach (SegmentPattern first in (SegmentPattern[])[Data(Irs + 1, Iss + 1, "go"), Fin(Irs + 1, Iss + 1)])
        {
            Dialogue net = Listening(30);
            net.Peer.Send(Ack(Irs + 1, Iss + 1));
            net.AdvanceMs(20);
            net.Peer.Send(first);
            net.Accept();
        }
    }

    private static Dialogue Listening(int seconds)
    {
        Dialogue net = new();
        net.Listen(options: s => s.SetOption(net.Now, SocketOption.TCP_DEFER_ACCEPT, seconds));
        net.Peer.Send(Syn(Irs).Mss(1000));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        return net;
    }
}

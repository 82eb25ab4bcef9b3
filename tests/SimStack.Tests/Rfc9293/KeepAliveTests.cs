using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.8.4, keep-alives.</summary>
public sealed class KeepAliveTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    [Theory, InProfiles]
    [Requirement("MAY-5")]
    [Requirement("MUST-24")]
    [Requirement("MUST-25")]
    public void They_are_off_until_the_user_wants_them_and_again_when_not(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Advance(Duration.FromSeconds(4 * 3600));
        net.Peer.ExpectNothing();
        net.Socket.SetOption(net.Now, SocketOption.SO_KEEPALIVE, 1);
        net.Advance(Duration.FromSeconds(2 * 3600 + 1));
        Assert.NotEmpty(net.Peer.TakeAll());
        net.Peer.Send(Ack(Next, First));
        net.Socket.SetOption(net.Now, SocketOption.SO_KEEPALIVE, 0);
        net.Advance(Duration.FromSeconds(4 * 3600));
        net.Peer.ExpectNothing();
    }

    [Theory, InProfiles]
    [Requirement("MUST-28")]
    [Requirement("SHLD-12")]
    public void The_first_comes_after_two_hours_without_data(string profile)
    {
        Dialogue net = On(profile);
        net.Advance(Duration.FromSeconds(7200) - Duration.FromMilliseconds(1));
        net.Peer.ExpectNothing();
        net.AdvanceMs(2);
        net.Peer.Expect(Ack(First - 1, Next));
        net.Peer.ExpectNothing();
    }

    [Theory, InProfiles]
    [Requirement("MUST-26")]
    public void None_is_sent_while_data_is_outstanding_or_anything_arrives(string profile)
    {
        Dialogue net = On(profile);
        net.Socket.SetOption(net.Now, SocketOption.TCP_KEEPIDLE, 10);
        net.Write(10);
        net.Peer.Expect(Data(First, Next, 10));
        net.AdvanceMs(12_000);
        Assert.All(net.Peer.TakeAll(), segment => Assert.Equal((First, 10), (segment.Seq!.Value, segment.DataLength()))); // retransmissions
        net.Peer.Send(Ack(Next, First + 10));
        uint next = Next;
        for (int i = 0; i < 6; i++)
        {
            net.AdvanceMs(6000);
            net.Peer.ExpectNothing();
            net.Peer.Send(Data(next, First + 10, i % 2)); // an ACK, or data
            next += (uint)i % 2;
            net.AdvanceMs(500);
            net.Peer.Ignore();
        }

        net.AdvanceMs(12_000);
        net.Peer.Expect(Ack(First + 9));
    }

    [Theory, InProfiles]
    [Requirement("MUST-27")]
    public void The_interval_can_be_set_for_the_host_and_for_a_socket(string profile)
    {
        Dialogue net = On(profile);
        net.Socket.SetOption(net.Now, SocketOption.TCP_KEEPIDLE, 60);
        net.AdvanceMs(59_999);
        net.Peer.ExpectNothing();
        net.AdvanceMs(2);
        net.Peer.Expect(Ack(First - 1));

        net = Named.Established(profile, settings: s => Assert.True(s.TrySet("net.ipv4.tcp_keepalive_time", "30", out _)));
        net.Socket.SetOption(net.Now, SocketOption.SO_KEEPALIVE, 1);
        net.AdvanceMs(29_999);
        net.Peer.ExpectNothing();
        net.AdvanceMs(2);
        net.Peer.Expect(Ack(First - 1));
    }

    /// <summary>All but the last probe get lost, or their answers do: the connection lives.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-29")]
    public void A_probe_without_answer_is_no_dead_connection(string profile)
    {
        Dialogue net = On(profile);
        int most = net.Host.Sysctls.KeepAliveProbes;
        Assert.True(most >= 8);
        net.Advance(Duration.FromSeconds(7200 + net.Host.Sysctls.KeepAliveInterval * (most - 1)));
        Assert.Equal(most, net.Peer.TakeAll().Count);
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.Peer.Send(Ack(Next, First));
        net.Advance(Duration.FromSeconds(7000));
        net.Peer.ExpectNothing();
        Assert.Equal(TcpState.Established, net.Socket.State);
    }

    private static Dialogue On(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Socket.SetOption(net.Now, SocketOption.SO_KEEPALIVE, 1);
        return net;
    }
}

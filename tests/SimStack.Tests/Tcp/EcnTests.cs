using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>ECN where no script can reach it: what a congestion control asks for, and hostile counters. The rest is in tests/Scripts/ecn.</summary>
public sealed class EcnTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private const TcpFlags Request = TcpFlags.Ece | TcpFlags.Cwr;

    [Fact]
    public void A_congestion_control_that_wants_ECN_has_the_marks_echoed_exactly()
    {
        Dialogue net = Established(Request, TcpFlags.Ece, Profile.Rfc9293, s => s.CongestionControl = "dctcp");
        net.Peer.Send(Data(Next, First, 100).Marked(EcnField.Ect0));
        net.Peer.ExpectNothing();
        net.Peer.Send(Data(Next + 100, First, 100).Marked(EcnField.Ce));
        net.Peer.Expect(Ack(First, Next + 100));
        net.Peer.Expect(Ack(First, Next + 200).With(TcpFlags.Ece));
        net.Peer.Send(Data(Next + 200, First, 100).Marked(EcnField.Ce));
        net.Peer.ExpectNothing();
        net.Peer.Send(Data(Next + 300, First, 100).Marked(EcnField.Ect0));
        net.Peer.Expect(Ack(First, Next + 300).With(TcpFlags.Ece));
        net.Peer.Expect(Ack(First, Next + 400));
    }

    [Theory]
    [InlineData("dctcp", Request, EcnField.Ect0, "dctcp")]
    [InlineData("dctcp", TcpFlags.None, EcnField.NotEct, "dctcp-reno")]
    [InlineData("reno", Request, EcnField.NotEct, "reno")]
    public void Everything_is_ECN_capable_for_a_congestion_control_that_wants_it(string name, TcpFlags asked, byte field, string becomes)
    {
        TcpFlags granted = asked == Request ? TcpFlags.Ece : TcpFlags.None;
        Dialogue net = Established(asked, granted, settings: s => s.CongestionControl = name);
        net.Peer.Send(Data(Next, First, 100).Marked(EcnField.Ect0));
        net.Peer.Expect(Ack(First, Next + 100));
        Assert.Equal((field, becomes), ((byte)net.Socket.GetOption(SocketOption.IP_TOS).Value, net.Socket.CongestionControl));
    }

    [Fact]
    public void A_congestion_control_that_wants_ECN_asks_for_it_and_grants_it_to_an_ECN_capable_SYN()
    {
        Dialogue client = new(settings: s => s.CongestionControl = "dctcp");
        client.Connect();
        client.Peer.Expect(Syn(Iss).With(Request));
        Dialogue server = new(settings: s => s.CongestionControl = "dctcp");
        server.Listen();
        server.Peer.Send(Syn(Irs).Mss(1460).With(Request).Marked(EcnField.Ect0));
        server.Peer.Expect(SynAck(Iss, Irs + 1).With(TcpFlags.Ece));
    }

    [Theory]
    [InlineData(TcpFlags.None)]
    [InlineData(TcpFlags.Ece)]
    [InlineData(TcpFlags.Cwr)]
    [InlineData(TcpFlags.Ae)]
    [InlineData(TcpFlags.Ae | TcpFlags.Cwr)]
    [InlineData(TcpFlags.Ae | TcpFlags.Cwr | TcpFlags.Ece)]
    public void A_counter_without_sense_never_delivers_more_marks_than_segments(TcpFlags counter)
    {
        Dialogue net = Established(TcpFlags.Ae | Request, TcpFlags.Cwr, settings: s => s.Ecn = 3, third: TcpFlags.Cwr);
        Assert.Equal(10 * 1460, net.Socket.Send(net.Now, new byte[10 * 1460]).Value);
        for (uint i = 1; i <= 10; i++)
        {
            net.Peer.Send(Ack(Next, First + i * 1460).With(counter));
            Assert.InRange(net.Socket.GetInfo(net.Now).DeliveredCe, 0, 7 + (i * 8));
        }

        Assert.Equal(TcpState.Established, net.Socket.State);
    }

    private static Dialogue Established(
        TcpFlags asked, TcpFlags granted, Profile? profile = null, Action<Sysctls>? settings = null, TcpFlags third = TcpFlags.None)
    {
        Dialogue net = new(profile: profile, settings: settings);
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1460).With(asked));
        net.Peer.Expect(SynAck(Iss, Irs + 1).With(granted));
        net.Peer.Send(Ack(Next, First).With(third));
        net.Accept();
        return net;
    }
}

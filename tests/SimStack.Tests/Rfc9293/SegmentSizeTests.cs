using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.7: the MSS option, the size of segments, Nagle.</summary>
public sealed class SegmentSizeTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>Sent in SYN and SYN,ACK whatever its value, and obeyed when received in either.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-14")]
    [Requirement("MAY-3")]
    [Requirement("SHLD-5")]
    [Requirement("MUST-67")]
    public void The_MSS_option_is_sent_in_every_SYN_and_obeyed(string profile)
    {
        // MTU, and the MSS that it leaves behind 40 or 60 bytes of headers: 536 and 1220 are the defaults.
        foreach ((bool ipv6, int mtu, int mss) in new[]
        {
            (false, 1500, 1460), (false, 576, 536), (false, 1006, 966), (true, 1500, 1440), (true, 1280, 1220), (true, 1400, 1340),
        })
        {
            Dialogue net = Sized(profile, ipv6, mtu);
            net.Connect();
            net.Peer.Expect(Syn(Iss).Mss(mss));
            net.Peer.Send(SynAck(Irs, First).Mss(400));
            Assert.Equal(400, net.Socket.Connection!.SendMss);

            net = Sized(profile, ipv6, mtu);
            net.Listen();
            net.Peer.Send(Syn(Irs).Mss(410));
            net.Peer.Expect(SynAck(Iss, Next).Mss(mss));
            net.Peer.Send(Ack(Next, First));
            Assert.Equal(410, net.Accept().Connection!.SendMss);
        }
    }

    [Theory, InProfiles]
    [Requirement("MUST-15")]
    public void Without_the_option_536_or_1220_is_assumed(string profile)
    {
        foreach ((bool ipv6, int mss) in new[] { (false, 536), (true, 1220) })
        {
            Dialogue net = Named.Dialogue(profile, ipv6);
            net.EstablishPassively(Syn());
            net.Write(3000);
            net.Peer.Expect(Data(First, Next, mss));

            net = Named.Dialogue(profile, ipv6);
            net.EstablishActively(SynAck());
            net.Write(3000);
            net.Peer.Expect(Data(First, Next, mss));
        }
    }

    /// <summary>The smaller of what the peer takes and of what the path takes, less IP and TCP options.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-16")]
    public void Segments_are_as_long_as_peer_and_path_allow(string profile)
    {
        foreach ((int mtu, int announced, int length) in new[] { (1500, 9000, 1460), (1500, 900, 900), (1000, 1460, 960) })
        {
            Dialogue net = Sized(profile, false, mtu);
            net.EstablishPassively(Syn().Mss(announced));
            net.Write(4000);
            net.Peer.Expect(Data(First, Next, length));
        }

        Dialogue routed = Named.Dialogue(profile);
        byte[] route = [1, 0x83, 7, 4, 10, 0, 0, 2]; // eight bytes of IP options
        routed.EstablishActively(SynAck().Mss(1460), options: s => Assert.Equal(Errno.OK, s.SetIpOptions(route)));
        routed.Write(4000);
        routed.Peer.Expect(Data(First, Next, 1452));
    }

    /// <summary>The interface's MTU as it is when the SYN is sent.</summary>
    [Theory, InProfiles]
    [Requirement("SHLD-6")]
    public void The_MSS_follows_the_MTU_of_the_interface(string profile)
    {
        Dialogue net = Named.Dialogue(profile);
        net.Host.Ip.SetMtu(net.Interface, 900);
        net.Connect();
        net.Peer.Expect(Syn(Iss).Mss(860));
        net.Socket.Close(net.Now);
        net.Host.Ip.SetMtu(net.Interface, 1200);
        ScriptedPeer second = net.AddPeer(6000);
        net.NewSocket().Connect(net.Now, second.Endpoint);
        second.Expect(Syn().Mss(1160));
    }

    [Theory, InProfiles]
    [Requirement("SHLD-7")]
    [Requirement("MUST-17")]
    public void Small_segments_wait_unless_Nagle_is_off(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(10);
        net.Peer.Expect(Data(First, Next, 10));
        net.Write(10);
        net.Write(10);
        net.Peer.ExpectNothing();
        net.Peer.Send(Ack(Next, First + 10));
        net.Peer.Expect(Data(First + 10, Next, 20));

        net = Named.Established(profile);
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        net.Write(10);
        net.Peer.Expect(Data(First, Next, 10));
        net.Write(10);
        net.Peer.Expect(Data(First + 10, Next, 10));
    }

    private static Dialogue Sized(string profile, bool ipv6, int mtu)
    {
        Dialogue net = Named.Dialogue(profile, ipv6);
        net.Host.Ip.SetMtu(net.Interface, mtu);
        return net;
    }
}

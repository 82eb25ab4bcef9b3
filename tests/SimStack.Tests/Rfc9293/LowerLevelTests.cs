using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.9.2: IP options, ICMP, addresses that are not one host's.</summary>
public sealed class LowerLevelTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>No-operations, record route, timestamp, stream identifier and kinds that nobody knows.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-50")]
    public void IP_options_that_TCP_does_not_know_are_passed_over(string profile)
    {
        foreach (byte[] options in new byte[][]
        {
            [1, 1, 1, 0], [7, 7, 4, 0, 0, 0, 0, 0], [68, 8, 5, 0, 0, 0, 0, 0], [136, 4, 0, 9], [0x99, 4, 1, 2], [0x1E, 3, 1, 1],
        })
        {
            Dialogue net = Named.Dialogue(profile);
            net.PeersIpOptions = options;
            net.EstablishPassively();
            net.Peer.Send(Data(Next, First, 10));
            Assert.Equal(10, net.Read().Length);
            net.Peer.Send(Fin(Next + 10, First));
            Assert.Equal(TcpState.CloseWait, net.Socket.State);
        }
    }

    /// <summary>The quoted header leads to one of two connections.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-54")]
    public void An_ICMP_error_reaches_the_connection_that_it_is_about(string profile)
    {
        foreach (bool ipv6 in new[] { false, true })
        {
            Dialogue net = Named.Established(profile, ipv6);
            TcpSocket one = net.Socket;
            ScriptedPeer second = net.AddPeer(6000);
            second.Send(Syn(Irs).Mss(1000));
            uint iss = second.Expect(SynAck(ack: Next)).Seq!.Value;
            second.Send(Ack(Next, iss + 1));
            TcpSocket two = net.Accept();
            one.Send(net.Now, "x"u8);
            two.Send(net.Now, "x"u8);
            net.DeliverIcmpError((byte)(ipv6 ? 1 : 3), 0, iss + 1, second);
            Assert.Equal(Errno.OK, one.TakeError());
            Assert.Equal(Errno.ENETUNREACH, two.TakeError());
        }
    }

    [Theory, InProfiles]
    [Requirement("MUST-55")]
    public void Source_Quench_is_discarded(string profile)
    {
        foreach (TcpState state in new[] { TcpState.SynSent, TcpState.Established })
        {
            Dialogue net = Named.Dialogue(profile);
            Reach.State(net, state);
            if (state is TcpState.Established)
            {
                net.Write(10);
            }

            TcpInfo before = net.Socket.GetInfo(net.Now);
            net.DeliverIcmpError(4, 0, net.Socket.Connection!.Snd.Una.Value);
            Assert.Equal(before, net.Socket.GetInfo(net.Now));
            Assert.Equal(Errno.OK, net.Socket.TakeError());
        }
    }

    /// <summary>Destination unreachable 0, 1, 5, time exceeded and parameter problem, and their like in ICMPv6.</summary>
    private static readonly (bool Ipv6, byte Type, byte Code)[] Soft =
        [(false, 3, 0), (false, 3, 1), (false, 3, 5), (false, 11, 0), (false, 11, 1), (false, 12, 0), (true, 1, 0), (true, 1, 3), (true, 3, 0), (true, 4, 0)];

    [Theory, InProfiles]
    [Requirement("MUST-56", In = "windows freebsd rfc9293")]
    public void Soft_errors_do_not_end_a_connection(string profile)
    {
        foreach ((bool ipv6, byte type, byte code) in Soft)
        {
            Dialogue net = Named.Established(profile, ipv6);
            net.Write(10);
            net.DeliverIcmpError(type, code, First);
            Assert.Equal(TcpState.Established, net.Socket.State);
        }
    }

    /// <summary>Linux ends the attempt to open, in SYN-SENT for each, in SYN-RECEIVED for most.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-56")]
    [Departs("MUST-56", "linux linux26")]
    public void Soft_errors_do_not_end_an_attempt_to_open(string profile)
    {
        bool linux = profile is "linux" or "linux26";
        foreach ((bool ipv6, byte type, byte code) in Soft)
        {
            Dialogue net = Named.Dialogue(profile, ipv6);
            Reach.State(net, TcpState.SynSent);
            net.DeliverIcmpError(type, code, Iss);
            Assert.Equal(linux && (type, code) != (11, 1) ? TcpState.Closed : TcpState.SynSent, net.Socket.State);

            net = Named.Dialogue(profile, ipv6);
            Reach.State(net, TcpState.SynReceived);
            net.DeliverIcmpError(type, code, Iss);
            bool ends = linux && (ipv6 ? type == 4 : (type, code) is (3, 0) or (3, 1) or (11, 0) or (12, 0));
            Assert.Equal(ends ? TcpState.Closed : TcpState.SynReceived, net.StateOf());
        }
    }

    /// <summary>Protocol and port unreachable; in IPv6 prohibited and port. Linux only remembers them.</summary>
    [Theory, InProfiles]
    [Requirement("SHLD-26")]
    [Departs("SHLD-26", "linux linux26")]
    public void Hard_errors_abort_a_connection(string profile)
    {
        foreach ((bool ipv6, byte type, byte code) in new (bool, byte, byte)[] { (false, 3, 2), (false, 3, 3), (true, 1, 1), (true, 1, 4) })
        {
            Dialogue net = Named.Established(profile, ipv6);
            net.Write(10);
            net.DeliverIcmpError(type, code, First);
            Assert.Equal(profile is "linux" or "linux26" ? TcpState.Established : TcpState.Closed, net.Socket.State);
            Assert.NotEqual(Errno.OK, net.Socket.TakeError());
        }
    }

    /// <summary>To every listening address, and to a connection's port.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-57")]
    public void A_SYN_to_a_group_gets_no_answer(string profile)
    {
        foreach (string address in new[] { "255.255.255.255", "10.0.0.255", "224.0.0.1", "ff02::1" })
        {
            IpAddress group = IpAddress.Parse(address);
            Dialogue net = Named.Dialogue(profile, group.IsV6);
            ListenEverywhere(net);
            net.Deliver(net.Peer.Endpoint, new IpEndpoint(group, HostPort), Syn(Irs), []);
            net.Deliver(net.Peer.Endpoint, new IpEndpoint(group, 9), Syn(Irs), []); // where nobody listens: no RST either
            net.AdvanceMs(2000);
            net.Peer.ExpectNothing();
            Assert.Empty(net.Queues);
            Assert.Empty(net.OtherFrames);
        }
    }

    [Theory, InProfiles]
    [Requirement("MUST-63")]
    public void A_SYN_from_a_group_gets_no_answer(string profile)
    {
        foreach (string address in new[] { "255.255.255.255", "10.0.0.255", "224.0.0.1", "0.0.0.0", "127.0.0.1", "10.0.0.1", "ff02::1", "::1" })
        {
            IpAddress source = IpAddress.Parse(address);
            Dialogue net = Named.Dialogue(profile, source.IsV6);
            ListenEverywhere(net);
            net.Deliver(new IpEndpoint(source, PeerPort), new IpEndpoint(net.HostAddress, HostPort), Syn(Irs), []);
            net.AdvanceMs(2000);
            Assert.Empty(net.Queues);
            Assert.Empty(net.OtherFrames);
            Assert.Equal(0, net.Interface.OutgoingCount);
        }
    }

    private static void ListenEverywhere(Dialogue net)
    {
        TcpSocket listener = net.NewSocket();
        Assert.Equal(Errno.OK, listener.Bind(new IpEndpoint(net.IsIpv6 ? IpAddress.AnyV6 : IpAddress.AnyV4, HostPort)));
        Assert.Equal(Errno.OK, listener.Listen(net.Now, 5));
    }
}

using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.9.1: SEND and PUSH, reports, the Differentiated Services field.</summary>
public sealed class InterfaceTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>SEND has no PUSH flag: what was written leaves by itself, and the last segment says PSH.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-60")]
    [Requirement("MUST-61")]
    public void Data_leaves_by_itself_with_PSH_at_its_end(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(2300);
        net.AdvanceMs(1);
        List<SegmentPattern> sent = net.Peer.TakeAll();
        net.Peer.Send(Ack(Next, First + 2000));
        sent.AddRange(net.Peer.TakeAll());
        Assert.Equal(First + 2300, sent[^1].Seq!.Value + sent[^1].DataLength());
        Assert.True(sent[^1].Has(TcpFlags.Psh));

        // Told that there is more to come, it waits for that, though not for ever.
        net.Peer.Send(Ack(Next, First + 2300));
        net.Write(100, MessageFlags.MSG_MORE);
        net.AdvanceMs(5000);
        Assert.Equal(100, net.Peer.Take()!.DataLength());
    }

    [Theory, InProfiles]
    [Requirement("MAY-16")]
    [Requirement("SHLD-27")]
    public void Several_SENDs_become_one_segment_with_one_PSH(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(10);
        net.Peer.Expect(Data(First, Next, 10));
        for (int i = 0; i < 7; i++)
        {
            net.Write(100);
        }

        net.Peer.Send(Ack(Next, First + 10));
        net.Peer.Expect(Data(First + 10, Next, 700).Push());
        net.Peer.ExpectNothing();
    }

    [Theory, InProfiles]
    [Requirement("SHLD-28")]
    public void Segments_are_as_long_as_they_can_be(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(10);
        net.Peer.Expect(Data(First, Next, 10));
        for (int i = 0; i < 30; i++)
        {
            net.Write(100);
        }

        net.Peer.Send(Ack(Next, First + 10));
        net.AdvanceMs(1);
        Assert.Equal([1000, 1000], net.Peer.TakeAll().Take(2).Select(segment => segment.DataLength()));
    }

    /// <summary>A soft error: SO_ERROR tells it, and with IP_RECVERR the socket gets ready with POLLERR at once.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-47")]
    [Requirement("SHLD-20")]
    [Requirement("SHLD-25")]
    public void Soft_errors_are_told_to_who_wants_to_know(string profile)
    {
        foreach (bool ipv6 in new[] { false, true })
        {
            foreach (bool asynchronous in new[] { false, true })
            {
                Dialogue net = Named.Established(profile, ipv6);
                net.Socket.SetOption(net.Now, SocketOption.IP_RECVERR, asynchronous ? 1 : 0);
                net.Write(10);
                net.DeliverIcmpError((byte)(ipv6 ? 1 : 3), (byte)(ipv6 ? 3 : 1), First);
                Assert.Equal(TcpState.Established, net.Socket.State);
                Assert.Equal(asynchronous, (net.Socket.Poll() & PollEvents.POLLERR) != 0);
                Assert.Equal(Errno.EHOSTUNREACH, net.Socket.TakeError());
            }
        }
    }

    /// <summary>IP_TOS and IPV6_TCLASS: in the SYN, in what follows, and changed on the way; the six bits as they were given.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-48")]
    [Requirement("SHLD-21")]
    [Requirement("SHLD-22")]
    public void The_user_sets_the_Differentiated_Services_field(string profile)
    {
        foreach (bool ipv6 in new[] { false, true })
        {
            SocketOption option = ipv6 ? SocketOption.IPV6_TCLASS : SocketOption.IP_TOS;
            Dialogue net = Named.Dialogue(profile, ipv6);
            net.Packets = [];
            net.EstablishActively(options: s => s.SetOption(net.Now, option, 0xB8));
            net.Write(10);
            Assert.True(net.Packets.Count >= 3); // SYN, ACK, data
            Assert.All(net.Packets, packet => Assert.Equal(0xB8, TrafficClass(packet)));
            net.Packets.Clear();
            net.Socket.SetOption(net.Now, option, 0x20);
            net.AdvanceMs(5000); // retransmissions
            Assert.NotEmpty(net.Packets);
            Assert.All(net.Packets, packet => Assert.Equal(0x20, TrafficClass(packet)));
        }
    }

    /// <summary>§3.9.2: for the host, and for one socket.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-49")]
    public void The_TTL_can_be_set(string profile)
    {
        foreach (bool ipv6 in new[] { false, true })
        {
            Dialogue net = Named.Dialogue(profile, ipv6, s => Assert.True(s.TrySet("net.ipv4.ip_default_ttl", "77", out _)));
            net.Packets = [];
            net.EstablishActively();
            Assert.All(net.Packets, packet => Assert.Equal(77, packet[ipv6 ? 7 : 8]));
            net.Packets.Clear();
            net.Socket.SetOption(net.Now, ipv6 ? SocketOption.IPV6_UNICAST_HOPS : SocketOption.IP_TTL, 33);
            net.Write(10);
            Assert.Equal(33, Assert.Single(net.Packets)[ipv6 ? 7 : 8]);
        }
    }

    private static int TrafficClass(byte[] packet) => packet[0] >> 4 == 4 ? packet[1] : (packet[0] & 0xF) << 4 | packet[1] >> 4;
}

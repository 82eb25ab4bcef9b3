using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.9.2.1, RFC 791 §3.1: source routes. The routers are 10.0.0.11, 10.0.0.12 …, neighbours of the host.</summary>
public sealed class SourceRouteTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private const byte Loose = 0x83;
    private const byte Strict = 0x89;

    /// <summary>Through 11 and 12: the packet is addressed to the first, and the list ends with the peer. ICMP about it finds its way too.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-51")]
    public void The_user_gives_a_route_when_opening_actively(string profile)
    {
        Dialogue net = WithRouters(profile);
        byte[] route = [Loose, 11, 4, 10, 0, 0, 11, 10, 0, 0, 12, 0];
        net.EstablishActively(SynAck().Mss(1460), s => Assert.Equal(Errno.OK, s.SetIpOptions(route)));
        net.Write(4000);
        net.AdvanceMs(10);
        Assert.Equal(1460 - 12, net.Peer.Take()!.DataLength());
        Assert.True(net.Packets!.Count >= 4);
        Assert.All(net.Packets, packet => AssertRoute(packet, Loose, "10.0.0.11", "10.0.0.12", "10.0.0.2"));
        Assert.Equal(route, net.Socket.GetIpOptions());

        // A router on the way reports what came to it: the header it quotes has the peer in the list only.
        byte[] quoted = net.Packets[^1][..40];
        net.DeliverFrame(IcmpError(net, quoted));
        Assert.Equal(Errno.EHOSTUNREACH, net.Socket.TakeError());
    }

    [Fact]
    [Requirement("MUST-51")]
    public void What_is_no_route_is_refused()
    {
        Dialogue net = new();
        TcpSocket socket = net.NewSocket();
        Assert.Equal(Errno.OK, socket.SetIpOptions([Strict, 7, 4, 10, 0, 0, 11]));
        Assert.Equal(Errno.OK, socket.SetIpOptions([]));
        Assert.Empty(socket.GetIpOptions());
        foreach (byte[] wrong in new byte[][]
        {
            [Loose], [Loose, 3, 4], [Loose, 7, 8, 10, 0, 0, 11], [Loose, 6, 4, 10, 0, 0], [Loose, 7, 4, 10, 0, 0],
            [Loose, 7, 4, 10, 0, 0, 11, Loose, 7, 4, 10, 0, 0, 12], [7, 7, 4, 0, 0, 0, 0], new byte[41],
        })
        {
            Assert.Equal(Errno.EINVAL, socket.SetIpOptions(wrong));
        }
    }

    /// <summary>The peer's segments come along another route; the user's stays.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-52")]
    public void The_users_route_is_preferred_to_one_that_arrives(string profile)
    {
        Dialogue net = WithRouters(profile);
        net.Host.Sysctls.AcceptSourceRoute = true;
        net.Connect(options: s => s.SetIpOptions([Strict, 7, 4, 10, 0, 0, 11, 0]));
        net.Peer.Expect(Syn(Iss));
        net.PeersIpOptions = Completed(Loose, "10.0.0.13");
        net.Peer.Send(SynAck(Irs, First).Mss(1000));
        net.Peer.Send(Data(Next, First, 10));
        net.Write(10);
        net.AdvanceMs(1000);
        Assert.True(net.Packets!.Count >= 4);
        Assert.All(net.Packets, packet => AssertRoute(packet, Strict, "10.0.0.11", "10.0.0.2"));
    }

    /// <summary>The SYN came through 13, then 12: everything goes back through 12, then 13. Other profiles have accept_source_route off.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-53")]
    [Departs("MUST-53", "linux linux26 windows freebsd")]
    public void Who_opened_passively_goes_back_along_the_route(string profile)
    {
        Dialogue net = WithRouters(profile);
        net.Listen();
        net.PeersIpOptions = Completed(Loose, "10.0.0.13", "10.0.0.12");
        net.Peer.Send(Syn(Irs).Mss(1000));
        if (profile != "rfc9293")
        {
            net.Peer.ExpectNothing();
            Assert.True(net.Host.Sysctls.TrySet("net.ipv4.conf.all.accept_source_route", "1", out _));
            net.Peer.Send(Syn(Irs).Mss(1000));
        }

        Assert.NotNull(net.Peer.Take());
        net.Peer.Send(Ack(Next, First));
        net.Accept();
        net.PeersIpOptions = [];
        net.Peer.Send(Data(Next, First, 10));
        net.Write(10);
        net.Peer.Send(Fin(Next + 10, First));
        net.Socket.Close(net.Now);
        net.AdvanceMs(3000);
        Assert.True(net.Packets!.Count >= 3);
        Assert.All(net.Packets, packet => AssertRoute(packet, Loose, "10.0.0.12", "10.0.0.13", "10.0.0.2"));
    }

    [Theory, InProfiles]
    [Requirement("SHLD-24")]
    [Departs("SHLD-24", "linux linux26 windows freebsd")]
    public void A_later_route_takes_the_place_of_an_earlier(string profile)
    {
        Dialogue net = WithRouters(profile);
        bool wasOff = !net.Host.Sysctls.AcceptSourceRoute;
        net.Host.Sysctls.AcceptSourceRoute = true;
        net.Listen();
        net.PeersIpOptions = Completed(Loose, "10.0.0.13");
        net.Peer.Send(Syn(Irs).Mss(1000));
        net.PeersIpOptions = [];
        net.Peer.Expect(SynAck(Iss, Next));
        net.Peer.Send(Ack(Next, First));
        net.Accept();
        net.Host.Sysctls.AcceptSourceRoute = !wasOff;
        net.PeersIpOptions = Completed(Strict, "10.0.0.11");
        net.Peer.Send(Data(Next + 90_000, First, 10)); // not acceptable: it may be anybody's
        net.PeersIpOptions = [];
        net.Packets!.Clear();
        net.Write(10);
        AssertRoute(net.Packets[^1], Loose, "10.0.0.13", "10.0.0.2");
        net.PeersIpOptions = Completed(Strict, "10.0.0.11");
        net.Peer.Send(Data(Next, First + 10, 10));
        net.PeersIpOptions = [];
        net.Packets.Clear();
        net.Write(1200);
        if (profile == "rfc9293")
        {
            AssertRoute(net.Packets[^1], Strict, "10.0.0.11", "10.0.0.2");
        }
        else
        {
            AssertRoute(net.Packets[^1], Loose, "10.0.0.13", "10.0.0.2");
        }
    }

    /// <summary>A router on the route: the next address becomes the destination, its own takes the place in the list.</summary>
    [Fact]
    [Requirement("MUST-51", In = "rfc9293")]
    public void A_router_passes_on_along_the_route()
    {
        Dialogue net = new(profile: Profile.Rfc9293);
        net.Host.Sysctls.IpForward = true;
        byte[] frame = new byte[14 + 20 + 12 + 8];
        EthernetWriter.Write(frame, new MacAddress(0x0200_0000_0001), new MacAddress(0x0200_0000_0002), EtherType.Ipv4);
        Ipv4Writer.Write(frame.AsSpan(14), IpAddress.Parse("192.0.2.1"), net.HostAddress, (IpProtocol)253, 20);
        byte[] route = [Loose, 11, 4, 10, 0, 0, 2, 192, 0, 2, 9, 0];
        route.CopyTo(frame, 34);
        frame[14] = 0x48;
        frame.AsSpan(24, 2).Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(24), InternetChecksum.Compute(frame.AsSpan(14, 32)));
        net.DeliverFrame(frame);
        Assert.True(Ipv4View.TryParse(Assert.Single(net.OtherFrames).AsSpan(14), out Ipv4View on, out _));
        Assert.Equal(("10.0.0.2", 63), ($"{on.Destination}", on.Ttl));
        Assert.Equal([Loose, 11, 8, 10, 0, 0, 1, 192, 0, 2, 9, 0], on.OptionBytes.ToArray());

        net.Host.Sysctls.IpForward = false;
        net.DeliverFrame(frame);
        Assert.Single(net.OtherFrames);
    }

    /// <summary>A route that cannot be read is none (RFC 1122 §3.2.1.8).</summary>
    [Fact]
    public void Damaged_routes_are_passed_over()
    {
        foreach (byte[] options in new byte[][] { [Loose, 2, 0, 0], [Loose, 3, 4, 0], [Loose, 8, 4, 1, 1, 1, 1, 1], [Loose, 7, 5, 1, 1, 1, 1, 0], [Loose, 200, 4, 0] })
        {
            Dialogue net = new(profile: Profile.Rfc9293);
            net.PeersIpOptions = options;
            net.EstablishPassively();
            net.Peer.Send(Data(Next, First, 10));
            Assert.Equal(10, net.Read().Length);
        }
    }

    private static Dialogue WithRouters(string profile)
    {
        Dialogue net = Named.Dialogue(profile, settings: s => s.InitialWindowSegments = 10);
        net.Packets = [];
        for (byte i = 11; i <= 13; i++)
        {
            net.Host.AddNeighbour(net.Interface, IpAddress.FromV4(10, 0, 0, i), new MacAddress(0x0200_0000_0000ul + i));
        }

        return net;
    }

    /// <summary>A route at its end: what a packet has that went through these, in this order.</summary>
    private static byte[] Completed(byte kind, params string[] hops)
    {
        byte length = (byte)(3 + 4 * hops.Length);
        List<byte> bytes = [kind, length, (byte)(length + 1)];
        foreach (string hop in hops)
        {
            byte[] address = new byte[4];
            IpAddress.Parse(hop).WriteTo(address);
            bytes.AddRange(address);
        }

        bytes.Add(0);
        return [.. bytes];
    }

    /// <summary>The packet goes to the first address, and its option has the others, none of them visited yet.</summary>
    private static void AssertRoute(byte[] packet, byte kind, params string[] hops)
    {
        Assert.Equal(hops[0], $"{IpAddress.FromBytes(packet.AsSpan(16, 4))}");
        Assert.Equal(0, InternetChecksum.Compute(packet.AsSpan(0, (packet[0] & 0xF) * 4)));
        Assert.Equal([kind, (byte)(3 + 4 * (hops.Length - 1)), 4], packet[20..23]);
        for (int i = 1; i < hops.Length; i++)
        {
            Assert.Equal(hops[i], $"{IpAddress.FromBytes(packet.AsSpan(19 + 4 * i, 4))}");
        }
    }

    private static byte[] IcmpError(Dialogue net, byte[] quoted)
    {
        byte[] frame = new byte[14 + 20 + 8 + quoted.Length];
        EthernetWriter.Write(frame, new MacAddress(0x0200_0000_0001), new MacAddress(0x0200_0000_000B), EtherType.Ipv4);
        int length = IcmpWriter.WriteError(frame.AsSpan(34), IcmpType.DestinationUnreachable, 1, 0, quoted);
        Ipv4Writer.Write(frame.AsSpan(14), IpAddress.Parse("10.0.0.11"), net.HostAddress, IpProtocol.Icmp, length);
        return frame;
    }
}

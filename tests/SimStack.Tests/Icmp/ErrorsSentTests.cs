using SimStack.Ip;
using SimStack.Tests.Udp;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Icmp;

/// <summary>RFC 1122 §3.2.2, RFC 1812 §4.3.2, RFC 4443 §2.4: when an error is sent, what it quotes, and how many of them.</summary>
public sealed class ErrorsSentTests
{
    private static readonly IpAddress Far = IpAddress.Parse("192.0.2.7");
    private readonly DatagramBench _bench = new();

    public ErrorsSentTests()
    {
        _bench.Host.AddRoute(IpAddress.Parse("192.0.2.0"), 24, DatagramBench.Router, _bench.Eth);
        _bench.Host.AddRoute(IpAddress.Parse("2001:db8::"), 64, DatagramBench.Peer6, _bench.Eth);
    }

    [Theory]
    [InlineData("udp", true)]
    [InlineData("echo", true)]
    [InlineData("echo reply", true)]
    [InlineData("timestamp", true)]
    [InlineData("unreachable", false)]
    [InlineData("redirect", false)]
    [InlineData("time exceeded", false)]
    [InlineData("parameter problem", false)]
    [InlineData("unknown type", false)]
    [InlineData("first fragment", true)]
    [InlineData("later fragment", false)]
    [InlineData("to a group", false)]
    [InlineData("from a broadcast address", false)]
    [InlineData("from nowhere", false)]
    public void Rules_of_IPv4(string about, bool sent)
    {
        byte type = about switch
        {
            "unreachable" => 3,
            "redirect" => 5,
            "time exceeded" => 11,
            "parameter problem" => 12,
            "timestamp" => 13,
            "echo reply" => 0,
            "unknown type" => 200,
            _ => 8,
        };
        bool udp = about is "udp" or "to a group" or "from a broadcast address" or "from nowhere";
        IpAddress source = about switch
        {
            "from a broadcast address" => IpAddress.Parse("10.0.0.255"),
            "from nowhere" => IpAddress.AnyV4,
            _ => DatagramBench.Peer,
        };
        byte[] packet = new byte[40];
        Ipv4Writer.Write(
            packet, source, Far, udp ? IpProtocol.Udp : IpProtocol.Icmp, 20, fragmentOffset: about == "later fragment" ? 8 : 0,
            moreFragments: about == "first fragment", dontFragment: false);
        packet[20] = type;
        IpPacketInfo ip = new(source, Far, 0, 1, _bench.Eth, about == "to a group");
        _bench.Host.Ip.SendError(_bench.Now, ip, IcmpType.TimeExceeded, 0, 0, packet);
        Assert.Equal(sent ? 1 : 0, _bench.Sent().Count);
        Assert.Equal(sent ? 1 : 0, _bench[SnmpCounter.IcmpOutTimeExcds]);
    }

    [Theory]
    [InlineData("udp", 3, 0, true)]
    [InlineData("udp to a group", 3, 0, false)]
    [InlineData("udp to a group", 2, 0, true)]
    [InlineData("udp to a group", 4, 2, true)]
    [InlineData("udp to a group", 4, 1, false)]
    [InlineData("echo", 3, 0, true)]
    [InlineData("unreachable", 3, 0, false)]
    [InlineData("redirect", 3, 0, false)]
    [InlineData("from nowhere", 3, 0, false)]
    [InlineData("from a group", 3, 0, false)]
    public void Rules_of_IPv6(string about, byte type, byte code, bool sent)
    {
        IpAddress source = about switch
        {
            "from nowhere" => IpAddress.AnyV6,
            "from a group" => IpAddress.Parse("ff02::1"),
            _ => DatagramBench.Peer6,
        };
        IpAddress destination = IpAddress.Parse(about == "udp to a group" ? "ff02::1" : "2001:db8::1");
        byte[] packet = new byte[60];
        bool icmp = about is "echo" or "unreachable" or "redirect";
        Ipv6Writer.Write(packet, source, destination, icmp ? IpProtocol.IcmpV6 : IpProtocol.Udp, 20);
        packet[40] = about switch { "unreachable" => 1, "redirect" => 137, _ => 128 };
        IpPacketInfo ip = new(source, destination, 0, 1, _bench.Eth, about == "udp to a group");
        _bench.Host.Ip.SendErrorV6(_bench.Now, ip, (Icmpv6Type)type, code, 0, packet);
        Assert.Equal(sent ? 1 : 0, _bench.Sent().Count);
    }

    [Theory]
    [InlineData(28, 28)]
    [InlineData(548, 548)]
    [InlineData(1500, 548)]
    public void An_IPv4_error_is_at_most_576_bytes(int length, int quoted)
    {
        byte[] packet = new byte[length];
        Ipv4Writer.Write(packet, DatagramBench.Peer, Far, IpProtocol.Udp, length - 20, trafficClass: 0x28);
        IpPacketInfo info = new(DatagramBench.Peer, Far, 0x28, 1, _bench.Eth, false);
        _bench.Host.Ip.SendError(_bench.Now, info, IcmpType.DestinationUnreachable, 4, 1400, packet);
        Assert.True(Ipv4View.TryParse(_bench.SentOne(), out Ipv4View ip, out _));
        Assert.True(IcmpView.TryParse(ip.Payload, out IcmpView error, out _));
        Assert.Equal(packet[..quoted], error.Payload.ToArray());
        Assert.Equal((DatagramBench.Own, DatagramBench.Peer, (byte)0xC8, false), (ip.Source, ip.Destination, ip.TrafficClass, ip.DontFragment));
        Assert.Equal((byte)4, error.Code);
        Assert.Equal(1400, error.Mtu);
    }

    [Fact]
    public void An_IPv6_error_is_at_most_1280_bytes()
    {
        byte[] packet = new byte[1500];
        IpAddress destination = IpAddress.Parse("2001:db8::1");
        Ipv6Writer.Write(packet, DatagramBench.Peer6, destination, IpProtocol.Udp, 1460);
        IpPacketInfo info = new(DatagramBench.Peer6, destination, 0, 1, _bench.Eth, false);
        _bench.Host.Ip.SendErrorV6(_bench.Now, info, Icmpv6Type.PacketTooBig, 0, 1400, packet);
        byte[] sent = _bench.SentOne();
        Assert.Equal(1280, sent.Length);
        Assert.Equal(packet[..1232], sent[48..]);
        Assert.Equal(1, _bench[SnmpCounter.Icmp6OutPktTooBigs]);
    }

    [Fact]
    public void A_destination_gets_six_at_once_and_then_one_a_second()
    {
        Assert.Equal(6, Refused(_bench, 20));
        Assert.Equal(14, _bench[SnmpCounter.IcmpOutRateLimitHost]);
        _bench.Now += Duration.FromMilliseconds(999);
        Assert.Equal(0, Refused(_bench, 5));
        _bench.Now += Duration.FromMilliseconds(1);
        Assert.Equal(1, Refused(_bench, 5));
        _bench.Now += Duration.FromSeconds(100);
        Assert.Equal(6, Refused(_bench, 20));
    }

    [Fact]
    public void The_settings_change_the_limits()
    {
        _bench.Host.Sysctls.IcmpRateLimit = 0;
        Assert.Equal(50, Refused(_bench, 200)); // icmp_msgs_burst
        Assert.Equal(150, _bench[SnmpCounter.IcmpOutRateLimitGlobal]);
        _bench.Host.Sysctls.IcmpRateMask = 0;
        Assert.Equal(200, Refused(_bench, 200));
    }

    [Fact]
    public void All_destinations_together_get_a_thousand_a_second()
    {
        int sent = 0;
        for (int ms = 0; ms < 1000; ms++)
        {
            for (int i = 0; i < 5; i++)
            {
                _bench.Arrives(1, 9, [], source: IpAddress.FromV4(192, 0, 2, (byte)(1 + (((ms * 5) + i) % 250))));
            }

            sent += _bench.Sent().Count;
            _bench.Now += Duration.FromMilliseconds(1);
        }

        // Each of 250 destinations gets its six and no more within a second; before, all of them got 50 every 20 ms at the most.
        Assert.Equal(5000, sent + _bench[SnmpCounter.IcmpOutRateLimitGlobal] + _bench[SnmpCounter.IcmpOutRateLimitHost]);
        Assert.InRange(sent, 900, 1050);
        Assert.True(_bench[SnmpCounter.IcmpOutRateLimitGlobal] > 0);
    }

    [Fact]
    public void IPv6_has_limits_of_its_own()
    {
        int sent = 0;
        for (int i = 0; i < 50; i++)
        {
            _bench.Arrives(1, 9, [], DatagramBench.Own6);
            sent += _bench.Sent().Count;
        }

        Assert.Equal(6, sent);
        Assert.Equal(44, _bench[SnmpCounter.Icmp6OutRateLimitHost]);
        _bench.Now += Duration.FromMilliseconds(25); // 100 ms, a quarter of it within a /64
        _bench.Arrives(1, 9, [], DatagramBench.Own6);
        Assert.Single(_bench.Sent());
    }

    [Fact]
    public void Echo_can_be_switched_off()
    {
        byte[] echo = new byte[16];
        IcmpWriter.WriteEcho(echo, false, 1, 2, new byte[8]);
        _bench.ArrivesRaw(IpProtocol.Icmp, echo);
        Assert.Single(_bench.Sent());
        _bench.ArrivesRaw(IpProtocol.Icmp, echo, IpAddress.Parse("10.0.0.255"));
        Assert.Empty(_bench.Sent());
        _bench.Host.Sysctls.IcmpEchoIgnoreBroadcasts = false;
        _bench.ArrivesRaw(IpProtocol.Icmp, echo, IpAddress.Parse("10.0.0.255"));
        Assert.True(Ipv4View.TryParse(_bench.SentOne(), out Ipv4View answer, out _));
        Assert.Equal(DatagramBench.Own, answer.Source);
        Assert.True(_bench.Host.Sysctls.TrySet("net.ipv4.icmp_echo_ignore_all", "1", out _));
        _bench.ArrivesRaw(IpProtocol.Icmp, echo);
        Assert.Empty(_bench.Sent());
        Assert.Equal(4, _bench[SnmpCounter.IcmpInEchos]);
    }

    [Fact]
    public void An_unknown_protocol_is_reported()
    {
        _bench.ArrivesRaw((IpProtocol)200, new byte[8]);
        byte[] packet = _bench.SentOne();
        Assert.Equal((3, 2), (packet[20], packet[21]));
        _bench.ArrivesRaw((IpProtocol)200, new byte[8], DatagramBench.Own6);
        packet = _bench.SentOne();
        Assert.Equal((4, 1, 6), (packet[40], packet[41], packet[47]));
    }

    private static int Refused(DatagramBench bench, int count)
    {
        int sent = 0;
        for (int i = 0; i < count; i++)
        {
            bench.Arrives(1, 9, []);
            sent += bench.Sent().Count;
        }

        return sent;
    }
}

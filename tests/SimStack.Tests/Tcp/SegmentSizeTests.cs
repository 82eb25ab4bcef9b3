using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>The MSS option and the size of segments (RFC 9293 §3.7.1, RFC 6691), and options in general (§3.1).</summary>
public sealed class SegmentSizeTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>What the peer announces (0: nothing), whether timestamps are on, the data bytes of a full segment.</summary>
    [Theory]
    [Trait("RFC9293", "MUST-14")]
    [Trait("RFC9293", "MUST-15")]
    [Trait("RFC9293", "MUST-16")]
    [InlineData(false, 0, false, 536)]
    [InlineData(true, 0, false, 1220)]
    [InlineData(false, 0, true, 524)]
    [InlineData(false, 1000, false, 1000)]
    [InlineData(false, 1000, true, 988)]
    [InlineData(false, 9000, false, 1460)] // never more than the path takes
    [InlineData(true, 9000, false, 1440)]
    [InlineData(false, 65_535, true, 1448)]
    [InlineData(false, 1, false, 48)] // tcp_min_snd_mss
    [InlineData(false, 48, true, 36)]
    public void Segments_are_as_long_as_peer_and_path_allow(bool ipv6, int announced, bool timestamps, int length)
    {
        Dialogue net = new(ipv6);
        SegmentPattern syn = announced == 0 ? Syn() : Syn().Mss(announced);
        net.EstablishPassively(timestamps ? syn.Ts(1, 0) : syn);
        net.Socket.Send(net.Now, Bytes(First, 3000));
        net.Peer.Expect(Data(First, Next, length));
    }

    [Theory]
    [Trait("RFC9293", "SHLD-5")]
    [Trait("RFC9293", "SHLD-6")]
    [Trait("RFC9293", "MUST-67")]
    [InlineData(false, 0, 1460)]
    [InlineData(true, 0, 1440)]
    [InlineData(false, 700, 700)]
    [InlineData(true, 1400, 1400)]
    [InlineData(false, 20_000, 1460)]
    public void The_MSS_announced_follows_the_MTU_and_TCP_MAXSEG(bool ipv6, int option, int announced)
    {
        Dialogue net = new(ipv6);
        net.Connect(options: s => s.SetOption(net.Now, SocketOption.TCP_MAXSEG, option));
        net.Peer.Expect(Syn(Iss).Mss(announced));
        net.Peer.Send(SynAck(Irs, First).Mss(1460));
        net.Peer.Expect(Ack(First, Next).Mss(0)); // MUST-65: on SYNs only
        net.Socket.Send(net.Now, Bytes(First, 3000));
        net.Peer.Expect(Data(First, Next, announced).Mss(0));
    }

    [Fact]
    [Trait("RFC9293", "MUST-4")]
    public void A_Linux_SYN_has_its_options_in_Linuxs_order()
    {
        Dialogue net = new();
        net.Connect();
        net.Peer.Expect(Syn(Iss).Mss(1460).SackOk().Scale(10).Win(64_240).TsEcho(0));
        Assert.Equal("2 4 8 1 3", SynKinds());
        Assert.Equal("2 1 1 4 1 3", SynKinds(s => s.Timestamps = false));
        Assert.Equal("2 1 1 8 1 3", SynKinds(s => s.Sack = false));
        Assert.Equal("2 4 8", SynKinds(s => s.WindowScaling = false));
        Assert.Equal("2", SynKinds(s => s.WindowScaling = s.Sack = s.Timestamps = false));
    }

    [Theory]
    [Trait("RFC9293", "MUST-6")]
    [Trait("RFC9293", "MUST-68")]
    [InlineData("2 4 3 232 253 6 1 2 3 4 1 1", 1000)] // an unknown option of six bytes behind the MSS
    [InlineData("253 2 2 4 3 232 1 1", 1000)]
    [InlineData("99 6 0 0 0 0 2 4 3 232 0 0", 1000)]
    [InlineData("1 1 1 1 2 4 3 232", 1000)] // MUST-64: not on a word boundary as usual
    [InlineData("1 2 4 3 232 0 0 0", 1000)]
    [InlineData("2 4 3 232 0 9 9 9", 1000)] // behind the end of the list anything may stand
    [InlineData("2 3 3 0", 536)] // MSS of a wrong length
    [Trait("RFC9293", "MUST-5")]
    [Trait("RFC9293", "MUST-64")]
    public void Unknown_options_are_passed_over_by_their_length(string options, int mss)
    {
        Dialogue net = new();
        net.Listen();
        byte[] bytes = [.. options.Split(' ').Select(byte.Parse)];
        net.DeliverFrame(RawSyn(net, bytes));
        net.Peer.Expect(SynAck(Iss, Next));
        net.Peer.Send(Ack(Next, First));
        net.Accept();
        Assert.Equal(mss, net.Socket.Connection!.SendMss);
    }

    [Theory]
    [Trait("RFC9293", "MUST-7")]
    [InlineData("253 0 1 1")]
    [InlineData("253 1 1 1")]
    [InlineData("253 9 1 1")]
    [InlineData("1 1 1 2")]
    public void A_wrong_option_length_is_survived_and_counted(string options)
    {
        Dialogue net = new();
        net.Listen();
        net.DeliverFrame(RawSyn(net, [.. options.Split(' ').Select(byte.Parse)]));
        net.Peer.ExpectNothing();
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpInErrs]);
    }

    private static byte[] RawSyn(Dialogue net, byte[] options)
    {
        byte[] frame = new byte[34 + 20 + options.Length];
        EthernetWriter.Write(frame, new MacAddress(0x0200_0000_0001), new MacAddress(0x0200_0000_0002), EtherType.Ipv4);
        Ipv4Writer.Write(frame.AsSpan(14), net.PeerAddress, net.HostAddress, IpProtocol.Tcp, 20 + options.Length);
        TcpOptions none = default;
        Span<byte> tcp = frame.AsSpan(34);
        TcpWriter.Write(tcp, PeerPort, HostPort, new SequenceNumber(Irs), default, TcpFlags.Syn, 65_535, 0, none, TcpOptionLayout.Linux);
        tcp[12] = (byte)((20 + options.Length) / 4 << 4);
        options.CopyTo(tcp[20..]);
        TcpWriter.WriteChecksum(tcp, net.PeerAddress, net.HostAddress);
        return frame;
    }

    /// <summary>The kinds of the options of a SYN, in order.</summary>
    private static string SynKinds(Action<Sysctls>? settings = null)
    {
        FramePool pool = new();
        Host host = new(new HostOptions { Name = "host", Secret = 3, FramePool = pool });
        settings?.Invoke(host.Sysctls);
        SimStack.Ip.NetworkInterface eth = host.AddInterface("eth0", new MacAddress(1 << 25));
        host.AddAddress(eth, SimStack.Ip.IpAddress.FromV4(10, 0, 0, 1), 24);
        SimStack.Ip.IpAddress peer = SimStack.Ip.IpAddress.FromV4(10, 0, 0, 2);
        host.AddNeighbour(eth, peer, new MacAddress(2 << 25));
        host.OpenTcpSocket(AddressFamily.AF_INET).Connect(Instant.Zero, new SimStack.Ip.IpEndpoint(peer, 80));
        Assert.True(eth.TryDequeue(out Frame? frame));
        Assert.True(TcpView.TryParse(frame.Bytes[34..], out TcpView view, out _));
        List<int> kinds = [];
        for (int at = 0; at < view.OptionBytes.Length; at += view.OptionBytes[at] <= 1 ? 1 : view.OptionBytes[at + 1])
        {
            kinds.Add(view.OptionBytes[at]);
        }

        return string.Join(' ', kinds);
    }
}

using System.Buffers.Binary;
using SimNet.Links;
using SimNet.Observe;
using SimNet.Random;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Links;

/// <summary>What rules match on, and what they do.</summary>
public class FaultRuleTests
{
    private static readonly IpAddress Client = IpAddress.FromV4(10, 0, 0, 1);
    private static readonly IpAddress Server = IpAddress.FromV4(10, 0, 0, 2);
    private static readonly MacAddress ClientMac = new(0x0200_0000_0101);
    private static readonly MacAddress ServerMac = new(0x0200_0000_0201);

    private static readonly Dictionary<string, (FrameMatch Match, string Matching)> Matches = new()
    {
        ["kind tcp"] = (new() { Kinds = FrameKinds.Tcp }, "syn data fin v6"),
        ["kind udp"] = (new() { Kinds = FrameKinds.Udp }, "udp"),
        ["kind icmp"] = (new() { Kinds = FrameKinds.IcmpV4 }, "ping fragment"),
        ["kind ndp"] = (new() { Kinds = FrameKinds.Ndp }, "ndp"),
        ["kind icmpv6 without ndp"] = (new() { Kinds = FrameKinds.IcmpV6 }, ""),
        ["kind arp"] = (new() { Kinds = FrameKinds.Arp }, "arp"),
        ["set"] = (new() { FlagsSet = TcpFlags.Ack, FlagsClear = TcpFlags.Fin }, "data v6"),
        ["payload"] = (new() { HasPayload = true, Kinds = FrameKinds.Tcp | FrameKinds.Udp }, "data udp v6"),
        ["payload length"] = (new() { PayloadLength = new(5, 6), Kinds = FrameKinds.Tcp }, "data"),
        ["contains"] = (new() { PayloadContains = "ell"u8.ToArray() }, "data udp"),
        ["source"] = (new() { Source = Client }, "syn data fin udp ping fragment"),
        ["destination port"] = (new() { DestinationPort = 53 }, "udp"),
        ["absolute seq"] = (new() { AbsoluteSequence = new(1001, 1005) }, "data"),
        ["absolute seq wrapping"] = (new() { AbsoluteSequence = new(uint.MaxValue, 1000) }, "syn v6"),
        ["relative seq"] = (new() { Sequence = new(1, 5) }, "data v6"),
        ["relative seq 0"] = (new() { Sequence = NumberRange.Of(0) }, "syn"),
        ["relative ack"] = (new() { Acknowledgment = NumberRange.Of(1), Destination = Server }, "data fin"),
        ["icmp type"] = (new() { IcmpType = 8 }, "ping"),
        ["icmp type and code"] = (new() { IcmpType = 8, IcmpCode = 1 }, ""),
        ["ndp type"] = (new() { IcmpType = 135 }, "ndp"),
        ["ecn"] = (new() { Ecn = 2 }, "data"),
        ["dscp"] = (new() { Dscp = 46 }, "udp"),
        ["ttl"] = (new() { Ttl = new(0, 10) }, "ping fragment"),
        ["fragment"] = (new() { IsFragment = true }, "fragment"),
        ["no fragment"] = (new() { IsFragment = false, Kinds = FrameKinds.IcmpV4 }, "ping"),
        ["ip id"] = (new() { IpId = 77 }, "fragment"),
        ["before"] = (new() { Before = Duration.FromMilliseconds(2) }, "syn data"),
        ["after"] = (new() { After = Duration.FromMilliseconds(8) }, "v6"),
    };

    public static TheoryData<string> MatchNames() => [.. Matches.Keys];

    [Theory]
    [MemberData(nameof(MatchNames))]
    public void AMatchIsAboutItsFields(string name)
    {
        (FrameMatch match, string matching) = Matches[name];
        LinkFixture fixture = new(new LinkDirectionOptions());
        fixture.Direction.AddRule(new NthMatchRule(match, FaultAction.Drop));
        (string Name, byte[] Bytes)[] frames = Frames();
        for (int i = 0; i < frames.Length; i++)
        {
            byte[] bytes = frames[i].Bytes;
            fixture.Simulation.Loop.Post(new Instant(i * 1_000_000L), () => fixture.SendBytes(bytes));
        }

        fixture.Simulation.Run();
        Assert.Equal(matching, string.Join(' ', frames.Where((_, i) => fixture.Verdicts[i].Reason == DropReason.FaultRule).Select(f => f.Name)));
    }

    [Fact]
    public void RetransmissionsAreToldFromNewSegments()
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        NthMatchRule again = new(new FrameMatch { IsRetransmission = true }, FaultAction.Drop);
        fixture.Direction.AddRule(again);
        foreach (uint seq in new uint[] { 1, 11, 11, 21, 1, 31 })
        {
            fixture.SendBytes(Segment(seq, 1, TcpFlags.Ack, "0123456789"));
        }

        fixture.SendBytes(Segment(41, 1, TcpFlags.Ack, ""));
        fixture.SendBytes(Segment(11, 1, TcpFlags.Ack, ""));
        Assert.Equal([2, 4], Acted(fixture));
    }

    [Fact]
    public void EveryThirdAndOneInFour()
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        fixture.Direction.AddRule(new NthMatchRule(new FrameMatch(), FaultAction.Drop) { Every = 3 });
        for (int i = 0; i < 9; i++)
        {
            fixture.Send(i);
        }

        Assert.Equal([2, 5, 8], Acted(fixture));
        LinkFixture chance = new(new LinkDirectionOptions());
        chance.Direction.AddRule(new NthMatchRule(new FrameMatch(), FaultAction.Drop) { Chance = Probability.FromPercent(25), Random = new SimRandom(7) });
        for (int i = 0; i < 4000; i++)
        {
            chance.Send(i);
        }

        Assert.InRange(Acted(chance).Count, 860, 1140);
    }

    [Fact]
    public void TheFirstRuleThatActsDecides()
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        NthMatchRule second = new(new FrameMatch(), FaultAction.Duplicate());
        fixture.Direction.AddRule(new NthMatchRule(new FrameMatch(), FaultAction.Drop, 1));
        fixture.Direction.AddRule(second);
        fixture.Send(1);
        fixture.Send(2);
        Assert.Equal([DropReason.FaultRule, DropReason.None], fixture.Verdicts.Select(v => v.Reason));
        Assert.Equal(2, second.Applied);
    }

    [Fact]
    public void EditsMendTheChecksums()
    {
        FrameEdit edit = new()
        {
            Ecn = 3,
            Dscp = 10,
            Ttl = 3,
            Window = 777,
            Mss = 536,
            FlagsSet = TcpFlags.Psh,
            FlagsClear = TcpFlags.Ack,
            SequenceShift = -5,
            AcknowledgmentShift = 7,
            StrippedOptions = [TcpOptionKind.WindowScale],
        };
        foreach (bool v6 in new[] { false, true })
        {
            byte[] after = One(FaultAction.Edit(edit), Segment(1001, 2001, TcpFlags.Ack, "hello", options: true, v6: v6), out LinkVerdict verdict);
            Assert.Equal("changed by link", verdict.Comment);
            AssertChecksums(after);
            FrameSummary summary = new(default, LinkSide.AToB, 1, after);
            Assert.Equal((3, (10 << 2) | 3), (summary.Ttl, summary.TrafficClass));
            Assert.Equal((996u, 2008u, TcpFlags.Psh), (summary.Sequence.Value, summary.Acknowledgment.Value, summary.Flags));
            Assert.True(TcpView.TryParse(after.AsSpan(summary.TransportOffset), out TcpView tcp, out _));
            Assert.True(TcpOptions.TryParse(tcp.OptionBytes, out TcpOptions options));
            Assert.Equal((777, 536, -1), (tcp.Window, options.Mss, options.WindowScale));
            Assert.Equal("hello"u8.ToArray(), summary.Payload.ToArray());
        }
    }

    [Theory]
    [InlineData(true, 0)] // without a checksum: stays without
    [InlineData(false, 0)]
    [InlineData(false, 3)] // bytes behind the datagram, which its checksum leaves out
    public void EditsKeepAUdpDatagramAsItWas(bool none, int behind)
    {
        byte[] datagram = new byte[13];
        UdpWriter.Write(datagram, Client, Server, 7, 9, "hello"u8);
        if (none)
        {
            (datagram[6], datagram[7]) = (0, 0);
        }

        byte[] after = One(FaultAction.Edit(new FrameEdit { Ttl = 3 }), Ip(IpProtocol.Udp, [.. datagram, .. new byte[] { 1, 2, 3 }.AsSpan(0, behind)]), out _);
        Assert.Equal(datagram, after[34..47]);
        Assert.Equal(3, after[22]);
    }

    [Fact]
    public void EditsCanLeaveTheChecksumsWrong()
    {
        byte[] after = One(
            FaultAction.Edit(new FrameEdit { Flip = new BitFlip(FrameLayer.Payload, 1, 0x20), LeaveChecksums = true }),
            Segment(1, 1, TcpFlags.Ack, "hello"),
            out LinkVerdict verdict);
        Assert.Equal("corrupted by link", verdict.Comment);
        Assert.Equal("hEllo"u8.ToArray(), after[^5..]);
        Assert.False(TcpView.VerifyChecksum(Client, Server, after.AsSpan(34)));
    }

    [Fact]
    public void UnnoticedCorruptionHasRightChecksums()
    {
        byte[] before = Segment(1, 1, TcpFlags.Ack, "hello");
        byte[] after = One(FaultAction.CorruptUnnoticed, before, out _);
        Assert.Equal(1, Enumerable.Range(0, 5).Sum(i => System.Numerics.BitOperations.PopCount((uint)(before[before.Length - 5 + i] ^ after[after.Length - 5 + i]))));
        AssertChecksums(after);
    }

    [Fact]
    public void SwappedPacketsChangePlaces()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(1) });
        fixture.Direction.AddRule(new NthMatchRule(new FrameMatch(), FaultAction.Swap(Duration.FromMilliseconds(100)), 2, 3, 5));
        for (int i = 1; i <= 5; i++)
        {
            fixture.SendAt(i * 1_000_000L, i);
        }

        fixture.Simulation.Run();
        Assert.Equal([1, 3, 2, 4, 5], fixture.ArrivedNumbers);
        // The last one waits in vain.
        Assert.Equal([2_000_000, 4_000_000, 4_000_000, 5_000_000, 106_000_000], fixture.Arrivals.Select(a => a.At));
        Assert.Equal(0, fixture.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void CopiesCanBeSpaced()
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        fixture.Direction.AddRule(new NthMatchRule(new FrameMatch(), FaultAction.Duplicate(2, Duration.FromMilliseconds(3)), 1));
        fixture.Send(1);
        fixture.SendAt(4_000_000, 2);
        fixture.Simulation.Run();
        Assert.Equal([(0L, 1), (3_000_000L, 1), (4_000_000L, 2), (6_000_000L, 1)], fixture.Arrivals.Select(a => (a.At, LinkFixture.NumberOf(a.Bytes))));
        Assert.Equal(2, fixture.Direction.Counters.Copies);
    }

    [Fact]
    public void AFullQueueMarksWhatCanBeMarked()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Rate = new DataRate(1_000_000), QueueMarkAbove = 1, QueuePackets = 3 });
        byte[] capable = Segment(1, 1, TcpFlags.Ack, "hello", trafficClass: 2);
        byte[] capable6 = Segment(1, 1, TcpFlags.Ack, "hello", trafficClass: 1, v6: true);
        foreach (byte[] frame in new[] { capable, capable, capable6, capable })
        {
            fixture.SendBytes(frame);
        }

        fixture.Simulation.Run();
        Assert.Equal([null, "marked CE by link", "marked CE by link", "dropped by link: queue full"], fixture.Verdicts.Select(v => v.Comment));
        Assert.Equal([2, 3, 3], fixture.Arrivals.Select(a => TrafficClass(a.Bytes) & 3));
        Assert.All(fixture.Arrivals, a => AssertChecksums(a.Bytes));
        Assert.Equal(2, fixture.Direction.Counters.Marked);
    }

    internal static (string Name, byte[] Bytes)[] Frames()
    {
        byte[] arp = new byte[42];
        ArpFill(arp);
        byte[] udp = new byte[8 + 5];
        UdpWriter.Write(udp, Client, Server, 4000, 53, "hello"u8);
        byte[] ping = new byte[8 + 4];
        IcmpWriter.WriteEcho(ping, reply: false, 1, 2, "abcd"u8);
        byte[] ndp = new byte[32];
        IpAddress v6 = IpAddress.Parse("2001:db8::1");
        Icmpv6Writer.WriteSolicitation(ndp, v6, v6, v6, ClientMac);
        return
        [
            ("syn", Segment(1000, 0, TcpFlags.Syn, "")),
            ("data", Segment(1001, 501, TcpFlags.Ack, "hello", trafficClass: 2)),
            ("fin", Segment(1006, 501, TcpFlags.Ack | TcpFlags.Fin, "")),
            ("udp", Ip(IpProtocol.Udp, udp, trafficClass: 46 << 2)),
            ("ping", Ip(IpProtocol.Icmp, ping, ttl: 5)),
            ("fragment", Ip(IpProtocol.Icmp, ping, ttl: 5, moreFragments: true, id: 77)),
            ("arp", arp),
            ("ndp", Ip6(IpProtocol.IcmpV6, ndp, v6, v6, 0)),
            ("v6", Segment(0, 1, TcpFlags.Ack, "world!!", v6: true)),
        ];
    }

    internal static byte[] Segment(uint seq, uint ack, TcpFlags flags, string text, int trafficClass = 0, bool options = false, bool v6 = false)
    {
        byte[] data = System.Text.Encoding.ASCII.GetBytes(text);
        byte[] segment = new byte[60 + data.Length];
        TcpOptions some = options ? new TcpOptions { Mss = 1460, WindowScale = 7 } : default;
        int header = TcpWriter.Write(segment, 40000, 80, new SequenceNumber(seq), new SequenceNumber(ack), flags, 1000, 0, some, TcpOptionLayout.Linux);
        data.CopyTo(segment.AsSpan(header));
        Span<byte> whole = segment.AsSpan(0, header + data.Length);
        (IpAddress source, IpAddress destination) = v6 ? (IpAddress.Parse("2001:db8::1"), IpAddress.Parse("2001:db8::2")) : (Client, Server);
        TcpWriter.WriteChecksum(whole, source, destination);
        return v6 ? Ip6(IpProtocol.Tcp, whole, source, destination, trafficClass) : Ip(IpProtocol.Tcp, whole, trafficClass: trafficClass);
    }

    /// <summary>Judged by the stack's own reader, whose verdicts the captures' tests hold against Wireshark's.</summary>
    internal static void AssertChecksums(byte[] frame)
    {
        FrameSummary summary = new(default, LinkSide.AToB, 1, frame);
        Assert.True(summary.IsIp, "the IP header's checksum is wrong");
        ReadOnlySpan<byte> transport = frame.AsSpan(summary.TransportOffset);
        ulong pseudo = summary.Protocol == IpProtocol.Icmp
            ? 0
            : InternetChecksum.PseudoHeader(summary.Source, summary.Destination, summary.Protocol, transport.Length);
        Assert.Equal(0, InternetChecksum.Fold(InternetChecksum.Sum(transport, pseudo)));
    }

    private static byte[] One(FaultAction action, byte[] frame, out LinkVerdict verdict)
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        fixture.Direction.AddRule(new NthMatchRule(new FrameMatch(), action));
        fixture.SendBytes(frame);
        fixture.Simulation.Run();
        verdict = Assert.Single(fixture.Verdicts);
        return Assert.Single(fixture.Arrivals).Bytes;
    }

    private static List<int> Acted(LinkFixture fixture) =>
        [.. fixture.Verdicts.Select((v, i) => v.Reason == DropReason.FaultRule ? i : -1).Where(i => i >= 0)];

    private static int TrafficClass(byte[] frame) => new FrameSummary(default, LinkSide.AToB, 1, frame).TrafficClass;

    private static byte[] Ip(
        IpProtocol protocol, ReadOnlySpan<byte> payload, int trafficClass = 0, byte ttl = 64, bool moreFragments = false, ushort id = 0)
    {
        byte[] frame = new byte[14 + 20 + payload.Length];
        EthernetWriter.Write(frame, ServerMac, ClientMac, EtherType.Ipv4);
        Ipv4Writer.Write(
            frame.AsSpan(14), Client, Server, protocol, payload.Length, ttl, (byte)trafficClass, id, dontFragment: false, 0, moreFragments);
        payload.CopyTo(frame.AsSpan(34));
        return frame;
    }

    private static byte[] Ip6(IpProtocol protocol, ReadOnlySpan<byte> payload, IpAddress source, IpAddress destination, int trafficClass)
    {
        byte[] frame = new byte[14 + 40 + payload.Length];
        EthernetWriter.Write(frame, ServerMac, ClientMac, EtherType.Ipv6);
        Ipv6Writer.Write(frame.AsSpan(14), source, destination, protocol, payload.Length, 255, (byte)trafficClass);
        payload.CopyTo(frame.AsSpan(54));
        return frame;
    }

    private static void ArpFill(byte[] frame)
    {
        EthernetWriter.Write(frame, MacAddress.Broadcast, ClientMac, EtherType.Arp);
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(14), 0x0001_0800_0604_0001);
    }
}

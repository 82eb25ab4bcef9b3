using SimNet.Links;
using SimNet.Observe;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Links;

/// <summary>Packets that rules make.</summary>
public class InjectionTests
{
    private static readonly IpAddress Router = IpAddress.FromV4(10, 0, 0, 254);

    [Fact]
    public void ASegmentCountsFromTheMatchedOne()
    {
        LinkFixture fixture = Fixture(FaultAction.Inject(
            new InjectedPacket { Flags = TcpFlags.Rst, Sequence = 1000, Before = true },
            new InjectedPacket { Flags = TcpFlags.Rst | TcpFlags.Ack, Sequence = -1, Acknowledgment = 2, CopyOptions = true, Window = 5 },
            new InjectedPacket { Flags = TcpFlags.Ack, Payload = "late"u8.ToArray(), Delay = Duration.FromMilliseconds(4) }));
        List<PacketEvent> seen = [];
        fixture.Direction.Packets.Subscribe(seen.Add);
        fixture.SendBytes(FaultRuleTests.Segment(1001, 501, TcpFlags.Ack, "hello", options: true));
        fixture.Simulation.Run();
        Assert.Equal(
            ["1000000 2001>0 Rst 0 w1000 o0", "1000000 1001>501 Ack 5 w1000 o8", "1000000 1000>503 Rst, Ack 0 w5 o8", "5000000 1001>501 Ack 4 w1000 o0"],
            fixture.Arrivals.Select(a => $"{a.At} {Text(a.Bytes)}"));
        Assert.All(fixture.Arrivals, a => FaultRuleTests.AssertChecksums(a.Bytes));
        Assert.All(fixture.Arrivals, a => Assert.Equal(fixture.Arrivals[1].Bytes[..12], a.Bytes[..12]));
        // Both ends of the link know what was made up.
        Assert.Equal(3, seen.Count(p => p is { Fate: PacketFate.Queued, Effects: LinkEffects.Injected }));
        Assert.Equal(3, seen.Count(p => p is { Fate: PacketFate.Delivered, Effects: LinkEffects.Injected }));
        Assert.Single(fixture.Verdicts);
        Assert.Equal((3L, 0L), (fixture.Direction.Counters.Injected, fixture.Direction.Counters.NotInjected));
        Assert.Equal(0, fixture.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void BackwardASegmentIsFromTheOtherSide()
    {
        LinkFixture fixture = Fixture(FaultAction.Replace(new InjectedPacket { Flags = TcpFlags.Rst | TcpFlags.Ack, Backward = true }));
        List<PacketEvent> back = [];
        fixture.Link.BToA.Packets.Subscribe(back.Add);
        fixture.SendBytes(FaultRuleTests.Segment(1001, 501, TcpFlags.Ack | TcpFlags.Fin, "hello"));
        fixture.Simulation.Run();
        Assert.Empty(fixture.Arrivals);
        Assert.Equal("dropped by link: fault rule", fixture.Verdicts[0].Comment);
        byte[] bytes = back.Last().Bytes.ToArray();
        // RFC 9293 §3.5.2, group 2: acknowledged is all of the segment, its FIN too.
        Assert.Equal("501>1007 Rst, Ack 0 w1000 o0", Text(bytes));
        FrameSummary summary = new(default, LinkSide.BToA, 1, bytes);
        Assert.Equal((80, 40000), (summary.SourcePort, summary.DestinationPort));
        FaultRuleTests.AssertChecksums(bytes);
        Assert.Equal(PacketFate.Delivered, back.Last().Fate);
    }

    [Theory]
    [InlineData(NumberOrigin.Connection, 5u, 1005u, 503u)]
    [InlineData(NumberOrigin.Wire, 77u, 77u, 3u)]
    public void NumbersCanCountFromElsewhere(NumberOrigin origin, long sequence, uint expected, uint expectedAck)
    {
        LinkFixture fixture = Fixture(
            FaultAction.Inject(new InjectedPacket
            {
                Flags = TcpFlags.Ack,
                Sequence = sequence,
                SequenceOrigin = origin,
                Acknowledgment = 3,
                AcknowledgmentOrigin = origin,
            }),
            new FrameMatch { HasPayload = true });
        fixture.SendBytes(FaultRuleTests.Segment(1000, 0, TcpFlags.Syn, ""));
        fixture.SendBytes(FaultRuleTests.Segment(1001, 501, TcpFlags.Ack, "hello"));
        fixture.Simulation.Run();
        FrameSummary made = new(default, LinkSide.AToB, 1, fixture.Arrivals[2].Bytes);
        Assert.Equal((expected, expectedAck), (made.Sequence.Value, made.Acknowledgment.Value));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnIcmpErrorQuotesThePacket(bool v6)
    {
        LinkFixture fixture = Fixture(FaultAction.Inject(new InjectedPacket
        {
            Kind = InjectedKind.Icmp,
            Backward = true,
            IcmpType = v6 ? (byte)1 : (byte)3,
            IcmpCode = 1,
            IcmpRest = 9,
            QuoteSequenceShift = 100_000,
            Source = v6 ? IpAddress.Parse("2001:db8::fe") : Router,
        }));
        List<PacketEvent> back = [];
        fixture.Link.BToA.Packets.Subscribe(back.Add);
        byte[] sent = FaultRuleTests.Segment(1001, 501, TcpFlags.Ack, "hello", v6: v6);
        fixture.SendBytes(sent);
        fixture.Simulation.Run();
        byte[] bytes = back.Last().Bytes.ToArray();
        FrameSummary summary = new(default, LinkSide.BToA, 1, bytes);
        FaultRuleTests.AssertChecksums(bytes);
        Assert.Equal((v6 ? 1 : 3, 1), (summary.IcmpType, summary.IcmpCode));
        byte[] quote = summary.Payload.ToArray();
        int seq = (v6 ? 40 : 20) + 4;
        Assert.Equal(101_001u, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(quote.AsSpan(seq)));
        Assert.Equal(sent[14..][..seq], quote[..seq]);
        Assert.Equal(sent[14..][(seq + 4)..(seq + 12)], quote[(seq + 4)..(seq + 12)]);
        Assert.Equal(sent[14..][(seq + 14)..], quote[(seq + 14)..]);
        // What is quoted could have been sent: its checksum goes with its number.
        FaultRuleTests.AssertChecksums([.. sent[..14], .. quote]);
    }

    [Fact]
    public void UdpRawBytesAndWrongChecksums()
    {
        byte[] raw = FaultRuleTests.Segment(5, 5, TcpFlags.Syn, "");
        LinkFixture fixture = Fixture(FaultAction.Replace(
            new InjectedPacket { Kind = InjectedKind.Udp, Payload = "x"u8.ToArray(), SourcePort = 7, BadChecksum = true },
            new InjectedPacket { Kind = InjectedKind.Packet, Payload = raw.AsMemory(14) },
            new InjectedPacket { Kind = InjectedKind.Frame, Payload = raw }));
        fixture.SendBytes(FaultRuleTests.Segment(1001, 501, TcpFlags.Ack, "hello"));
        fixture.Simulation.Run();
        FrameSummary udp = new(default, LinkSide.AToB, 1, fixture.Arrivals[0].Bytes);
        Assert.Equal((7, 80, 1), (udp.SourcePort, udp.DestinationPort, udp.PayloadLength));
        Assert.Throws<Xunit.Sdk.EqualException>(() => FaultRuleTests.AssertChecksums(fixture.Arrivals[0].Bytes));
        Assert.Equal(raw, fixture.Arrivals[1].Bytes);
        Assert.Equal(raw, fixture.Arrivals[2].Bytes);
    }

    [Fact]
    public void AtATimeTheLastMatchCounts()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(1) });
        InjectionRule rule = new(new FrameMatch { Kinds = FrameKinds.Tcp }, new InjectedPacket { Flags = TcpFlags.Rst });
        fixture.Direction.AddRule(rule);
        rule.Fire(fixture.Direction);
        Assert.Equal(1, fixture.Direction.Counters.NotInjected);
        fixture.SendBytes(FaultRuleTests.Segment(1, 1, TcpFlags.Ack, "hello"));
        fixture.SendBytes(FaultRuleTests.Segment(6, 1, TcpFlags.Ack, "hello"));
        fixture.Simulation.Loop.Post(new Instant(9_000_000), () => rule.Fire(fixture.Direction));
        fixture.Simulation.Run();
        Assert.Equal("6>0 Rst 0 w1000 o0", Text(fixture.Arrivals[2].Bytes));
        Assert.Equal(10_000_000, fixture.Arrivals[2].At);
    }

    [Fact]
    public void ALinkThatIsDownCarriesNoForgedPacketsEither()
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        fixture.Link.SetUp(false);
        fixture.Direction.Inject(new InjectedPacket { Kind = InjectedKind.Frame, Payload = new byte[60] }, default);
        fixture.Simulation.Run();
        Assert.Empty(fixture.Arrivals);
        Assert.Equal(1, fixture.Direction.Counters.NotInjected);
    }

    private static LinkFixture Fixture(FaultAction action, FrameMatch? match = null)
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(1) });
        fixture.Direction.AddRule(new NthMatchRule(match ?? new FrameMatch(), action));
        return fixture;
    }

    private static string Text(byte[] frame)
    {
        FrameSummary s = new(default, LinkSide.AToB, 1, frame);
        Assert.True(TcpView.TryParse(frame.AsSpan(s.TransportOffset), out TcpView tcp, out _));
        return $"{s.Sequence}>{s.Acknowledgment} {s.Flags} {s.PayloadLength} w{tcp.Window} o{tcp.OptionBytes.Length}";
    }
}

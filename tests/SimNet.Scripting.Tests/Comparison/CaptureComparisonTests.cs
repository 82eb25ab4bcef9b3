using System.Globalization;
using SimNet.Capture;
using SimNet.Scripting.Comparison;
using SimStack.Wire;
using Xunit;

namespace SimNet.Scripting.Tests.Comparison;

/// <summary>What counts as a difference between two captures, and what does not.</summary>
public sealed class CaptureComparisonTests
{
    private static readonly TcpFlags PushAck = TcpFlags.Psh | TcpFlags.Ack;

    /// <summary>A handshake, a request with one retransmission and SACK, an answer, and the close.</summary>
    private static readonly SamplePacket[] Conversation =
    [
        C(0, TcpFlags.Syn, 0, 0, options: SamplePacket.SynOptions(), window: 64240),
        S(10, TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SamplePacket.SynOptions(), window: 65160),
        C(10, TcpFlags.Ack, 1, 1, window: 63),
        C(10, PushAck, 1, 1, 500),
        C(10, PushAck, 501, 1, 500),
        S(20, TcpFlags.Ack, 1, 1, options: [.. SamplePacket.Timestamps(), 1, 1, 5, 10, .. Block(501, 1001)]),
        C(230, PushAck, 1, 1, 500),
        S(240, TcpFlags.Ack, 1, 1001),
        S(300, PushAck, 1, 1001, 20),
        C(300, TcpFlags.Ack, 1001, 21),
        C(400, TcpFlags.Fin | TcpFlags.Ack, 1001, 21),
        S(410, TcpFlags.Fin | TcpFlags.Ack, 21, 1002),
        C(410, TcpFlags.Ack, 1002, 22),
    ];

    /// <summary>Which packet is changed, how, and the field that must be named.</summary>
    private static readonly Dictionary<string, (int Index, Func<SamplePacket, SamplePacket> Change, string Field)> Mutations = new()
    {
        ["a flag less"] = (11, p => p with { Flags = TcpFlags.Ack }, "flags"),
        ["a flag more"] = (9, p => p with { Flags = TcpFlags.Ack | TcpFlags.Rst }, "flags"),
        ["psh"] = (3, p => p with { Flags = TcpFlags.Ack }, "psh"),
        ["ece"] = (7, p => p with { Flags = TcpFlags.Ack | TcpFlags.Ece }, "ecn"),
        ["a mark"] = (7, p => p with { TrafficClass = 3 }, "ecn"),
        ["dscp"] = (7, p => p with { TrafficClass = 0x10 }, "dscp"),
        ["a sequence number"] = (8, p => p with { Seq = 2 }, "seq"),
        ["a lower sequence number"] = (10, p => p with { Seq = 1000 }, "seq"),
        ["an acknowledgement"] = (7, p => p with { Ack = 1000 }, "ack"),
        ["a length"] = (8, p => p with { Length = 19 }, "length"),
        ["the order of options"] = (1, p => p with { Options = [4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 2, 4, 5, 0xB4, 1, 3, 3, 7] }, "options"),
        ["an option's value"] = (0, p => p with { Options = [.. SamplePacket.SynOptions()[..19], 8] }, "options"),
        ["no timestamps"] = (9, p => p with { Options = [] }, "options"),
        ["a sack block"] = (5, p => p with { Options = [.. SamplePacket.Timestamps(), 1, 1, 5, 10, .. Block(501, 1000)] }, "options"),
        ["an option that is cut"] = (9, p => p with { Options = [1, 8, 10, 0] }, "options"),
        ["a window in the handshake"] = (2, p => p with { Window = 64 }, "window"),
        ["the window of the SYN"] = (0, p => p with { Window = 64000 }, "window"),
        ["ttl"] = (4, p => p with { Ttl = 63 }, "ttl"),
        ["df"] = (4, p => p with { DontFragment = false }, "df"),
        ["ip version"] = (4, p => p with { V6 = true }, "packet"),
        ["later by 6 ms"] = (8, p => p with { Milliseconds = 306 }, "time"),
        ["earlier by 10 ms"] = (10, p => p with { Milliseconds = 390 }, "time"),
        ["a late retransmission"] = (6, p => p with { Milliseconds = 238 }, "time"),
    };

    public static TheoryData<string> MutationNames => [.. Mutations.Keys];

    [Fact]
    public void AddressesPortsInitialNumbersTimestampsAndLaterWindowsMakeNoDifference()
    {
        IEnumerable<SamplePacket> other = Conversation.Select((p, i) => p with
        {
            ClientPort = 51234,
            ServerPort = 8000,
            ClientIss = 5,
            ServerIss = 4_294_967_290,
            Milliseconds = p.Milliseconds + (i * 0.3),
            Window = i < 3 ? p.Window : p.Window + i,
            Options = i == 5 ? [.. SamplePacket.Timestamps(9), 1, 1, 5, 10, .. Block(501, 1001, 5)]
                : i < 2 ? SamplePacket.SynOptions(9) : SamplePacket.Timestamps(9),
            Id = (ushort)i,
        });
        AssertAlike(Conversation, other, network: 66);
    }

    [Theory]
    [MemberData(nameof(MutationNames))]
    public void EachMutationIsFoundAndNamed(string name)
    {
        (int index, Func<SamplePacket, SamplePacket> change, string field) = Mutations[name];
        SamplePacket[] mutated = [.. Conversation];
        mutated[index] = change(mutated[index]);
        foreach (bool swap in (bool[])[false, true])
        {
            ComparisonResult result = swap ? Compare(mutated, Conversation) : Compare(Conversation, mutated);
            CaptureDifference first = result.Differences[0];
            Assert.Equal(field, ComparisonFields.Name(first.Field));
            Assert.Equal("TCP connection 1", first.Conversation);
            if (field != "packet" && field != "time")
            {
                Assert.Equal(index + 1, first.A!.Frame);
                Assert.Equal(index + 1, first.B!.Frame);
                Assert.Equal((1, 1), (result.DifferenceCount, result.DifferingConversations));
                ComparisonFields.TryParse(field, out ComparisonFields ignored, out _);
                AssertAlike(Conversation, mutated, options: new() { Fields = ComparisonFields.Default.Except(ignored) });
            }
        }
    }

    [Fact]
    public void EveryPacketThatIsMissingIsNamedOnceOnEitherSide()
    {
        for (int i = 0; i < Conversation.Length; i++)
        {
            SamplePacket[] without = [.. Conversation.Where((_, n) => n != i)];
            ComparisonResult result = Compare(Conversation, without);
            if (i == 0)
            {
                Assert.False(result.AreAlike);
                continue;
            }

            CaptureDifference missing = Assert.Single(result.Differences, d => d.Field == ComparisonField.Packet);
            Assert.Equal(i + 1, missing.A!.Frame);
            Assert.Null(missing.B);
            Assert.All(result.Differences, d => Assert.True(d.Field is ComparisonField.Packet or ComparisonField.Time, $"{i}: {d}"));
            CaptureDifference extra = Assert.Single(Compare(without, Conversation).Differences, d => d.Field == ComparisonField.Packet);
            Assert.Equal(i + 1, extra.B!.Frame);
        }
    }

    [Fact]
    public void WindowsAreComparedThroughoutWhenAsked()
    {
        SamplePacket[] mutated = [.. Conversation];
        mutated[9] = mutated[9] with { Window = 65 };
        AssertAlike(Conversation, mutated);
        CaptureDifference found = Assert.Single(Compare(Conversation, mutated, new() { AllWindows = true }).Differences);
        Assert.Equal((ComparisonField.Window, "64 and 65"), (found.Field, found.Text));
    }

    [Fact]
    public void TheUrgentPointerCountsOnlyWithUrg()
    {
        SamplePacket[] urgent = [.. Conversation];
        urgent[8] = urgent[8] with { Flags = PushAck | TcpFlags.Urg, Urgent = 5 };
        SamplePacket[] other = [.. urgent];
        other[8] = other[8] with { Urgent = 6 };
        Assert.Equal(ComparisonField.Urgent, Assert.Single(Compare(urgent, other).Differences).Field);
        other = [.. Conversation];
        other[8] = other[8] with { Urgent = 6 };
        AssertAlike(Conversation, other);
    }

    [Fact]
    public void PacketsOfOppositeDirectionsMayCrossWithinTheToleranceButNotBeyond()
    {
        SamplePacket[] Crossing(double client, double server) =>
            [.. Conversation[..8], .. new[] { S(server, PushAck, 1, 1001, 20), C(client, PushAck, 1001, 1, 30) }.OrderBy(p => p.Milliseconds)];
        AssertAlike(Crossing(300, 302), Crossing(302, 300));
        Assert.False(Compare(Crossing(300, 304), Crossing(304, 300)).AreAlike);
        Assert.False(Compare(Crossing(300, 320), Crossing(320, 300)).AreAlike);
    }

    [Fact]
    public void LateTimersDoNotAddUp()
    {
        // Ten keep-alives a second apart, each up to 2.4 % late, and what the program does at a time of its own in between.
        SamplePacket[] Probes(double interval) =>
        [
            .. Conversation[..3],
            .. Enumerable.Range(1, 10).SelectMany(i => new[]
            {
                C(10 + (i * interval), TcpFlags.Ack, 0, 1), S(20 + (i * interval), TcpFlags.Ack, 1, 1),
            }).Append(S(7650, PushAck, 1, 1, 10)).OrderBy(p => p.Milliseconds),
        ];
        AssertAlike(Probes(1000), Probes(1024));
        Assert.False(Compare(Probes(1000), Probes(1040)).AreAlike);
        SamplePacket[] lateAnswer = [.. Probes(1000)];
        lateAnswer[4] = lateAnswer[4] with { Milliseconds = lateAnswer[4].Milliseconds + 20 };
        Assert.Equal(ComparisonField.Time, Compare(Probes(1000), lateAnswer).Differences[0].Field);
    }

    [Fact]
    public void ReusedPortsMakeSeparateConnections()
    {
        SamplePacket[] Twice(int secondPort, uint secondIss) =>
        [
            .. Conversation,
            .. Conversation.Select(p => p with { Milliseconds = p.Milliseconds + 1000, ClientPort = secondPort, ClientIss = secondIss, Options = p.FromClient ? p.Options : Shifted(p, secondIss) }),
        ];
        AssertAlike(Twice(40000, 100_000), Twice(40001, 700_000));
        Assert.Equal(2, SamplePacket.Capture(Twice(40000, 100_000)).ConversationCount);
        // A SYN that is sent again is no new connection.
        Assert.Equal(1, SamplePacket.Capture([Conversation[0], .. Conversation]).ConversationCount);
    }

    [Fact]
    public void AMissingConversationIsNamed()
    {
        IEnumerable<SamplePacket> second = Conversation.Select(p => p with { Milliseconds = p.Milliseconds + 1000, ClientPort = 40001 });
        CaptureDifference found = Assert.Single(Compare([.. Conversation, .. second], Conversation).Differences);
        Assert.Equal((ComparisonField.Conversation, "TCP connection 2"), (found.Field, found.Conversation));
        found = Assert.Single(Compare(Conversation, [.. Conversation, .. second]).Differences);
        Assert.Equal((ComparisonField.Conversation, "TCP connection 2"), (found.Field, found.Conversation));
    }

    [Fact]
    public void WhenAConversationBeginsIsCompared()
    {
        IEnumerable<SamplePacket> Second(double at) => Conversation.Select(p => p with { Milliseconds = p.Milliseconds + at, ClientPort = 40001 });
        AssertAlike([.. Conversation, .. Second(1000)], [.. Conversation, .. Second(1029)]);
        CaptureDifference found = Assert.Single(Compare([.. Conversation, .. Second(1000)], [.. Conversation, .. Second(1040)]).Differences);
        Assert.Equal(ComparisonField.Start, found.Field);
    }

    [Theory]
    [InlineData(CaptureLinkType.LinuxCooked)]
    [InlineData(CaptureLinkType.LinuxCooked2)]
    [InlineData(CaptureLinkType.RawIp)]
    [InlineData(CaptureLinkType.Null)]
    public void OtherLinkTypesAndCutFramesAreRead(CaptureLinkType linkType)
    {
        CaptureContent other = SamplePacket.Read(SamplePacket.File(Conversation, snapLength: 120, linkType: linkType));
        ComparisonResult result = CaptureComparison.Compare(SamplePacket.Capture(Conversation), other);
        Assert.True(result.AreAlike, Text(result));
        Assert.Equal(Conversation.Length, result.PacketsCompared);
    }

    [Fact]
    public void IcmpErrorsStandInTheConversationTheyAreAbout()
    {
        var question = new SamplePacket { Udp = true, FromClient = true, Length = 7 };
        SamplePacket Answer(byte type, byte code, int quoted, byte mtu = 0) => new()
        {
            Milliseconds = 10,
            Icmp = [type, code, 0, 0, 0, 0, 0, mtu, .. SamplePacket.File([question])[(24 + 16 + 14)..][..quoted]],
        };
        AssertAlike([question, Answer(3, 3, 35)], [question with { Length = 7, Id = 9 }, Answer(3, 3, 35)], network: 0);
        AssertDiffers(ComparisonField.Icmp, [question, Answer(3, 3, 35)], [question, Answer(3, 1, 35)]);
        AssertDiffers(ComparisonField.Quote, [question, Answer(3, 3, 35)], [question, Answer(3, 3, 28)]);
        AssertDiffers(ComparisonField.Mtu, [question, Answer(3, 4, 35, 200)], [question, Answer(3, 4, 35, 201)]);
        AssertDiffers(ComparisonField.Time, [question, Answer(3, 3, 35)], [question, Answer(3, 3, 35) with { Milliseconds = 30 }]);
    }

    [Fact]
    public void PingsAreMatchedByOrderAndNumberedFromTheirFirst()
    {
        SamplePacket Echo(double at, bool request, byte id, byte seq) => new()
        {
            Milliseconds = at,
            FromClient = request,
            Icmp = [(byte)(request ? 8 : 0), 0, 0, 0, 0, id, 0, seq, 1, 2, 3],
        };
        AssertAlike([Echo(0, true, 1, 1), Echo(10, false, 1, 1), Echo(300, true, 1, 2)], [Echo(0, true, 5, 7), Echo(10, false, 5, 7), Echo(300, true, 5, 8)]);
        AssertDiffers(ComparisonField.Echo, [Echo(0, true, 1, 1), Echo(10, false, 1, 1)], [Echo(0, true, 1, 1), Echo(10, false, 1, 2)]);
    }

    [Theory]
    [InlineData("5ms,3%", true)]
    [InlineData("3%", true)]
    [InlineData("250us", true)]
    [InlineData("3%,5ms", true)]
    [InlineData("5", false)]
    [InlineData("5ms,6ms", false)]
    [InlineData("5ms,3%,1%", false)]
    [InlineData("-5ms", false)]
    [InlineData("", false)]
    public void TolerancesAreReadAsWritten(string text, bool right) => Assert.Equal(right, TimeTolerance.TryParse(text, out _));

    [Theory]
    [InlineData(long.MinValue, long.MinValue, true)]
    [InlineData(long.MinValue, 0, false)]
    [InlineData(long.MinValue, long.MaxValue, false)]
    [InlineData(0, long.MinValue, false)]
    public void TimesOfADamagedCaptureAreComparedToo(long a, long b, bool near) => Assert.Equal(near, TimeTolerance.Default.Allows(a, b));

    private static void AssertDiffers(ComparisonField field, SamplePacket[] a, SamplePacket[] b) =>
        Assert.Equal(field, Compare(a, b).Differences[0].Field);

    private static ComparisonResult Compare(IEnumerable<SamplePacket> a, IEnumerable<SamplePacket> b, ComparisonOptions? options = null) =>
        CaptureComparison.Compare(SamplePacket.Capture(a), SamplePacket.Capture(b), options);

    private static void AssertAlike(
        IEnumerable<SamplePacket> a, IEnumerable<SamplePacket> b, byte network = 0, ComparisonOptions? options = null)
    {
        ComparisonResult result = CaptureComparison.Compare(SamplePacket.Capture(a), SamplePacket.Capture(b, network), options);
        Assert.True(result.AreAlike, Text(result));
    }

    private static string Text(ComparisonResult result) => string.Join('\n', result.Differences.Select(d => d.ToString()));

    private static SamplePacket C(
        double at, TcpFlags flags, long seq, long ack, int length = 0, byte[]? options = null, int window = 64) => new()
        {
            Milliseconds = at,
            FromClient = true,
            Flags = flags,
            Seq = seq,
            Ack = ack,
            Length = length,
            Options = options ?? SamplePacket.Timestamps(),
            Window = window,
        };

    private static SamplePacket S(
        double at, TcpFlags flags, long seq, long ack, int length = 0, byte[]? options = null, int window = 64) =>
        C(at, flags, seq, ack, length, options, window) with { FromClient = false };

    private static byte[] Shifted(SamplePacket packet, uint iss) =>
        packet.Options.Length > 20 ? [.. SamplePacket.Timestamps(), 1, 1, 5, 10, .. Block(501, 1001, iss)] : packet.Options;

    private static byte[] Block(uint left, uint right, uint iss = 4_294_967_000)
    {
        uint[] ends = [unchecked(iss + left), unchecked(iss + right)];
        return [.. ends.SelectMany(e => Convert.FromHexString(e.ToString("x8", CultureInfo.InvariantCulture)))];
    }
}

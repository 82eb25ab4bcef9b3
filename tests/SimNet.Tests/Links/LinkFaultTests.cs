using System.Numerics;
using SimNet.Links;
using SimNet.Observe;
using SimNet.Random;
using SimStack;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Links;

public class LinkFaultTests
{
    private const int Many = 20_000;

    private static readonly LinkDirectionOptions Lossy = new() { Loss = Probability.FromPercent(2) };

    [Fact]
    public void LossStrikesAsOftenAsItShould()
    {
        LinkFixture fixture = SendMany(Lossy);
        // Binomial with p = 0.02: expected 400, standard deviation 19.8; five of them on either side.
        Assert.InRange(fixture.Direction.Counters.Dropped(DropReason.RandomLoss), 301, 499);
        Assert.Equal(Many, fixture.Direction.Counters.Delivered + fixture.Direction.Counters.TotalDropped);
        Assert.Equal(0, fixture.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void TheSeedDecidesAndOtherEffectsDoNotDisturb()
    {
        List<int> first = [.. SendMany(Lossy).ArrivedNumbers];
        Assert.Equal(first, SendMany(Lossy).ArrivedNumbers);
        Assert.NotEqual(first, SendMany(Lossy, seed: 2).ArrivedNumbers);
        LinkFixture corrupting = SendMany(Lossy with { Corrupt = Probability.FromPercent(5), Reorder = Probability.FromPercent(5) });
        Assert.Equal(Drops(SendMany(Lossy)), Drops(corrupting));
        Assert.True(corrupting.Direction.Counters.Corrupted > 0);
    }

    [Fact]
    public void LostPacketsStillTakeTheirTimeOnTheLine()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Rate = new DataRate(8_000_000) });
        NthMatchRule rule = new(new FrameMatch(), FaultAction.Drop, 1);
        fixture.Direction.AddRule(rule);
        fixture.Send(1, 1000);
        fixture.Send(2, 1000);
        fixture.Simulation.Run();
        Assert.Equal(2_000_000, Assert.Single(fixture.Arrivals).At);
        Assert.Equal(1, rule.Applied);
        Assert.Equal(2, rule.Matched);
    }

    [Fact]
    public void ReorderedPacketsAreOvertaken()
    {
        LinkFixture fixture = new(new LinkDirectionOptions
        {
            Delay = Duration.FromMilliseconds(1),
            Reorder = Probability.FromPercent(10),
            ReorderDelay = Duration.FromMilliseconds(2),
        });
        for (int i = 0; i < 1000; i++)
        {
            fixture.SendAt(i * 500_000L, i);
        }

        fixture.Simulation.Run();
        Assert.NotEqual(Enumerable.Range(0, 1000), fixture.ArrivedNumbers);
        Assert.Equal(Enumerable.Range(0, 1000), fixture.ArrivedNumbers.Order());
        int late = fixture.Arrivals.Count(arrival => arrival.At - LinkFixture.NumberOf(arrival.Bytes) * 500_000L == 3_000_000);
        Assert.Equal(fixture.Direction.Counters.HeldBack, late);
        Assert.InRange(late, 55, 150);
        Assert.Equal(1000 - late, fixture.Arrivals.Count(arrival => arrival.At - LinkFixture.NumberOf(arrival.Bytes) * 500_000L == 1_000_000));
    }

    [Fact]
    public void DuplicatesFollowTheirOriginalsByteForByte()
    {
        LinkFixture fixture = SendMany(new LinkDirectionOptions { Duplicate = Probability.FromPercent(3) });
        long copies = fixture.Direction.Counters.Copies;
        Assert.InRange(copies, 470, 730);
        Assert.Equal(Many + copies, fixture.Arrivals.Count);
        int twins = 0;
        for (int i = 1; i < fixture.Arrivals.Count; i++)
        {
            twins += fixture.Arrivals[i].Bytes.AsSpan().SequenceEqual(fixture.Arrivals[i - 1].Bytes) ? 1 : 0;
        }

        Assert.Equal(copies, twins);
    }

    [Fact]
    public void CorruptionChangesExactlyOneBitBehindTheEthernetHeader()
    {
        LinkFixture clean = SendMany(new LinkDirectionOptions());
        LinkFixture fixture = SendMany(new LinkDirectionOptions { Corrupt = Probability.FromPercent(50) });
        HashSet<int> places = [];
        int changed = 0;
        for (int i = 0; i < Many; i++)
        {
            byte[] before = clean.Arrivals[i].Bytes;
            byte[] after = fixture.Arrivals[i].Bytes;
            int bits = 0;
            for (int k = 0; k < before.Length; k++)
            {
                int difference = before[k] ^ after[k];
                bits += BitOperations.PopCount((uint)difference);
                if (difference != 0)
                {
                    Assert.InRange(k, 14, before.Length - 1);
                    places.Add(k * 8 + BitOperations.TrailingZeroCount(difference));
                }
            }

            Assert.InRange(bits, 0, 1);
            changed += bits;
        }

        Assert.Equal(fixture.Direction.Counters.Corrupted, changed);
        Assert.InRange(changed, 9600, 10_400);
        Assert.Equal(86 * 8, places.Count);
    }

    [Fact]
    public void CorruptedFramesWithoutChecksumAreDropped()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Corrupt = Probability.Always });
        byte[] arp = new byte[42];
        arp[12] = 8;
        arp[13] = 6;
        fixture.SendBytes(arp);
        fixture.Simulation.Run();
        Assert.Empty(fixture.Arrivals);
        Assert.Equal(1, fixture.Direction.Counters.Dropped(DropReason.FrameCheck));
    }

    [Fact]
    public void TheSecondSynIsDropped()
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        NthMatchRule rule = new(
            new FrameMatch { FlagsSet = TcpFlags.Syn, FlagsClear = TcpFlags.Ack, DestinationPort = 80 }, FaultAction.Drop, 2);
        fixture.Direction.AddRule(rule);
        fixture.SendBytes(Segment(TcpFlags.Syn, 0, 80));
        fixture.SendBytes(Segment(TcpFlags.Syn, 0, 81));
        fixture.SendBytes(Segment(TcpFlags.Syn | TcpFlags.Ack, 0, 80));
        fixture.SendBytes(Segment(TcpFlags.Syn, 0, 80));
        fixture.SendBytes(Segment(TcpFlags.Syn, 0, 80));
        fixture.Simulation.Run();
        Assert.Equal([DropReason.None, DropReason.None, DropReason.None, DropReason.FaultRule, DropReason.None],
            fixture.Verdicts.Select(verdict => verdict.Reason));
        Assert.Equal((3, 1), (rule.Matched, rule.Applied));
    }

    [Fact]
    public void RulesDelayDuplicateAndCorrupt()
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        FrameMatch data = new() { HasPayload = true };
        fixture.Direction.AddRule(new NthMatchRule(data, FaultAction.DelayBy(Duration.FromMilliseconds(3)), 1));
        fixture.Direction.AddRule(new NthMatchRule(data, FaultAction.Duplicate(2), 2));
        fixture.Direction.AddRule(new NthMatchRule(data, FaultAction.Corrupt, 3));
        byte[] segment = Segment(TcpFlags.Ack, 10, 80);
        fixture.SendBytes(Segment(TcpFlags.Ack, 0, 80));
        for (int i = 0; i < 3; i++)
        {
            fixture.SendBytes(segment);
        }

        fixture.Simulation.Run();
        Assert.Equal([0, 0, 0, 0, 0, 3_000_000], fixture.Arrivals.Select(arrival => arrival.At));
        Assert.Equal(["held back by link", "duplicated by link", "corrupted by link"], fixture.Verdicts.Skip(1).Select(v => v.Comment));
        Assert.Equal(5, fixture.Arrivals.Count(a => a.Bytes.Length == segment.Length));
        Assert.Equal(1, fixture.Arrivals.Count(a => a.Bytes.Length == segment.Length && !a.Bytes.AsSpan().SequenceEqual(segment)));
    }

    private static LinkFixture SendMany(LinkDirectionOptions options, ulong seed = 1)
    {
        LinkFixture fixture = new(options, seed);
        for (int i = 0; i < Many; i++)
        {
            fixture.Send(i);
        }

        fixture.Simulation.Run();
        return fixture;
    }

    private static List<int> Drops(LinkFixture fixture) =>
        [.. fixture.Verdicts.Select((verdict, i) => verdict.Reason == DropReason.RandomLoss ? i : -1).Where(i => i >= 0)];

    /// <summary>An IPv4 TCP segment in a frame; fault rules don't verify checksums.</summary>
    private static byte[] Segment(TcpFlags flags, int payload, ushort destinationPort)
    {
        byte[] frame = new byte[14 + 20 + 20 + payload];
        frame[12] = 8;
        Span<byte> ip = frame.AsSpan(14);
        ip[0] = 0x45;
        ip[2] = (byte)((ip.Length) >> 8);
        ip[3] = (byte)ip.Length;
        ip[8] = 64;
        ip[9] = 6;
        ushort sum = InternetChecksum.Compute(ip[..20]);
        ip[10] = (byte)(sum >> 8);
        ip[11] = (byte)sum;
        Span<byte> tcp = ip[20..];
        tcp[2] = (byte)(destinationPort >> 8);
        tcp[3] = (byte)destinationPort;
        tcp[12] = 0x50;
        tcp[13] = (byte)flags;
        return frame;
    }
}

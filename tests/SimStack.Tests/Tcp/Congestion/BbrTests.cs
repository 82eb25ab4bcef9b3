using System.Buffers.Binary;
using SimStack.Tcp.Congestion;
using Xunit;

namespace SimStack.Tests.Tcp.Congestion;

/// <summary>BBR's model of a path, and how well it keeps to it.</summary>
public sealed class BbrTests
{
    /// <summary>1448 bytes in 120 µs, RTT 40 ms: the estimate is the bottleneck's rate, the least RTT the path's.</summary>
    [Theory]
    [InlineData(120, 40_000)]
    [InlineData(1200, 10_000)]
    [InlineData(12, 5_000)]
    public void Bandwidth_and_least_RTT_are_the_path_s(int service, int delay)
    {
        Bottleneck path = new() { Service = service, Delay = delay };
        Bottleneck.Sender sender = path.Add(new Bbr());
        path.Run(5_000_000);
        double rate = 1448 * 1e6 / service;
        Assert.InRange(BinaryPrimitives.ReadUInt64LittleEndian(sender.Info), 0.99 * rate, 1.02 * rate);
        Assert.InRange(BinaryPrimitives.ReadUInt32LittleEndian(sender.Info.AsSpan(8)), (uint)(delay + service), (uint)(delay + 2 * service));
    }

    /// <summary>At least 95 % of the rate, with less than a bandwidth-delay product in the queue, however long the queue may be.</summary>
    [Fact]
    public void It_fills_the_path_and_not_the_queue()
    {
        Bottleneck path = new() { Service = 120, Delay = 40_000 };
        Bottleneck.Sender sender = path.Add(new Bbr());
        path.Run(3_000_000);
        long before = sender.Acknowledged;
        (long sum, int count) = (0, 0);
        path.Run(6_000_000, () =>
        {
            sum += path.Waiting;
            count++;
        });

        Assert.InRange(sender.Acknowledged - before, 0.95 * 6_000_000 / 120, 6_000_000 / 120 + 1);
        Assert.InRange(sum / count, 0, 40_000 / 120);
    }

    /// <summary>Loss alone does not make it slower: 1 % costs Reno nine tenths here, and BBR little.</summary>
    [Fact]
    public void Random_loss_is_no_reason_to_slow_down()
    {
        long bbr = Goodput("bbr"), reno = Goodput("reno");
        Assert.InRange(bbr, 0.85 * 10_000_000 / 120, 10_000_000 / 120);
        Assert.InRange(reno, 0, bbr / 5);

        static long Goodput(string name)
        {
            uint seed = 7;
            Bottleneck path = new()
            {
                Service = 120,
                Delay = 40_000,
                Limit = 400,
                Loses = _ => (seed = unchecked(seed * 1664525 + 1013904223)) >> 16 < 655,
            };
            Bottleneck.Sender sender = path.Add(CongestionAlgorithms.Create(name));
            path.Run(10_000_000);
            return sender.Acknowledged;
        }
    }

    /// <summary>Every ten seconds without a smaller RTT four segments for 200 ms.</summary>
    [Fact]
    public void The_queue_is_emptied_to_see_the_RTT()
    {
        Bottleneck path = new() { Service = 120, Delay = 40_000 };
        Bottleneck.Sender sender = path.Add(new Bbr());
        List<long> dips = [];
        path.Run(35_000_000, () =>
        {
            if (path.Now > 2_000_000 && sender.State.Window == 4 && (dips.Count == 0 || path.Now - dips[^1] > 1_000_000))
            {
                dips.Add(path.Now);
            }
        });

        Assert.InRange(dips.Count, 2, 4);
        Assert.All(dips.Zip(dips.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 9_900_000, 11_500_000));
    }

    /// <summary>A policer, that lets 100 segments a second and bursts of 100 through, is recognised: then hardly anything is lost.</summary>
    [Fact]
    public void A_policer_is_recognised()
    {
        double tokens = 300;
        long last = 1_000_000;
        Bottleneck? path = null;
        path = new Bottleneck
        {
            Service = 100,
            Delay = 40_000,
            Loses = _ =>
            {
                tokens = Math.Min(300, tokens + (path!.Now - last) / 1000.0);
                last = path.Now;
                bool lost = tokens < 1;
                tokens -= lost ? 0 : 1;
                return lost;
            },
        };
        Bottleneck.Sender sender = path.Add(new Bbr());
        path.Run(2_000_000);
        long before = sender.Acknowledged;
        path.Run(3_000_000);
        double rate = BinaryPrimitives.ReadUInt64LittleEndian(sender.Info) / 1448.0;
        Assert.InRange(rate, 800, 1200);
        Assert.InRange(sender.Acknowledged - before, 2600, 3100);
    }
}

using SimStack.Tcp.Congestion;
using Xunit;

namespace SimStack.Tests.Tcp.Congestion;

public sealed class VegasTests
{
    /// <summary>Two to four segments wait at the bottleneck, and nothing is lost.</summary>
    [Fact]
    public void Between_alpha_and_beta_segments_wait()
    {
        Bottleneck path = new() { Service = 200, Delay = 20_000, Limit = 500 };
        Bottleneck.Sender sender = path.Add(new Vegas());
        path.Run(20_000_000);
        long before = sender.Acknowledged;
        (long sum, int count) = (0, 0);
        path.Run(10_000_000, () =>
        {
            sum += path.Waiting;
            count++;
        });

        Assert.Equal(0, sender.Reductions);
        Assert.InRange((double)sum / count, 0.5, 5);
        Assert.InRange(sender.Acknowledged - before, 0.99 * 10_000_000 / 200, 10_000_000 / 200 + 1);
    }
}

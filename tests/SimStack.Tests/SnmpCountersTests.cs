using Xunit;

namespace SimStack.Tests;

public sealed class SnmpCountersTests
{
    [Fact]
    public void CountsByNameInOrder()
    {
        SnmpCounters counters = new();
        counters[SnmpCounter.TcpExtListenDrops]++;
        counters[SnmpCounter.IpInReceives] += 2;
        Assert.Equal([new("IpInReceives", 2), new("TcpExtListenDrops", 1)], counters.NonZero());
        Assert.Equal("TcpExtTW", SnmpCounters.NameOf(SnmpCounter.TcpExtTW));
        Assert.Equal(SnmpCounters.Count, Enum.GetNames<SnmpCounter>().Distinct().Count());
    }
}

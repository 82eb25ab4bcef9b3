using SimStack.Tcp.Congestion;
using Xunit;

namespace SimStack.Tests.Tcp.Congestion;

public sealed class WindowedMaximumTests
{
    /// <summary>Against the true maximum of the window: never below that of its last quarter, never above that of all of it.</summary>
    [Fact]
    public void It_is_the_maximum_of_the_window()
    {
        const uint Window = 10;
        WindowedMaximum maximum = default;
        List<uint> all = [];
        uint seed = 99;
        for (uint at = 0; at < 5000; at++)
        {
            uint value = (seed = unchecked(seed * 1664525 + 1013904223)) >> 20;
            all.Add(value);
            maximum.Add(Window, at, value);
            Assert.InRange(maximum.Value, all.TakeLast(3).Max(), all.TakeLast((int)Window + 1).Max());
        }
    }

    [Fact]
    public void What_is_too_old_is_forgotten()
    {
        WindowedMaximum maximum = default;
        maximum.Reset(0, 0);
        maximum.Add(10, 1, 500);
        for (uint at = 2; at < 12; at++)
        {
            maximum.Add(10, at, 100);
            Assert.Equal(500u, maximum.Value);
        }

        maximum.Add(10, 12, 90);
        Assert.Equal(100u, maximum.Value);
    }
}

using System.Diagnostics;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Waits for what a kernel does in its own time.</summary>
internal static class Until
{
    /// <summary>Waits for a condition, half a minute at most.</summary>
    /// <param name="condition">Asked again every millisecond.</param>
    /// <param name="otherwise">What to say when it never holds.</param>
    public static void True(Func<bool> condition, Func<string> otherwise)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(30))
            {
                Assert.Fail("not within 30 s: " + otherwise());
            }

            Thread.Sleep(1);
        }
    }
}

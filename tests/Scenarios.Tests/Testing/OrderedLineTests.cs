using Scenarios.Testing;

namespace Scenarios.Tests.Testing;

public sealed class OrderedLineTests
{
    [Fact]
    public void ResultsComeInTheOrderOfThePieces()
    {
        using var first = new ManualResetEventSlim();
        using var line = new OrderedLine<string>(3, 3, i =>
        {
            // The first piece is done last.
            if (i == 0)
            {
                first.Wait(TestContext.Current.CancellationToken);
            }
            else if (i == 2)
            {
                first.Set();
            }

            return $"{i}";
        });
        var taken = new List<string>();
        while (line.TryTake(out string? result))
        {
            taken.Add(result);
        }

        Assert.Equal(["0", "1", "2"], taken);
    }

    [Fact]
    public void WhatTheWorkThrowsIsThrownWhereItsResultIsTaken()
    {
        using var line = new OrderedLine<string>(2, 1, i => i == 1 ? throw new SimException(3, "no") : "yes");
        Assert.True(line.TryTake(out _));
        Assert.Equal("no", Assert.Throws<SimException>(() => line.TryTake(out _)).Message);
    }

    [Fact]
    public void NoPieceIsBegunAfterTheEnd()
    {
        int begun = 0;
        using (var line = new OrderedLine<string>(1000, 1, i => $"{Interlocked.Increment(ref begun)} {i}"))
        {
            Assert.True(line.TryTake(out _));
        }

        int atEnd = Volatile.Read(ref begun);
        Thread.Yield();
        Assert.Equal(atEnd, Volatile.Read(ref begun));
    }
}

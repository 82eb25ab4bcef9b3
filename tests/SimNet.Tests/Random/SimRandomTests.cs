using SimNet.Random;
using SimStack;
using Xunit;

namespace SimNet.Tests.Random;

public sealed class SimRandomTests
{
    [Fact]
    public void Xoshiro_gives_the_published_numbers()
    {
        SimRandom random = new(1, 2, 3, 4);
        ulong[] drawn = [.. Enumerable.Range(0, 5).Select(_ => random.NextUInt64())];
        Assert.Equal([11520UL, 0UL, 1509978240UL, 1215971899390074240UL, 1216172134540287360UL], drawn);
    }

    [Fact]
    public void SplitMix_gives_the_published_numbers()
    {
        ulong state = 1234567;
        ulong[] drawn = [.. Enumerable.Range(0, 3).Select(_ => SimRandom.SplitMix64(ref state))];
        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL], drawn);
    }

    [Fact]
    public void A_seed_and_a_name_give_the_same_numbers_in_every_release()
    {
        SimRandom root = new(1);
        Assert.Equal(12966619160104079557UL, root.NextUInt64());
        Assert.Equal(5547574691292960831UL, root.Child("link/client-server/loss").NextUInt64());
        Assert.Equal(6558303460446008882UL, root.Child("é").Child("jitter").NextUInt64());
    }

    [Fact]
    public void A_child_depends_on_seed_and_name_only()
    {
        SimRandom fresh = new(7);
        SimRandom used = new(7);
        used.Child("other").NextUInt64();
        used.NextUInt64();
        Assert.Equal(Draw(fresh.Child("a")), Draw(used.Child("a")));
        used.Child("a").NextUInt64();
        Assert.Equal(new SimRandom(7).NextUInt64(), fresh.NextUInt64());
    }

    [Fact]
    public void Different_seeds_names_and_levels_give_different_streams()
    {
        HashSet<ulong> first = [];
        for (ulong seed = 0; seed < 200; seed++)
        {
            SimRandom random = new(seed);
            for (int i = 0; i < 50; i++)
            {
                Assert.True(first.Add(random.Child($"host{i}").NextUInt64()));
                Assert.True(first.Add(random.Child("x").Child($"host{i}").NextUInt64()));
            }

            Assert.True(first.Add(random.Child("").NextUInt64()));
            Assert.True(first.Add(random.NextUInt64()));
        }
    }

    [Fact]
    public void Streams_of_children_are_not_correlated()
    {
        SimRandom root = new(3);
        SimRandom a = root.Child("a");
        SimRandom b = root.Child("b");
        int same = 0;
        for (int i = 0; i < 10_000; i++)
        {
            same += 64 - System.Numerics.BitOperations.PopCount(a.NextUInt64() ^ b.NextUInt64());
        }

        Assert.InRange(same, 320_000 - 2_000, 320_000 + 2_000); // 5 standard deviations of 400
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    public void Numbers_below_a_limit_are_equally_likely(int limit)
    {
        SimRandom random = new(42);
        int[] counts = new int[limit];
        const int Each = 10_000;
        for (int i = 0; i < limit * Each; i++)
        {
            counts[random.NextInt32(limit)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, Each - 500, Each + 500));
    }

    [Fact]
    public void A_limit_that_does_not_divide_2_to_the_64_is_not_biased()
    {
        // Without rejection the lowest third would come up half of the time.
        SimRandom random = new(5);
        const ulong Limit = 3UL << 62;
        int low = 0;
        for (int i = 0; i < 30_000; i++)
        {
            ulong drawn = random.NextUInt64(Limit);
            Assert.True(drawn < Limit);
            low += drawn % 3 == 0 ? 1 : 0;
        }

        Assert.InRange(low, 9_600, 10_400);
    }

    [Theory]
    [InlineData("0", 0, 0)]
    [InlineData("2%", 1_700, 2_300)]
    [InlineData("0.5", 49_200, 50_800)]
    [InlineData("99.9%", 99_850, 99_950)]
    [InlineData("1", 100_000, 100_000)]
    public void Chance_comes_as_often_as_it_says(string text, int atLeast, int atMost)
    {
        SimRandom random = new(11);
        Probability probability = Probability.Parse(text);
        int hits = 0;
        for (int i = 0; i < 100_000; i++)
        {
            hits += random.Chance(probability) ? 1 : 0;
        }

        Assert.InRange(hits, atLeast, atMost);
    }

    [Fact]
    public void Durations_include_both_ends()
    {
        SimRandom random = new(1);
        HashSet<long> seen = [];
        for (int i = 0; i < 200; i++)
        {
            seen.Add(random.NextDuration(Duration.FromNanoseconds(3)).Nanoseconds);
        }

        Assert.Equal([0L, 1L, 2L, 3L], seen.Order());
        Assert.Equal(Duration.Zero, random.NextDuration(Duration.Zero));
        Assert.InRange(random.NextDuration(Duration.Infinite).Nanoseconds, 0, long.MaxValue);
    }

    [Fact]
    public void Filling_takes_the_numbers_in_little_endian_order()
    {
        byte[] expected = new byte[24];
        SimRandom random = new(9);
        for (int i = 0; i < 3; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(expected.AsSpan(i * 8), random.NextUInt64());
        }

        for (int length = 0; length <= 24; length++)
        {
            byte[] bytes = new byte[length];
            new SimRandom(9).Fill(bytes);
            Assert.Equal(expected[..length], bytes);
        }
    }

    [Fact]
    public void Impossible_limits_are_refused()
    {
        SimRandom random = new(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt32(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt32(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextUInt64(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextDuration(Duration.FromNanoseconds(-1)));
    }

    private static ulong[] Draw(SimRandom random) => [.. Enumerable.Range(0, 10).Select(_ => random.NextUInt64())];
}

using SimStack.Profiles;
using SimStack.Tcp;
using SimStack.Tests.Rfc9293;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp;

/// <summary>SRTT, RTTVAR and RTO after given samples, worked out by hand from the formulas.</summary>
public sealed class RttEstimatorTests
{
    /// <summary>Samples, SRTT and RTO in microseconds. RFC 6298 §2.2: SRTT = R, RTTVAR = R/2; §2.3: 3/4 and 1/4, 7/8 and 1/8; §2.4: at least 1 s.</summary>
    [Theory]
    [Requirement("MUST-18", In = "rfc9293")]
    [InlineData(new[] { 800_000 }, 800_000, 2_400_000)]
    [InlineData(new[] { 800_000, 800_000 }, 800_000, 2_000_000)] // RTTVAR 300 ms
    [InlineData(new[] { 800_000, 1_600_000 }, 900_000, 2_900_000)] // RTTVAR 500 ms
    [InlineData(new[] { 800_000, 400_000 }, 750_000, 2_350_000)] // RTTVAR 400 ms
    [InlineData(new[] { 10_000 }, 10_000, 1_000_000)]
    [InlineData(new[] { 90_000_000 }, 90_000_000, 60_000_000)]
    public void By_RFC_6298(int[] samples, int smoothed, int rto)
    {
        RttEstimator estimator = After(samples, Profile.Rfc9293, roundEach: false);
        Assert.Equal(smoothed, estimator.SmoothedMicroseconds);
        Assert.Equal(rto, estimator.RtoMicroseconds);
    }

    /// <summary>Linux: the variance term is at least 200 ms, the largest mean deviation of a round trip; it falls by a quarter of the excess a round.</summary>
    [Theory]
    [InlineData(new[] { 10_000 }, 10_000, 210_000)]
    [InlineData(new[] { 500_000 }, 500_000, 1_500_000)] // mdev 1 s
    [InlineData(new[] { 500_000, 500_000 }, 500_000, 1_500_000)] // mdev 750 ms, but the largest of the round still 1 s
    [InlineData(new[] { 10_000, 10_000, 10_000 }, 10_000, 210_000)]
    [InlineData(new[] { 10_000, 410_000 }, 60_000, 475_000)] // mdev 20 ms, then 3/4 of that and 400 ms: 415 ms
    [InlineData(new[] { 400_000, 100_000 }, 362_500, 1_175_000)] // shorter: an eighth of what 300 ms exceeds mdev/4 by
    public void By_Linux(int[] samples, int smoothed, int rto)
    {
        RttEstimator estimator = After(samples, Profile.Linux, roundEach: false);
        Assert.Equal(smoothed, estimator.SmoothedMicroseconds);
        Assert.Equal(rto, estimator.RtoMicroseconds);
    }

    [Fact]
    public void In_Linux_the_variance_falls_once_a_round_trip()
    {
        // 1 s at first; each round but the first lowers it by a quarter of what exceeds the round's own largest deviation.
        Assert.Equal(1_500_000, After([500_000, 500_000], Profile.Linux, roundEach: true).RtoMicroseconds);
        Assert.Equal(1_390_625, After([500_000, 500_000, 500_000], Profile.Linux, roundEach: true).RtoMicroseconds);
    }

    /// <summary>What a kernel measures and adds up in microseconds it keeps in ticks, rounded up; the longest is not rounded.</summary>
    [Theory]
    [InlineData(10_000, 250, 120_000, 212_000)]
    [InlineData(12_000, 250, 120_000, 212_000)]
    [InlineData(12_001, 250, 120_000, 216_000)]
    [InlineData(10_001, 1000, 120_000, 211_000)]
    [InlineData(10_001, 100, 120_000, 220_000)]
    [InlineData(10_001, 0, 120_000, 210_001)]
    [InlineData(500_000, 250, 1_001, 1_001_000)]
    public void Kernels_keep_whole_ticks(int sample, int hz, int most, int rto)
    {
        RttEstimator estimator = default;
        estimator.Reset(new Sysctls());
        estimator.AddSample(
            Duration.FromMicroseconds(sample), new SequenceNumber(1), new SequenceNumber(11), byRfc: false, 200_000, Duration.FromMilliseconds(most), hz);
        Assert.Equal(rto, estimator.RtoMicroseconds);
    }

    [Fact]
    public void Before_a_sample_it_is_one_second_and_three_after_a_doubtful_handshake()
    {
        RttEstimator estimator = default;
        estimator.Reset(new Sysctls());
        Assert.Equal(1_000_000, estimator.RtoMicroseconds);
        Assert.False(estimator.HasSample);
        estimator.FallBack();
        Assert.Equal(3_000_000, estimator.RtoMicroseconds);
    }

    private static RttEstimator After(int[] samples, Profile profile, bool roundEach)
    {
        RttEstimator estimator = default;
        Sysctls sysctls = profile.Defaults;
        estimator.Reset(sysctls);
        uint una = 1;
        foreach (int sample in samples)
        {
            estimator.AddSample(
                Duration.FromMicroseconds(sample), new SequenceNumber(una), new SequenceNumber(una + 10), profile.Rfc6298Timer,
                sysctls.RtoMinMicroseconds, Duration.FromMilliseconds(sysctls.RtoMaxMilliseconds), hz: 0);
            una += roundEach ? 11u : 0;
        }

        return estimator;
    }
}

using SimNet.Random;
using Xunit;

namespace SimNet.Tests.Random;

public sealed class ProbabilityTests
{
    [Theory]
    [InlineData("2%", 20_000_000_000, "2%")]
    [InlineData(" 2 % ", 20_000_000_000, "2%")]
    [InlineData("0.02", 20_000_000_000, "2%")]
    [InlineData("1e-6", 1_000_000, "0.0001%")]
    [InlineData("1E-12", 1, "0.0000000001%")]
    [InlineData("1e-10%", 1, "0.0000000001%")]
    [InlineData("0", 0, "0%")]
    [InlineData("0e-99", 0, "0%")]
    [InlineData("1", Probability.One, "100%")]
    [InlineData("100%", Probability.One, "100%")]
    [InlineData("33.3333333333%", 333_333_333_333, "33.3333333333%")]
    [InlineData("0.0000000000015", 2, "0.0000000002%")]
    public void Text_is_read_and_printed_so_that_it_can_be_read_again(string text, long parts, string printed)
    {
        Probability probability = Probability.Parse(text);
        Assert.Equal(parts, probability.Parts);
        Assert.Equal(printed, probability.ToString());
        Assert.Equal(probability, Probability.Parse(printed));
    }

    [Theory]
    [InlineData("120%", "120% is not a probability; one between 0% and 100% would be right")]
    [InlineData("-1%", "-1% is not a probability; one between 0% and 100% would be right")]
    [InlineData("2", "2 is not a probability; one between 0 and 1 would be right")]
    [InlineData("1,5%", "'1,5%' is not a probability; 2%, 0.02 or 1e-6 would be right")]
    [InlineData("", "'' is not a probability; 2%, 0.02 or 1e-6 would be right")]
    [InlineData("2ms", "'2ms' is not a probability; 2%, 0.02 or 1e-6 would be right")]
    [InlineData("1e-13", "1e-13 is too small a probability; 1e-12 is the smallest, and 0 is never")]
    [InlineData("1e-400", "1e-400 is too small a probability; 1e-12 is the smallest, and 0 is never")]
    public void What_is_none_is_said_in_one_line(string text, string message)
    {
        Assert.False(Probability.TryParse(text, out _, out string error));
        Assert.Equal(message, error);
        Assert.Equal(message, Assert.Throws<FormatException>(() => Probability.Parse(text)).Message);
    }

    [Fact]
    public void Ratios_are_rounded_to_the_nearest_part()
    {
        Assert.Equal(333_333_333_333, Probability.FromRatio(1, 3).Parts);
        Assert.Equal(666_666_666_667, Probability.FromRatio(2, 3).Parts);
        Assert.Equal(Probability.Always, Probability.FromRatio(long.MaxValue, long.MaxValue));
        Assert.Equal(Probability.Parse("7%"), Probability.FromPercent(7));
        Assert.True(Probability.Never < Probability.Always && Probability.Always > Probability.FromPercent(99));
        Assert.Throws<ArgumentOutOfRangeException>(() => Probability.FromPercent(101));
        Assert.Throws<ArgumentOutOfRangeException>(() => Probability.FromRatio(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Probability.FromParts(-1));
    }
}

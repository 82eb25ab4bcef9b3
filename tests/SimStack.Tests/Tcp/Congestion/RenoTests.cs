using SimStack.Tcp.Congestion;
using Xunit;

namespace SimStack.Tests.Tcp.Congestion;

/// <summary>Reno's growth in segments, and its sawtooth.</summary>
public sealed class RenoTests
{
    /// <summary>Window, threshold, credit, segments acknowledged; window and credit after it.</summary>
    [Theory]
    [InlineData(10, int.MaxValue, 0, 2, 12, 0)]
    [InlineData(10, 12, 0, 5, 12, 3)] // what slow start leaves counts for avoidance
    [InlineData(10, 10, 9, 1, 11, 0)]
    [InlineData(10, 10, 0, 25, 12, 5)]
    [InlineData(10, 10, 30, 1, 11, 1)] // old credit buys one step
    [InlineData(10, 5, 0, 1, 10, 1)]
    public void Growth(int window, int threshold, int credit, int acknowledged, int after, int creditAfter)
    {
        CongestionState state = new() { Window = window, Threshold = threshold, Credit = credit, Clamp = int.MaxValue };
        new Reno().Avoid(ref state, new CongestionContext { WindowLimited = true }, default, acknowledged);
        Assert.Equal((after, creditAfter), (state.Window, state.Credit));
    }

    [Fact]
    public void Nothing_grows_that_the_application_does_not_use()
    {
        CongestionState state = new() { Window = 10, Threshold = int.MaxValue, Clamp = int.MaxValue };
        new Reno().Avoid(ref state, new CongestionContext(), default, 5);
        Assert.Equal(10, state.Window);
    }

    [Fact]
    public void The_window_stays_below_its_clamp()
    {
        CongestionState state = new() { Window = 10, Threshold = int.MaxValue, Clamp = 11 };
        new Reno().Avoid(ref state, new CongestionContext { WindowLimited = true }, default, 5);
        Assert.Equal(11, state.Window);
    }

    /// <summary>Between Wmax/2 and Wmax, three quarters of it on the average.</summary>
    [Fact]
    public void The_sawtooth_averages_three_quarters()
    {
        Bottleneck path = new() { Service = 100, Delay = 2000, Limit = 30 };
        Bottleneck.Sender sender = path.Add(new Reno());
        path.Run(5_000_000);
        (long sum, int count, int highest) = (0, 0, 0);
        path.Run(20_000_000, () =>
        {
            sum += sender.State.Window;
            count++;
            highest = Math.Max(highest, sender.State.Window);
        });

        Assert.Equal(0.75 * highest, (double)sum / count, 0.075 * highest);
    }

    /// <summary>Mathis and others, 1997: at loss p the window is √(3/2p) segments.</summary>
    [Theory]
    [InlineData(400)]
    [InlineData(2000)]
    public void Regular_loss_gives_the_window_of_the_formula(int every)
    {
        Bottleneck path = new() { Service = 10, Delay = 20_000, Loses = number => number % every == 0 };
        Bottleneck.Sender sender = path.Add(new Reno());
        path.Run(10_000_000);
        long before = sender.Acknowledged;
        path.Run(40_000_000);
        double window = (sender.Acknowledged - before) * 20_000.0 / 40_000_000;
        Assert.Equal(Math.Sqrt(1.5 * every), window, 0.1 * Math.Sqrt(1.5 * every));
    }
}

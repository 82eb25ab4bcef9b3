using SimNet.Hosts;
using SimStack;
using Xunit;

namespace SimNet.Tests.Hosts;

/// <summary>What ends with an application, and what stays of it.</summary>
public class ApplicationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnExceptionLeavesTheRunUnlessItIsTakenCareOf(bool later)
    {
        foreach (bool? goesOn in new bool?[] { null, false, true })
        {
            using Simulation simulation = new();
            List<string> failed = [];
            simulation.ApplicationFailed = goesOn is { } answer
                ? (application, failure) =>
                {
                    failed.Add($"{application.Name}: {failure.Message}");
                    return answer;
                }
            : null;
            Application broken = simulation.Start("broken", later ? Later : () => throw new FormatException("wrong"));
            Application whole = simulation.StartAt(Instant.Zero + Duration.FromSeconds(1), "whole", () => Task.CompletedTask);
            if (goesOn == true)
            {
                simulation.Run();
            }
            else
            {
                Assert.Equal("wrong", Assert.Throws<FormatException>(simulation.Run).Message);
            }

            Assert.Equal(goesOn is null ? [] : ["broken: wrong"], failed);
            Assert.Equal((true, "wrong"), (broken.IsCompleted, broken.Failure?.Message));
            Assert.Equal((goesOn == true, null), (whole.IsCompleted, whole.Failure));
        }

        static async Task Later()
        {
            await Task.Yield();
            throw new FormatException("wrong");
        }
    }

    [Fact]
    public void ThoseThatHaveEndedAreNotKeptForEver()
    {
        using Simulation simulation = new();
        Application runs = simulation.Start("server", () => new TaskCompletionSource().Task);
        for (int i = 0; i < 10_000; i++)
        {
            simulation.Start("connection", () => Task.CompletedTask);
            simulation.RunFor(Duration.FromMilliseconds(1));
        }

        Assert.Same(runs, simulation.Applications[0]);
        Assert.InRange(simulation.Applications.Count, 1, 1100);
    }
}

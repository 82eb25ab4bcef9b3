using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Scenarios.Fidelity;
using Scenarios.Tests.Bridge;
using SimStack;

namespace Scenarios.Tests.Fidelity;

/// <summary>The kernel and simulated hosts on the same link. In short: docs/fidelity.md has what twenty seeds show.</summary>
public class FidelityTests
{
    [Fact]
    public async Task KernelAndSimulationTakeAboutTheSameTime()
    {
        WanRun.RequireRoot();
        using TemporaryFolder folder = new();
        Sim.Result result = await Sim.Run(
            "bench", "fidelity", "--seeds", "3", "--jobs", "3", "--most-lag", "20ms", "--attempts", "8", "--rate", "5Mbit", "--delay", "20ms", "--loss", "2%", "--queue", "500", "--bytes", "400kB",
            "--out", folder.Path, "--json");
        Assert.SkipWhen(result.Status == 3 && result.Error.Contains("does not keep up", StringComparison.Ordinal), result.Error);
        Assert.True(result.Status is 0 or 1, result.Error + result.Output);
        using var document = JsonDocument.Parse(result.Output);
        JsonElement link = Assert.Single(document.RootElement.GetProperty("links").EnumerateArray());
        Assert.True(link.GetProperty("payloadsIntact").GetBoolean());
        Assert.True(link.GetProperty("sameLosses").GetBoolean());
        JsonElement[] figures = [.. link.GetProperty("figures").EnumerateArray()];
        Assert.Equal(["seconds", "retransmissions"], figures.Take(2).Select(f => f.GetProperty("name").GetString()));
        string[] table = File.ReadAllLines(Path.Combine(folder.Path, FidelityReport.TableName));
        Assert.Equal(1 + 2 * 3, table.Length);
        // Runs that the machine held up are thrown away, so that what is left is the stacks' doing: with the same frames lost the same goes again, in
        // the same number of segments. ACKs hang on when a program reads, and each run's time on when it wakes up.
        ILookup<string, Run> runs = table.Skip(1).Select(line => new Run(line.Split(','))).ToLookup(run => run.Hosts);
        (Run Kernel, Run Simulated)[] pairs = [.. runs["kernel"].Zip(runs["simulated"])];
        Assert.Equal(3, pairs.Length);
        Assert.All(pairs, pair =>
        {
            Assert.Equal(pair.Kernel.Seed, pair.Simulated.Seed);
            Assert.InRange(pair.Kernel.Lost, 1, pair.Kernel.Retransmissions);
            Assert.InRange(pair.Simulated.Lost, 1, pair.Simulated.Retransmissions);
            Assert.InRange(pair.Simulated.Retransmissions - pair.Kernel.Retransmissions, -1, 1);
            Assert.InRange(pair.Simulated.Timeouts - pair.Kernel.Timeouts, -1, 1);
            Assert.InRange(pair.Simulated.Frames - pair.Kernel.Frames, -4, 4);
        });
        // Whatever else the machine does makes the kernel's runs longer, never shorter, and not all of it is seen as a stall: `sim bench fidelity` on a machine of
        // its own is the judge of times.
        double[] apart = [.. pairs.Select(pair => (pair.Simulated.Seconds / pair.Kernel.Seconds) - 1).Order()];
        Assert.InRange(apart[1], -0.7, FidelityComparison.Tolerance);
        Assert.InRange(apart.Min(Math.Abs), 0, 0.25);
        Assert.NotNull(XDocument.Load(Path.Combine(folder.Path, "fidelity-own.svg")).Root);
    }

    /// <summary>A line of the table.</summary>
    private sealed class Run(string[] cells)
    {
        public string Hosts => cells[1];
        public string Seed => cells[2];
        public double Seconds => double.Parse(cells[3], CultureInfo.InvariantCulture);
        public int Retransmissions => int.Parse(cells[4], CultureInfo.InvariantCulture);
        public int Timeouts => int.Parse(cells[5], CultureInfo.InvariantCulture);
        public int Frames => int.Parse(cells[11], CultureInfo.InvariantCulture);
        public int Lost => cells[13].Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    [Theory]
    [InlineData("--rate: `10Mb` has the unit `Mb`", "--rate", "10Mb")]
    [InlineData("--bytes: `many` is not a size in bytes", "--bytes", "many")]
    [InlineData("--seeds takes a whole number above 0, not '0'", "--seeds", "0")]
    public async Task MistakesAreOneLine(string line, params string[] args)
    {
        Sim.Result result = (await Sim.Run(["bench", "fidelity", .. args])).Ended(2);
        Assert.StartsWith("sim bench fidelity: " + line, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void TheSimulatedSideIsTheSameEachTime()
    {
        FidelityLink link = FidelityLink.Usual[0] with { Bytes = 200_000 };
        TransferResult first = SimulatedTransfer.Run(link, 3), again = SimulatedTransfer.Run(link, 3), other = SimulatedTransfer.Run(link, 4);
        Assert.True(first.PayloadIntact && first.Losses.AgreesWith(again.Losses));
        Assert.Equal((first.Seconds, first.Retransmissions), (again.Seconds, again.Retransmissions));
        Assert.False(first.Losses.AgreesWith(other.Losses));
        Assert.NotEqual(first.Seconds, SimulatedTransfer.Run(link, 3, Duration.FromMilliseconds(5)).Seconds);
    }

    [Fact]
    public void MediansAndTheirDifference()
    {
        FidelityFigure figure = new("seconds", [1, 9, 2], [3, 2.2, 2, 1]);
        Assert.Equal(2, FidelityFigure.Quantile(figure.Kernel, 0.5));
        Assert.Equal(2.1, FidelityFigure.Quantile(figure.Simulated, 0.5), 9);
        Assert.Equal(0.05, figure.Difference, 9);
        Assert.True(figure.Agrees);
        Assert.False((figure with { Simulated = [2.31] }).Agrees);
        Assert.True(new FidelityFigure("timeouts", [0], [0]).Agrees);
        Assert.False(new FidelityFigure("timeouts", [0], [1]).Agrees);
    }

    [Fact]
    public void TheDocumentationHasEachLink()
    {
        string docs = Path.Combine(Repository(), "docs");
        string page = File.ReadAllText(Path.Combine(docs, "fidelity.md"));
        string[] table = File.ReadAllLines(Path.Combine(docs, "figures", FidelityReport.TableName));
        Assert.All(FidelityLink.Usual, link =>
        {
            Assert.Contains($"(figures/fidelity-{link.Name}.svg)", page, StringComparison.Ordinal);
            Assert.NotNull(XDocument.Load(Path.Combine(docs, "figures", $"fidelity-{link.Name}.svg")).Root);
            Assert.Equal(20, table.Count(line => line.StartsWith(link.Name + ",kernel,", StringComparison.Ordinal)));
        });
    }

    private static string Repository()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Simulator.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Simulator.sln is above no folder of the tests");
        }

        return folder.FullName;
    }
}

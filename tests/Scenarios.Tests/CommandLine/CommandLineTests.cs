namespace Scenarios.Tests.CommandLine;

/// <summary>Mistakes on the command line are one line on standard error and status 2; help and version are results.</summary>
public class CommandLineTests
{
    [Theory]
    [InlineData("sim: say what to do:")]
    [InlineData("sim: unknown command `lst`; did you mean `list`?", "lst")]
    [InlineData("sim: unknown command `dance`; commands: ", "dance")]
    [InlineData("sim: unknown option `--sed`; options: --help, --version", "--sed")]
    [InlineData("sim run: unknown option `--sed`; did you mean `--seed`?", "run", "handshake", "--sed", "7")]
    [InlineData("sim run: unknown option `--live`", "run", "handshake", "--live")]
    [InlineData("sim run: NAME|FILE is missing; an example: sim run handshake", "run")]
    [InlineData("sim run: `daytime` is one word too many; an example: sim run handshake", "run", "handshake", "daytime")]
    [InlineData("sim run: --seed needs a value: --seed N", "run", "handshake", "--seed")]
    [InlineData("sim run: --seed: `many` is not a whole number from 0 to 18446744073709551615, like --seed 7", "run", "handshake", "--seed", "many")]
    [InlineData("sim run: --seed: `-1` is not a whole number", "run", "handshake", "--seed=-1")]
    [InlineData("sim run: --format: `pcapnn` is not pcapng or pcap", "run", "handshake", "--format", "pcapnn")]
    [InlineData("sim run: --ladder: `some` is not all, none, or a number of lines", "run", "handshake", "--ladder", "some")]
    [InlineData("sim run: --profile: unknown name `linx`; did you mean `linux`?", "run", "handshake", "--profile", "linx")]
    [InlineData("sim run: --capture - and --json both want standard output; write --json=FILE", "run", "handshake", "--capture", "-", "--json")]
    [InlineData("sim run: --verify compares capture files; leave out --capture -", "run", "handshake", "--capture", "-", "--verify")]
    [InlineData("sim show: NAME is missing", "show")]
    [InlineData("sim: unknown scenario `daytme`; did you mean `daytime`?", "show", "daytme")]
    [InlineData("sim bench: unknown command `bul`; did you mean `bulk`?", "bench", "bul")]
    [InlineData("sim list: unknown option `--jsn`; did you mean `--json`?", "list", "--jsn")]
    [InlineData("sim list: `--json` stands behind `--`, where options are not read", "list", "--", "--json")]
    public async Task MistakesAreOneLine(string line, params string[] args)
    {
        Sim.Result result = (await Sim.Run(args)).Ended(2);
        Assert.StartsWith(line, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show")]
    [InlineData("run")]
    [InlineData("test")]
    [InlineData("record")]
    [InlineData("bench")]
    [InlineData("bench bulk")]
    [InlineData("bench handshakes")]
    [InlineData("bench fidelity")]
    [InlineData("bridge wan")]
    public async Task EveryCommandsHelpHasAnExample(string command)
    {
        Sim.Result result = (await Sim.Run([.. command.Split(' '), "--help"])).Ended(0);
        Assert.Contains($"\n  sim {command}", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task HelpListsTheCommands()
    {
        Sim.Result result = (await Sim.Run("--help")).Ended(0);
        Assert.Contains("  list ", result.Output, StringComparison.Ordinal);
        Assert.Contains("  sim run handshake\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheVersionIsOneLine() => Assert.Matches(@"^sim \d+\.\d+\.\d+\n$", (await Sim.Run("--version")).Ended(0).Output);
}

namespace Scenarios.Tests.Running;

/// <summary>A folder that cannot be written and a full disk: status 3, and a line with what to do.</summary>
public sealed class RefusedEnvironmentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AFolderThatCannotBeMade()
    {
        string file = _folder.Write("file", "");
        Sim.Result result = (await Sim.Run("run", "handshake", "--out", Path.Combine(file, "below"))).Ended(3);
        string line = Assert.Single(result.ErrorLines);
        Assert.StartsWith("sim: cannot create folder ", line, StringComparison.Ordinal);
        Assert.EndsWith("; choose a place that you may write to with --out DIR", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFolderThatCannotBeWritten()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        Sim.Result result = (await Sim.Run("run", "handshake", "--out", "/proc/self")).Ended(3);
        string line = Assert.Single(result.ErrorLines);
        Assert.StartsWith("sim: cannot write /proc/self/handshake.pcapng: ", line, StringComparison.Ordinal);
        Assert.EndsWith("; choose a place that you may write to with --out DIR", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("handshake.pcapng")]
    [InlineData("handshake.json")]
    public async Task AFullDisk(string file)
    {
        Full(file);
        Sim.Result result = (await Sim.Run("run", "handshake", "--out", _folder.Path, "--quiet")).Ended(3);
        string line = Assert.Single(result.ErrorLines);
        Assert.Contains(file, line, StringComparison.Ordinal);
        Assert.Contains("No space left on device", line, StringComparison.Ordinal);
        Assert.EndsWith("; free some space, or choose a place on another disk with --out DIR", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFullDiskInTheMiddleOfALongRun()
    {
        Full("lossy-transfer.pcapng");
        Sim.Result result = (await Sim.Run("run", "lossy-transfer", "--out", _folder.Path, "--quiet")).Ended(3);
        Assert.Contains("free some space", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AResultThatCannotBeReplacedStaysAsItWas()
    {
        Directory.CreateDirectory(_folder["handshake.json"]);
        Sim.Result result = (await Sim.Run("run", "handshake", "--out", _folder.Path, "--quiet")).Ended(3);
        Assert.Contains("handshake.json", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.True(Directory.Exists(_folder["handshake.json"]));
        Assert.False(File.Exists(_folder["handshake.json.tmp"]));
    }

    [Fact]
    public async Task StandardOutputOnAFullDisk()
    {
        Full("out");
        Sim.Result result = (await Sim.Shell(_folder.Path, "sim run handshake --quiet --capture - >out")).Ended(3);
        Assert.Contains("No space left on device", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        result = (await Sim.Shell(_folder.Path, "sim list >out")).Ended(3);
        Assert.Contains("No space left on device", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    // A link to the device that is always full stands in for the file.
    private void Full(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/dev/full"), "needs /dev/full");
        File.CreateSymbolicLink(_folder[name], "/dev/full");
    }
}

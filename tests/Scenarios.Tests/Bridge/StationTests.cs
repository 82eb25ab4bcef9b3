using SimNet.Tests;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary><c>sim bridge packet</c> and <c>sim bridge pcap</c>: a scenario's host on an interface that a kernel has.</summary>
public sealed class StationTests : IDisposable
{
    private const string Scenario = """
        name: station
        title: A host beside the system
        hosts:
          server: {addresses: [10.8.0.2/24, "fd08::2/64"]}
        applications:
          server:
            - http-server: {port: 80, resources: {/: hello}}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("packet", "http://10.8.0.2/")]
    [InlineData("pcap", "http://[fd08::2]/")]
    [InlineData("packet", "http://[fd08::2]/", "--promiscuous", "--mac", "02:00:00:00:08:09")]
    public async Task ServesAndIsReplayedTheSame(string kind, string url, params string[] options)
    {
        ExternalTool.Require("curl");
        using Cable cable = new();
        using var stop = new CancellationTokenSource();
        string[] arguments = Arguments(kind, cable, Scenario, options);
        Task<Sim.Result> session = Task.Factory.StartNew(
            () => Sim.Run(stop.Token, arguments), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        // Until it is there, nobody answers for the address.
        string page = cable.Peer.Run("curl", "-s", "--retry", "30", "--retry-all-errors", "--retry-delay", "0", "--retry-max-time", "30", "--connect-timeout", "2", "--max-time", "40", url);
        Assert.Equal("hello", page);
        await stop.CancelAsync();
        Sim.Result result = (await session).Ended(ExitStatus.Success);
        Assert.Contains("outside is ve1", result.Error, StringComparison.Ordinal);
        Assert.Contains("outside (ve1): ", result.Output, StringComparison.Ordinal);
        // The Ethernet address is a part of the recording.
        (await Sim.Run("replay", _folder["station.pcapng"], "--out", _folder.Path)).Ended(ExitStatus.Success);
    }

    [Theory]
    [InlineData("10.8.0.1", "10.8.0.1 belongs to ")]
    [InlineData("fd08::1", "fd08::1 belongs to ")]
    [InlineData("10.8.0.3", "10.8.0.3 is this system's own address")]
    public async Task AnAddressThatSomebodyHasIsRefused(string address, string message)
    {
        using Cable cable = new();
        string scenario = Scenario.Replace("[10.8.0.2/24, \"fd08::2/64\"]", $"[\"{address}/{(address.Contains(':') ? 64 : 24)}\"]", StringComparison.Ordinal);
        Sim.Result result = await Sim.Run(Arguments("packet", cable, scenario, ["--for", "10ms"]));
        Assert.Contains(message, Assert.Single(result.Ended(ExitStatus.EnvironmentRefused).ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SharingWithASystemThatForwardsIsWarnedOf()
    {
        using Cable cable = new();
        cable.Beside.Sysctl("net.ipv4.conf.ve1.forwarding", "1");
        Sim.Result result = await Sim.Run(Arguments("packet", cable, Scenario, ["--for", "10ms"]));
        Assert.Contains("warning: this system forwards packets", result.Ended(ExitStatus.Success).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--interface", "bridge", "packet", "--host", "any.yaml")]
    [InlineData("02:00:00:00:00:07", "bridge", "pcap", "--interface", "eth0", "--host", "any.yaml", "--mac", "fast")]
    public async Task WhatIsWrongIsSaid(string said, params string[] args) =>
        Assert.Contains(said, (await Sim.Run(args)).Ended(ExitStatus.BadRequest).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("packet", "--interface", "outside=ve1,inside=ve2", ExitStatus.BadRequest, "--interface: the scenario has no bridge `inside`; bridges: outside")]
    [InlineData("packet", "--interface", "nosuch", ExitStatus.EnvironmentRefused, "there is no interface nosuch")]
    [InlineData("pcap", "--interface", "nosuch", ExitStatus.EnvironmentRefused, "there is no interface nosuch")]
    [InlineData("pcap", "--interface", "lo", ExitStatus.EnvironmentRefused, "interface lo is not an Ethernet")]
    public async Task AnInterfaceThatDoesNotDoIsRefused(string kind, string option, string value, int status, string message)
    {
        using Cable cable = new();
        string[] arguments = Arguments(kind, cable, Scenario, []);
        arguments[Array.IndexOf(arguments, option) + 1] = value;
        Sim.Result result = await Sim.Run(arguments);
        Assert.Contains(message, Assert.Single(result.Ended(status).ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneInterfaceIsForOneStation()
    {
        string file = _folder.Write("two.yaml", """
            name: two
            hosts: {a: 10.8.0.2/24, b: 10.8.0.4/24}
            switches: [sw]
            bridges: [outside]
            links:
              - between: [a, sw]
              - between: [b, sw]
              - between: [outside, sw]
            """);
        Sim.Result result = await Sim.Run("bridge", "packet", "--interface", "ve1", "--host", file, "--out", _folder.Path);
        Assert.Contains("one interface of one host", result.Ended(ExitStatus.BadRequest).Error, StringComparison.Ordinal);
    }

    private string[] Arguments(string kind, Cable cable, string scenario, string[] options) =>
    [
        "bridge", kind, "--interface", "ve1", "--netns", cable.Beside.Name, "--host", _folder.Write("station.yaml", scenario), "--out", _folder.Path, .. options,
    ];
}

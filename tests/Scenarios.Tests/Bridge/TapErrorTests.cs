using SimNet.Capture;
using SimNet.Tests;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary>What <c>sim bridge tap</c> answers to wrong requests and to environments that refuse: one line, and the status.</summary>
public sealed class TapErrorTests : IDisposable
{
    private const string Scenario = """
        name: alone
        title: A host
        hosts:
          server: 10.9.0.2/24
        """;

    private const string Between = """
        name: between
        title: A network between two
        hosts: {}
        bridges: [left, right]
        links: [{between: [left, right]}]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("alone", "--name averyveryverylongname", "--name: `averyveryverylongname` is not a device's name")]
    [InlineData("alone", "--name a/b", "--name: `a/b` is not a device's name")]
    [InlineData("alone", "--name outsid=tap3", "--name: the scenario has no bridge `outsid`; did you mean `outside`?")]
    [InlineData("alone", "--name tap3,tap4", "--name: two devices for bridge `outside`; each has one")]
    [InlineData("alone", "--address 10.9.0.1", "--address: `10.9.0.1` is not an address with prefix length like 10.0.0.9/24 or fd00::9/64")]
    [InlineData("alone", "--address fd09::1/129", "--address: `fd09::1/129` is not an address")]
    [InlineData("alone", "--address 224.0.0.1/24", "--address: `224.0.0.1/24` is not an address")]
    [InlineData("alone", "--address ::1/128", "--address: `::1/128` is not an address")]
    [InlineData("alone", "--address 10.9.0.9/24 --address 10.9.0.2/24", "--address: 10.9.0.2 is the simulated host `server`'s address; give this machine's end another one of its network")]
    [InlineData("alone", "--mtu 60", "--mtu: `60` is not a number from 68 to 65521")]
    [InlineData("alone", "--for 1", "--for: `1` is not a time like 30s")]
    [InlineData("alone", "--max-lag -1s", "--max-lag: `-1s` is not a time like 50ms")]
    [InlineData("alone", "--format pcapx", "--format: `pcapx` is not pcapng or pcap")]
    [InlineData("alone", "--capture - --json", "--capture - and --json both want standard output; write --json=FILE")]
    [InlineData("between", "", "--name: no device for bridge `left`; write --name left=tap0, with a comma between several")]
    [InlineData("between", "--name tap0", "--name: `tap0` is for which of the bridges left, right? write --name left=tap0")]
    [InlineData("handshake", "", "every interface has a link; leave one without, or write `bridges: [outside]`")]
    [InlineData("nosuch", "", "unknown scenario `nosuch`")]
    public async Task AWrongRequestIsStatus2AndALine(string scenario, string options, string message)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "TAP devices are Linux's");
        string target = scenario switch
        {
            "alone" => _folder.Write("alone.yaml", Scenario),
            "between" => _folder.Write("between.yaml", Between),
            _ => scenario,
        };
        Sim.Result result = (await Sim.Run(
            ["bridge", "tap", "--host", target, "--out", _folder.Path, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)])).Ended(ExitStatus.BadRequest);
        Assert.Contains(message, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task AnEnvironmentThatRefusesIsStatus3AndALine()
    {
        using KernelNamespace kernel = new();
        string file = _folder.Write("alone.yaml", Scenario);
        await Refused("there is no network namespace sim-nowhere that can be opened", "--netns", "sim-nowhere");
        await Refused("TAP device lo: Invalid argument; there is an interface of that name that is no TAP device", "--netns", kernel.Name, "--name", "lo");
        await Refused("cannot create folder /proc/nowhere", "--netns", kernel.Name, "--out", "/proc/nowhere");
        using TapSession session = new(kernel, _folder, Scenario);
        await Refused("TAP device tap0: Device or resource busy; another program has it open", "--netns", kernel.Name, "--name", "tap0");
        session.Stop().Ended(ExitStatus.Success);

        async Task Refused(string message, params string[] options)
        {
            Sim.Result result = (await Sim.Run(["bridge", "tap", "--host", file, "--capture", "none", .. options])).Ended(ExitStatus.EnvironmentRefused);
            Assert.Contains(message, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ADeviceThatIsRemovedEndsTheSessionAndLeavesTheCapture()
    {
        using KernelNamespace kernel = new();
        using TapSession session = new(kernel, _folder, Scenario);
        kernel.Run("ping", "-c", "2", "-i", "0.02", "10.9.0.2");
        kernel.Run("ip", "link", "delete", "tap0");
        Sim.Result result = session.End().Ended(ExitStatus.EnvironmentRefused);
        Assert.Equal(3, result.ErrorLines.Length);
        Assert.Contains("packets at outside -> ", result.ErrorLines[1], StringComparison.Ordinal);
        Assert.Contains("tap0 can't be read any more", result.ErrorLines[2], StringComparison.Ordinal);
        using CaptureReader reader = CaptureReader.Open(_folder["scenario.pcapng"]);
        int count = 0;
        while (reader.TryRead(out CapturedPacket _))
        {
            count++;
        }

        Assert.True(count >= 4, $"{count} packets");
    }

    [Fact]
    public async Task ANetworkThatMakesEventsWithoutEndInNoTimeCanBeStopped()
    {
        using KernelNamespace kernel = new();
        string file = _folder.Write("zeno.yaml", """
            name: zeno
            title: A source on a link without a rate
            hosts:
              client: 10.9.0.3/24
              server: 10.9.0.2/24
            bridges: [outside]
            applications:
              server: [{source: {port: 19}}]
              client: [{connect: "server:19"}, {read: until-eof}]
            """);
        Sim.Result result = (await Sim.Run("bridge", "tap", "--host", file, "--netns", kernel.Name, "--capture", "none", "--for", "300ms")).Ended(ExitStatus.Success);
        Assert.StartsWith("unfaithful: the machine did not keep up", result.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void AUsersOwnDeviceTakesNoRootAndStays()
    {
        using KernelNamespace kernel = new();
        ExternalTool.Require("setpriv");
        kernel.Run("ip", "tuntap", "add", "mode", "tap", "user", "nobody", "name", "mine0");
        kernel.Run("ip", "address", "add", "10.9.0.1/24", "dev", "mine0");
        kernel.Run("ip", "link", "set", "mine0", "up");
        string copy = CopyOfTheProgram();

        _folder.Write("alone.yaml", Scenario);
        // The machine's own /dev/net/tun may be root's alone; here it is everybody's, as udev has it.
        string line = $"""
            set -e
            chmod -R a+rX {_folder.Path}; chmod 777 {_folder["out"]}
            mknod {_folder["tun"]} c 10 200; chmod 666 {_folder["tun"]}; mount --bind {_folder["tun"]} /dev/net/tun
            cd {_folder["out"]}
            run() ( exec setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME={_folder["out"]} DOTNET_CLI_HOME={_folder["out"]} dotnet {copy}/sim.dll bridge tap --host ../alone.yaml --for 500ms "$@" )
            run --name mine0 && echo first 0
            run --name other0 || echo second $?
            """;
        (int status, string output, string error) = kernel.TryRun("unshare", "-m", "bash", "-c", line);
        Assert.True(status == 0, output + error);
        Assert.Contains("first 0", output, StringComparison.Ordinal);
        Assert.Contains("aithful: ", output, StringComparison.Ordinal);
        Assert.Contains("second 3", output, StringComparison.Ordinal);
        Assert.Contains("ip tuntap add mode tap user $USER name other0", error, StringComparison.Ordinal);
        Assert.Contains("mine0", kernel.Run("ip", "link", "show", "mine0"), StringComparison.Ordinal);
    }

    // Where the program was built others may not read.
    private string CopyOfTheProgram()
    {
        Directory.CreateDirectory(_folder["out"]);
        Directory.CreateDirectory(_folder["sim"]);
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory).Where(f => Path.GetExtension(f) is ".dll" or ".json"))
        {
            File.Copy(file, Path.Combine(_folder["sim"], Path.GetFileName(file)));
        }

        return _folder["sim"];
    }
}

using System.Diagnostics;
using System.Globalization;
using SimNet.Capture;
using SimNet.Tests;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary><c>sim bridge tap</c> as a process that is ended in mid-transfer: its captures can be read, and its device is gone.</summary>
public sealed class KillTests : IDisposable
{
    private const string Scenario = """
        name: endless
        title: More than anybody waits for
        hosts:
          server: 10.9.0.2/24
        bridges: [outside]
        links:
          - {between: [outside, server], rate: 200Mbit, queue: 1000}
        applications:
          server:
            - http-server: {port: 80, resources: {/: {size: 1GiB}}}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task TheCaptureIsWholeAndTheDeviceGone(string signal)
    {
        ExternalTool.Require("curl");
        ExternalTool.Require("capinfos");
        using KernelNamespace kernel = new();
        _folder.Write("endless.yaml", Scenario);
        using Process process = Sim.Start(
            _folder.Path, null, "bridge", "tap", "--host", "endless.yaml", "--netns", kernel.Name, "--address", "10.9.0.1/24", "--capture", "server");
        await Grows(process, "endless.pcapng", 100);
        // What passed is in the file soon, and not only when there is much of it.
        kernel.Run("ping", "-c", "1", "-W", "20", "10.9.0.2");
        var clock = Stopwatch.StartNew();
        while (Packets(_folder["endless.pcapng"]) < 4)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30) && !process.HasExited, "the ping does not get into the file");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        kernel.Start("curl", "-s", "-o", "/dev/null", "--retry", "20", "--retry-connrefused", "http://10.9.0.2/");
        await Grows(process, "endless.server.eth0.pcapng", 3_000_000);
        using (Process kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Sim.Result result = await Sim.End(process);
        kernel.Enter(() => Assert.False(Directory.Exists("/proc/sys/net/ipv4/conf/tap0"), "the device is still there"));
        foreach (string name in (string[])["endless.pcapng", "endless.server.eth0.pcapng"])
        {
            Assert.True(Packets(_folder[name]) > 1000);
            ExternalTool.Run("capinfos", _folder[name]);
        }

        Assert.Empty(ExternalTool.Run("tshark", "-n", "-r", _folder["endless.pcapng"], "-Y", "frame.len > 9000").Output);
        if (signal == "KILL")
        {
            Assert.Equal(137, result.Status);
            return;
        }

        result.Ended(ExitStatus.Success);
        Assert.Contains("aithful: ", result.Lines[^1], StringComparison.Ordinal);
        Assert.Contains("packets at outside -> ", result.Error, StringComparison.Ordinal);
    }

    private static int Packets(string path)
    {
        using CaptureReader reader = CaptureReader.Open(path);
        int count = 0;
        while (reader.TryRead(out CapturedPacket _))
        {
            count++;
        }

        return count;
    }

    private async Task Grows(Process process, string name, long length)
    {
        var clock = Stopwatch.StartNew();
        while (!(File.Exists(_folder[name]) && new FileInfo(_folder[name]).Length > length))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60) && !process.HasExited, $"{name} does not grow");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}

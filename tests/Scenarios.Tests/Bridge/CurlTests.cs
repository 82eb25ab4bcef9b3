using System.Security.Cryptography;
using SimNet.Tests;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary>A simulated HTTP server and the machine's curl.</summary>
public sealed class CurlTests : IDisposable
{
    private const int Large = 10_000_000;

    private const string Scenario = """
        name: web
        title: A web server behind a link of 2 ms
        hosts:
          server: {addresses: [10.9.0.2/24, "fd09::2/64"]}
        bridges: [outside]
        links:
          - {between: [outside, server], delay: 2ms}
        applications:
          server:
            - http-server:
                port: 80
                resources:
                  /: "Hello from the simulation\n"
                  /large: {text: "0123456789", size: 10MB, type: application/octet-stream}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("[fd09::2]")]
    public void CurlIsServed(string host)
    {
        ExternalTool.Require("curl");
        using KernelNamespace kernel = new();
        using TapSession session = new(kernel, _folder, Scenario, "--capture", "none");
        KeepAlive(kernel, host);
        Body(kernel, host);
        Parallel(kernel, host);
        Sim.Result result = session.Stop().Ended(ExitStatus.Success);
        Assert.Contains("GET /large 200, 10000000 bytes", result.Error, StringComparison.Ordinal);
        kernel.Enter(() => Assert.False(Directory.Exists("/proc/sys/net/ipv4/conf/tap0"), "the device is still there"));
    }

    // Two requests of one curl: the second needs no connection of its own.
    private static void KeepAlive(KernelNamespace kernel, string host)
    {
        (int status, string output, string error) = kernel.TryRun("curl", "-sSgv", "--max-time", "20", "-w", "<%{num_connects}>", $"http://{host}/", $"http://{host}/");
        Assert.Equal(0, status);
        Assert.Equal("Hello from the simulation\n<1>Hello from the simulation\n<0>", output);
        Assert.Contains("Re-using existing connection", error, StringComparison.Ordinal);
    }

    private void Body(KernelNamespace kernel, string host)
    {
        string file = _folder["large"];
        kernel.Run("curl", "-sSg", "--max-time", "30", "-o", file, $"http://{host}/large");
        byte[] expected = [.. Enumerable.Range(0, Large).Select(i => (byte)('0' + i % 10))];
        Assert.Equal(Convert.ToHexString(SHA256.HashData(expected)), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
    }

    private static void Parallel(KernelNamespace kernel, string host)
    {
        string output = kernel.Run(
            "curl", "-sS", "--max-time", "30", "--parallel", "--parallel-immediate", "--parallel-max", "100", "-o", "/dev/null",
            "-w", "%{http_code} %{num_connects} %{size_download}\n", $"http://{host}/?number=[1-100]");
        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal(100, lines.Length);
        Assert.All(lines, line => Assert.Equal("200 1 26", line));
    }
}

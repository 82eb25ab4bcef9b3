using SimNet.Tests;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary>ping and traceroute of the machine, through a simulated router to a simulated host behind it.</summary>
public sealed class RoutedTests : IDisposable
{
    private const string Scenario = """
        name: routed
        title: A host behind a router
        hosts:
          far: {addresses: [10.9.7.2/24, "fd09:7::2/64"], gateway: router}
        routers:
          router:
            interfaces:
              eth0: {addresses: [10.9.0.254/24, "fd09::fe/64"]}
              eth1: {addresses: [10.9.7.254/24, "fd09:7::fe/64"]}
        bridges: [outside]
        links:
          - {between: [outside, router.eth0], delay: 1ms}
          - {between: [router.eth1, far], delay: 1ms}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("10.9.7.2", "10.9.0.254", "10.9.7.0/24", "-4")]
    [InlineData("fd09:7::2", "fd09::fe", "fd09:7::/64", "-6")]
    public void PingAndTraceroutePassTheRouter(string far, string router, string network, string family)
    {
        ExternalTool.Require("ping");
        ExternalTool.Require("traceroute");
        using KernelNamespace kernel = new();
        using TapSession session = new(kernel, _folder, Scenario);
        kernel.Run("ip", family, "route", "add", network, "via", router);
        Assert.Contains("3 received", kernel.Run("ping", "-n", "-c", "3", "-i", "0.05", "-W", "10", far), StringComparison.Ordinal);
        string fragmented = kernel.Run("ping", "-n", "-c", "2", "-i", "0.05", "-W", "10", "-s", "8000", far);
        Assert.Contains("2 received", fragmented, StringComparison.Ordinal);
        Assert.Contains("8008 bytes from", fragmented, StringComparison.Ordinal);
        foreach (string probe in (string[])["--udp", "-I"])
        {
            // The UDP probes go to ports that nobody has; three of each hop, none of it in a hurry.
            string[] method = probe == "-I" ? ["-I"] : [];
            string route = kernel.Run("traceroute", [family, "-n", "-m", "4", "-w", "5", .. method, far]);
            string[] hops = [.. route.TrimEnd('\n').Split('\n').Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])];
            Assert.Equal([router, far], hops);
        }

        session.Stop().Ended(ExitStatus.Success);
        string fragments = ExternalTool.Run("tshark", "-r", _folder["scenario.pcapng"], "-Y", "ip.flags.mf == 1 || ipv6.fraghdr.more == 1").Output;
        Assert.True(fragments.Split('\n').Length > 20, fragments);
    }
}

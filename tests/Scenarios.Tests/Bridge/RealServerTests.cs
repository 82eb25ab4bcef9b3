using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SimNet.Tests;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary>A simulated HTTP client and a real server.</summary>
public sealed class RealServerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("10.9.0.1", "0.0.0.0")]
    [InlineData("fd09::1", "::")]
    public void ASimulatedClientFetchesFromPythonsServer(string address, string any)
    {
        ExternalTool.Require("python3");
        byte[] content = new byte[1_000_000];
        new Random(17).NextBytes(content);
        Directory.CreateDirectory(_folder["root"]);
        File.WriteAllBytes(_folder["root/data.bin"], content);
        using KernelNamespace kernel = new();
        kernel.Start("python3", "-m", "http.server", "8000", "--bind", any, "--directory", _folder["root"]);
        WaitForListener(kernel, any == "::" ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        string url = $"http://{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:8000/data.bin";
        string hash = Convert.ToHexStringLower(SHA256.HashData(content));
        using TapSession session = new(kernel, _folder, $$$"""
            name: fetch
            title: A client
            hosts:
              client: {addresses: [10.9.0.2/24, "fd09::2/64"]}
            applications:
              client:
                - {http-get: "{{{url}}}", expect: {status: 200, result: 1000000, sha256: {{{hash}}}}}
                - {http-get: "{{{url}}}x", expect: {status: 404}}
            """);
        session.WaitFor("data.binx 404");
        Sim.Result result = session.Stop().Ended(ExitStatus.Success);
        Assert.Contains($"data.bin 200, 1000000 bytes, sha256 {hash}", result.Error, StringComparison.Ordinal);
        Assert.Contains("2 of 2 steps were as expected", result.Output, StringComparison.Ordinal);
        ExternalTool.Run("capinfos", _folder["scenario.pcapng"]);
    }

    [Fact]
    public void AStepThatEndsOtherwiseIsToldAndIsTheStatus()
    {
        using KernelNamespace kernel = new();
        using TapSession session = new(kernel, _folder, """
            name: refused
            title: Nobody serves
            hosts:
              client: 10.9.0.2/24
            applications:
              client:
                - {http-get: "http://10.9.0.1:8000/", expect: {status: 200}}
            """);
        session.WaitFor("ECONNREFUSED");
        Sim.Result result = session.Stop().Ended(ExitStatus.ExpectationFailed);
        Assert.Contains("FAIL  client: http GET 10.9.0.1:8000/ (", result.Output, StringComparison.Ordinal);
        Assert.Contains("scenario.yaml:7): expected status 200, got -1 ECONNREFUSED", result.Output, StringComparison.Ordinal);
        Assert.Contains("0 of 1 step was as expected", result.Output, StringComparison.Ordinal);
    }

    private static void WaitForListener(KernelNamespace kernel, IPAddress address) => kernel.Enter(() =>
    {
        for (int i = 0; ; i++)
        {
            try
            {
                using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect(address, 8000);
                return;
            }
            catch (SocketException) when (i < 1000)
            {
                Thread.Sleep(20);
            }
        }
    });
}

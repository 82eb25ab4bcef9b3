using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SimNet.Tests.Bridge;

namespace SimNet.Hosting.Tests;

/// <summary>samples/HostedBridge as a program of its own.</summary>
public class SampleTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "HostedBridge.dll");

    [Fact]
    public async Task ItServesAndEndsCleanly()
    {
        using KernelNamespace kernel = new();
        ProcessStartInfo start = new("dotnet", ["exec", Program]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SimBridge__Device__Name"] = "tap0";
        start.Environment["SimBridge__Device__NetworkNamespace"] = kernel.Name;
        start.Environment["SimBridge__Device__Addresses__0"] = "10.99.0.1/24";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            Assert.Contains("A simulated host says hello", Get(kernel), StringComparison.Ordinal);
            using Process signal = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            Assert.True(process.WaitForExit(30_000));
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        string log = await output;
        Assert.Contains("Bridge: outside is tap0, MTU 1500", log, StringComparison.Ordinal);
        Assert.Contains("Bridge: ended after", log, StringComparison.Ordinal);
        Assert.NotEqual(0, kernel.TryRun("ip", "link", "show", "tap0").Status);
    }

    /// <summary>Asks until the program is there, half a minute at most.</summary>
    private static string Get(KernelNamespace kernel)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using Socket socket = kernel.Enter(() => new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 });
                socket.Connect(new IPEndPoint(IPAddress.Parse("10.99.0.2"), 80));
                socket.Send("GET / HTTP/1.1\r\nHost: sample\r\n\r\n"u8);
                StringBuilder answer = new();
                byte[] buffer = new byte[1000];
                while (socket.Receive(buffer) is var count and > 0)
                {
                    answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
                }

                return answer.ToString();
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30))
            {
                Thread.Sleep(20);
            }
        }
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SimNet.Capture;
using SimNet.Tests;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary><c>sim bridge tap</c> with offload: many bytes both ways, recorded, and run again in virtual time.</summary>
public sealed class OffloadSessionTests : IDisposable
{
    private const int Bytes = 2_000_000;
    private const string Clear = "{between: [outside, server]}";
    private const string Lossy = "{between: [outside, server], loss: 1%, delay: 100us}";
    private const string LossyIn = "{between: [outside, server], outside->server: {loss: 1%}}";
    private const string LossyOut = "{between: [outside, server], server->outside: {loss: 1%}}";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <param name="link">Between port and host; what it does to packets must be done to segments.</param>
    /// <param name="address">The host's.</param>
    /// <param name="offload">How it is asked for: the option, or the scenario.</param>
    /// <param name="longIn">Long packets may come in.</param>
    /// <param name="longOut">They may leave.</param>
    [Theory]
    [InlineData(Clear, "10.9.0.2", "--offload", true, true)]
    [InlineData(Clear, "fd09::2", "bridges", true, true)]
    [InlineData(LossyIn, "10.9.0.2", "bridges", false, true)]
    [InlineData(LossyOut, "10.9.0.2", "--offload", true, false)]
    [InlineData(Lossy, "fd09::2", "--offload", false, false)]
    public async Task ARecordedSessionIsReplayedByteForByte(string link, string address, string offload, bool longIn, bool longOut)
    {
        string recording = Record(link, address, offload);
        List<(CaptureDirection Direction, int Length, string? Comment)> packets = Read(recording);
        Assert.Contains(packets, p => p.Comment?.Contains("sim-port-offload receive device", StringComparison.Ordinal) == true);
        Assert.Equal(longIn, packets.Exists(p => p is { Direction: CaptureDirection.Inbound, Length: > 1514 }));
        Assert.Equal(longOut, packets.Exists(p => p is { Direction: CaptureDirection.Outbound, Length: > 1514 }));
        Assert.All(packets, p => Assert.True(p.Length <= 1514 || p.Comment!.Contains("sim-segments ", StringComparison.Ordinal)));

        Sim.Result result = (await Sim.Run("replay", recording, "--capture", "ports", "--out", _folder["again"])).Ended(ExitStatus.Success);
        Assert.Matches(@"^\d+ frames in, \d+ frames out: identical$", Assert.Single(result.Lines));
        Assert.Equal(
            await File.ReadAllBytesAsync(recording, TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Path.Combine(_folder["again"], "scenario.replay.pcapng"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void OthersFindNothingWrongWithARecording()
    {
        ExternalTool.Require("tshark");
        string recording = Record(Clear, "10.9.0.2", "--offload");
        Assert.Empty(Tshark(recording, "_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0").Trim());
        Assert.NotEmpty(Tshark(recording, "frame.comment contains \"sim-segments 1448\" && tcp.len > 1448").Trim());
    }

    [Theory]
    [InlineData("packet")]
    [InlineData("pcap")]
    public async Task AnInterfaceThatCannotHaveItIsALine(string kind)
    {
        string file = _folder.Write("mine.yaml", Scenario(Clear, "bridges"));
        Sim.Result result = (await Sim.Run("bridge", kind, "--interface", "lo", "--host", file, "--for", "10ms")).Ended(ExitStatus.BadRequest);
        Assert.Contains(
            "bridge `outside` is to have offload, which an interface that others use can't give; leave it out with --set bridges.outside.offload=false",
            Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheScenariosWordIsChecked()
    {
        string file = _folder.Write("mine.yaml", Scenario(Clear, "bridges").Replace("offload: true", "offload: maybe", StringComparison.Ordinal));
        Sim.Result result = (await Sim.Run("run", file)).Ended(ExitStatus.BadRequest);
        Assert.Contains("offload", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    private static string Scenario(string link, string offload) => $$"""
        name: scenario
        hosts:
          server: {addresses: [10.9.0.2/24, "fd09::2/64"]}
        bridges:
          outside: {device: tap0, offload: {{(offload == "bridges" ? "true" : "false")}} }
        links:
          - {{link}}
        applications:
          server:
            - http-server:
                port: 8000
                resources:
                  /: {size: {{Bytes.ToString(CultureInfo.InvariantCulture)}} }
            - echo
        """;

    /// <returns>The recording.</returns>
    private string Record(string link, string address, string offload)
    {
        using KernelNamespace kernel = new();
        using TapSession session = new(kernel, _folder, Scenario(link, offload), offload == "bridges" ? [] : [offload]);
        using (Socket socket = Connect(kernel, address, 8000))
        {
            socket.Send("GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n"u8);
            Assert.True(ReadAll(socket).Length > Bytes);
        }

        using (Socket socket = Connect(kernel, address, 7))
        {
            byte[] payload = new byte[Bytes];
            new Random(1).NextBytes(payload);
            Task<byte[]> echoed = Task.Run(() => ReadAll(socket));
            socket.Send(payload);
            socket.Shutdown(SocketShutdown.Send);
            Assert.Equal(SHA256.HashData(payload), SHA256.HashData(echoed.GetAwaiter().GetResult()));
        }

        session.Stop().Ended(ExitStatus.Success);
        return _folder["scenario.pcapng"];
    }

    private static Socket Connect(KernelNamespace kernel, string address, int port) => kernel.Enter(() =>
    {
        const int TCP_CONGESTION = 13;
        IPAddress to = IPAddress.Parse(address);
        Socket made = new(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000, SendTimeout = 20_000 };
        made.SetRawSocketOption((int)ProtocolType.Tcp, TCP_CONGESTION, "cubic"u8);
        made.Connect(new IPEndPoint(to, port));
        return made;
    });

    private static byte[] ReadAll(Socket socket)
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[65_536];
        while (socket.Receive(buffer) is var count and > 0)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    private static string Tshark(string path, string filter) => ExternalTool.Run(
        "tshark", "-n", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-r", path, "-Y", filter).Output;

    private static List<(CaptureDirection Direction, int Length, string? Comment)> Read(string path)
    {
        using CaptureReader reader = CaptureReader.Open(path);
        List<(CaptureDirection, int, string?)> packets = [];
        while (reader.TryRead(out CapturedPacket packet))
        {
            packets.Add((packet.Direction, packet.CapturedLength, packet.Comment));
        }

        return packets;
    }
}

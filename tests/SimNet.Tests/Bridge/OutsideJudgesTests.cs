using System.Net;
using System.Net.Sockets;
using System.Text;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Programs that tell systems apart by how they answer, and some that overwhelm them.</summary>
public class OutsideJudgesTests
{
    private const int Filtered = 443;
    private const int Backlog = 100;

    [Theory]
    [InlineData("linux", "Linux 2.2.x-3.x", "generic")] // Its signatures end with 3.x: windows of 44 segments came with Linux 4.
    [InlineData("linux26", "Linux 3.1-3.10", "none")]
    [InlineData("windows", "Windows 7 or 8", "none")]
    [InlineData("freebsd", "FreeBSD 9.x or newer", "fuzzy")] // Its identification was not 0 then.
    public void P0fNamesTheSystemByItsSyn(string profile, string system, string match)
    {
        ExternalTool.Require("p0f");
        using TemporaryFolder folder = new();
        string capture = Path.Combine(folder.Path, "syn.pcap");
        Assert.True(Profile.TryGet(profile, out Profile known));
        using (Simulation simulation = new(new SimulationOptions()))
        using (FileStream stream = File.Create(capture))
        using (PcapWriter writer = new(stream, new PcapOptions()))
        {
            (SimHost client, SimHost server) = (simulation.AddHost(new SimHostOptions { Name = "client", Profile = known }), simulation.AddHost("server"));
            (HostInterface near, HostInterface far) = (client.AddInterface(), server.AddInterface());
            near.AddAddress(IpAddress.Parse("10.7.0.1"), 24);
            far.AddAddress(IpAddress.Parse("10.7.0.2"), 24);
            simulation.AddLink(near, far);
            using CaptureSession session = new(simulation, writer, [near]);
            server.Start(async host =>
            {
                using SimTcpStream stream = await host.Listen(new IpEndpoint(IpAddress.Parse("10.7.0.2"), 80)).AcceptAsync();
            });
            client.Start(async host =>
            {
                using SimTcpStream stream = await host.ConnectAsync(new IpEndpoint(IpAddress.Parse("10.7.0.2"), 80));
            });
            simulation.Run();
        }

        string output = ExternalTool.Run("p0f", "-r", capture).Output;
        string[] lines = output[output.IndexOf("(syn) ]-", StringComparison.Ordinal)..].Split('\n');
        Assert.Contains("| os       = " + system, lines);
        Assert.Contains("| dist     = 0", lines);
        Assert.Equal("| params   = " + match, lines.First(l => l.StartsWith("| params", StringComparison.Ordinal)));
    }

    [Fact]
    public void NmapFindsThePortsAndTheServices()
    {
        ExternalTool.Require("nmap");
        using KernelNamespace kernel = new();
        using BridgedHost bridged = Serve(kernel);
        string output = kernel.Run("nmap", "-n", "-sS", "-sV", "-T4", "--max-retries", "1", "-p", "21,22,81,443", "10.9.0.2");
        Assert.Matches(@"22/tcp\s+open\s+ssh\s+OpenSSH 9\.2", output);
        Assert.Matches(@"21/tcp\s+open\s+ftp\s+vsftpd 3\.0\.5", output);
        Assert.Matches(@"81/tcp\s+closed", output);
        Assert.Matches(@"443/tcp\s+filtered", output);
        string six = kernel.Run("nmap", "-6", "-n", "-sS", "-T4", "--max-retries", "1", "-p", "80,81,443", "fd09::2");
        Assert.Matches(@"80/tcp\s+open", six);
        Assert.Matches(@"81/tcp\s+closed", six);
        Assert.Matches(@"443/tcp\s+filtered", six);
    }

    [Fact]
    public void NmapRatesTheNumbersAsLinuxs()
    {
        ExternalTool.Require("nmap");
        using KernelNamespace kernel = new();
        using BridgedHost bridged = Serve(kernel);
        string output = kernel.Run("nmap", "-n", "-O", "-v", "-dd", "--max-os-tries", "1", "--osscan-guess", "-T4", "--max-retries", "1", "-p", "80,81", "10.9.0.2");
        Assert.Matches(@"TCP Sequence Prediction: Difficulty=2\d\d \(Good luck!\)", output);
        Assert.Matches(@"IP ID Sequence Generation: All zeros", output);
        Assert.Matches(@"OS guesses: Linux|OS details: Linux|Running.*: Linux", output);
        // What a real Linux 6.18 answers nmap's probes with: options and windows of SYN-ACKs, which probes it answers at all, what its ICMP quotes.
        foreach (string line in new[]
        {
            "%TI=Z%CI=Z%II=I%",
            "OPS(O1=M5B4ST11NWA%O2=M5B4ST11NWA%O3=M5B4NNT11NWA%O4=M5B4ST11NWA%O5=M5B4ST11NWA%O6=M5B4ST11)",
            "WIN(W1=FE88%W2=FE88%W3=FE88%W4=FE88%W5=FE88%W6=FE88)",
            "ECN(R=Y%DF=Y%T=40%W=FAF0%O=M5B4NNSNWA%CC=Y%Q=)",
            "T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)", "T2(R=N)", "T3(R=N)", "T4(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)",
            "T5(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)", "T6(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)",
            "T7(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)", "U1(R=Y%DF=N%T=40%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)",
            "IE(R=Y%DFI=N%T=40%CD=S)",
        })
        {
            Assert.Contains(line, output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--rand-source -S -p 80")]
    [InlineData("--rand-source -A -p 80")]
    [InlineData("-S -p ++1")]
    [InlineData("--rand-source --udp -p ++1 -d 100")]
    [InlineData("--rand-source --icmp -d 1400 -f")]
    public void AFloodLeavesTheHostUpAndItsQueuesBounded(string flood)
    {
        ExternalTool.Require("hping3");
        using KernelNamespace kernel = new();
        using BridgedHost bridged = Serve(kernel);
        Assert.Equal("hello\n", Fetch(kernel));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        // SIGINT ends it with what it counted.
        _ = kernel.TryRun("timeout", ["-s", "INT", "0.7", "hping3", "--flood", "-q", "-n", .. flood.Split(' '), "10.9.0.2"]);
        Assert.Equal("hello\n", Fetch(kernel));
        Assert.True(bridged.Device.Counters.RxFrames > 1000, $"only {bridged.Device.Counters.RxFrames} frames came in");
        SocketTableRow listener = bridged.Do(() => Listener(bridged.Host));
        Assert.InRange(listener.SynQueue, 0, listener.SynQueueLimit);
        Assert.InRange(listener.RecvQ, 0, listener.SendQ + 1);
        if (flood.Contains("rand-source -S", StringComparison.Ordinal))
        {
            Assert.Contains(bridged.Do(() => bridged.Host.Stack.Counters.NonZero().ToArray()), c => c.Key == "TcpExtSyncookiesSent");
        }

        // What is kept is bounded by the size of tables, not by what came in.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 32 << 20);
    }

    [Fact]
    public void OddFlagsLeaveTheHostUp()
    {
        ExternalTool.Require("hping3");
        using KernelNamespace kernel = new();
        using BridgedHost bridged = Serve(kernel);
        // No flags, all, and combinations that no stack sends: to an open and a closed port, with data, with an offset beyond the end and before the header's.
        string[] flags = ["", "-SFRPAUXY", "-SF", "-SR", "-FPU", "-RA", "-SAF", "-SXY"];
        string[] others = ["-p 80 -d 9", "-p 81 -O 15", "-p 80 -O 1"];
        IEnumerable<string> calls = flags.SelectMany(f => others.Select(rest => $"hping3 -q -n -c 5 -i u500 {f} {rest} 10.9.0.2 >/dev/null 2>&1 &"));
        kernel.Run("sh", "-c", string.Join('\n', calls.Append("wait")));
        Assert.Equal("hello\n", Fetch(kernel));
        Assert.True(bridged.Device.Counters.RxFrames >= flags.Length * others.Length * 5, $"only {bridged.Device.Counters.RxFrames} frames came in");
    }

    private static SocketTableRow Listener(SimHost host)
    {
        List<SocketTableRow> rows = [];
        host.Stack.GetSocketTable(rows);
        return rows.First(r => r.State == TcpState.Listen && r.Local.Port == 80);
    }

    private static string Fetch(KernelNamespace kernel)
    {
        using Socket socket = kernel.Enter(() =>
        {
            Socket made = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
            made.Connect(new IPEndPoint(IPAddress.Parse("10.9.0.2"), 80));
            return made;
        });
        socket.Send("GET / HTTP/1.0\r\n\r\n"u8);
        using StreamReader reader = new(new NetworkStream(socket));
        string answer = reader.ReadToEnd();
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }

    private static BridgedHost Serve(KernelNamespace kernel) => new(kernel, prepare: bridged =>
    {
        bridged.Link.AddRule(new NthMatchRule(new FrameMatch { Protocol = IpProtocol.Tcp, DestinationPort = Filtered }, FaultAction.Drop));
        bridged.Host.AddDefaultRoute(bridged.Host.Interfaces[0], IpAddress.Parse("10.9.0.1"));
        bridged.Host.Start(host => Answer(host, 22, "SSH-2.0-OpenSSH_9.2\r\n", ""));
        bridged.Host.Start(host => Answer(host, 21, "220 (vsFTPd 3.0.5)\r\n", ""));
        bridged.Host.Start(host => Answer(host, 80, "", "HTTP/1.0 200 OK\r\nServer: sim\r\n\r\nhello\n"));
    });

    /// <summary>Greets, reads once, answers and closes, one connection beside the other.</summary>
    private static async Task Answer(SimHost host, ushort port, string greeting, string answer)
    {
        SimTcpListener listener = host.Listen(new IpEndpoint(IpAddress.AnyV6, port), Backlog);
        while (true)
        {
            SimTcpStream stream = await listener.AcceptAsync();
            host.Start(async _ =>
            {
                using (stream)
                {
                    try
                    {
                        await stream.WriteAsync(Encoding.ASCII.GetBytes(greeting));
                        if (await stream.ReadAsync(new byte[4096]) > 0)
                        {
                            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
                        }
                    }
                    catch (SimSocketException)
                    {
                        // Scanners reset their connections.
                    }
                }
            });
        }
    }
}

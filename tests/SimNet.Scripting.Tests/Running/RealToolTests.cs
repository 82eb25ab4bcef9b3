using System.ComponentModel;
using System.Diagnostics;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Tests.Running;

/// <summary>The catalogue's captures, read by the programs that people use. Skipped where those are not installed.</summary>
public sealed class RealToolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("scenario-captures-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Tcpdump_prints_daytime_as_it_once_did()
    {
        string[] expected =
        [
            "14:52:19.772673 IP 192.168.11.223.55081 > 192.168.11.220.10000: Flags [S], seq 1925249825, win 14600, options [mss 1460,sackOK,TS val 11741993 ecr 0,nop,wscale 6], length 0",
            "14:52:19.772695 IP 192.168.11.220.10000 > 192.168.11.223.55081: Flags [S.], seq 821610649, ack 1925249826, win 14480, options [mss 1460,sackOK,TS val 20292985 ecr 11741993,nop,wscale 7], length 0",
            "14:52:19.773256 IP 192.168.11.223.55081 > 192.168.11.220.10000: Flags [.], ack 821610650, win 229, options [nop,nop,TS val 11741994 ecr 20292985], length 0",
            "14:52:39.773434 IP 192.168.11.220.10000 > 192.168.11.223.55081: Flags [P.], seq 821610650:821610676, ack 1925249826, win 114, options [nop,nop,TS val 20312985 ecr 11741994], length 26",
            "14:52:39.774208 IP 192.168.11.223.55081 > 192.168.11.220.10000: Flags [.], ack 821610676, win 229, options [nop,nop,TS val 11761994 ecr 20312985], length 0",
        ];
        string[] lines = Run("tcpdump", "-n", "-S", "-r", Capture("daytime"));
        Assert.Equal(expected, lines.Take(5));
        Assert.Equal(8, lines.Length);
        Assert.Contains("Flags [F.], seq 821610676, ack 1925249826,", lines[5]);
        Assert.Contains("Flags [F.], seq 1925249826, ack 821610677,", lines[6]);
        Assert.Contains("Flags [.], ack 1925249827,", lines[7]);
    }

    [Theory]
    [MemberData(nameof(CatalogueTests.Names), MemberType = typeof(CatalogueTests))]
    public void Tshark_finds_nothing_broken(string name)
    {
        string capture = Capture(name);
        string[] broken = Run(
            "tshark", "-r", capture, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
            // Of a segment that an ICMP error quotes in part, Wireshark calls the checksum bad.
            "-Y", "_ws.malformed || ip.checksum.status == 0 || (!icmp && !icmpv6 && (tcp.checksum.status == 0 || _ws.expert.severity == error))");
        Assert.Equal([], broken);
    }

    [Fact]
    public void Two_runs_give_the_same_bytes_and_two_seeds_other_ones()
    {
        byte[] first = File.ReadAllBytes(Capture("lossy-transfer"));
        Assert.Equal(first, File.ReadAllBytes(Capture("lossy-transfer")));
        Assert.NotEqual(first, File.ReadAllBytes(Capture("lossy-transfer", seed: 2)));
    }

    private string Capture(string name, ulong? seed = null)
    {
        ScenarioDefinition scenario = ScenarioScript.Load(Path.Combine(Repository.Root, "src", "Scenarios", "Catalogue", name + ".yaml"));
        string path = Path.Combine(_folder, name + ".pcapng");
        CaptureSession? session = null;
        using (PcapngWriter writer = PcapngWriter.Create(path))
        {
            ScenarioRunner.Run(scenario, new RunOptions
            {
                Seed = seed,
                Prepare = simulation =>
                {
                    SimHost host = simulation.Hosts.First(h => h.Name == scenario.Capture.Host);
                    HostInterface port = scenario.Capture.Interface == "lo" ? host.Loopback : host.Interfaces.First(i => i.ShortName == scenario.Capture.Interface);
                    session = new CaptureSession(simulation, writer, [port]);
                },
            });
            session!.Dispose();
        }

        return path;
    }

    private static string[] Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TZ"] = "UTC";
        try
        {
            using Process process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
            throw;
        }
    }
}

using System.Globalization;
using SimNet.Links;
using SimNet.Random;
using SimStack;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>
/// Many bytes each way between the kernel and a simulated host, with hashes. The environment variable SIM_BULK_BYTES says how many: 200000000
/// for the long run (eng/test.sh has 20 MB, and less where the link loses).
/// </summary>
public class BulkTests(ITestOutputHelper output)
{
    private static readonly long? Bytes = long.TryParse(Environment.GetEnvironmentVariable("SIM_BULK_BYTES"), CultureInfo.InvariantCulture, out long bytes) ? bytes : null;

    // Nothing is lost, so nothing may be sent twice. A timer that goes off while the machine is busy with something else is no news about
    // the stack; both have theirs set high.
    [Theory]
    [InlineData("ipv4", true)]
    [InlineData("ipv6", true)]
    [InlineData("ipv4", false)]
    [InlineData("ipv6", false)]
    public void AllArrivesAndNothingTwice(string version, bool kernelSends)
    {
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel);
        // The device's queue holds a whole window: what it dropped would be a loss.
        kernel.Run("ip", "link", "set", "tap0", "txqueuelen", "10000");
        Set(kernel, bridged, ["net.ipv4.tcp_early_retrans=0", "net.ipv4.tcp_rto_min_us=10000000"]);
        BulkTransfer transfer = BulkTransfer.Run(kernel, bridged, version == "ipv6", kernelSends, Bytes ?? 20_000_000, 7001);
        Assert.Equal(transfer.Sent, transfer.Received);
        Tell(transfer, kernel, bridged, $"{version}, {(kernelSends ? "kernel" : "simulated host")} sends {Bytes ?? 20_000_000} bytes");
        ExpectNoErrors(kernel, bridged);
        Assert.Equal(0, new KernelPeer(kernel).Counter("TcpRetransSegs"));
        Assert.Equal(0, new SimulatedPeer(bridged).Counter("TcpRetransSegs"));
        Assert.Equal(0, transfer.Kernel.TotalRetrans + transfer.Simulated.TotalRetrans);
    }

    // 1 % lost, 1 % late, 1 % twice, each way.
    [Theory]
    [InlineData("ipv4", 1, 1, 1)]
    [InlineData("ipv6", 1, 1, 0)]
    [InlineData("ipv4", 1, 0, 1)]
    [InlineData("ipv6", 1, 0, 0)]
    [InlineData("ipv6", 0, 1, 1)]
    [InlineData("ipv4", 0, 1, 0)]
    [InlineData("ipv6", 0, 0, 1)]
    [InlineData("ipv4", 0, 0, 0)]
    public void AllArrivesOverABadLink(string version, int sack, int timestamps, int scaling)
    {
        LinkDirectionOptions bad = new()
        {
            Delay = Duration.FromMicroseconds(500),
            Loss = Probability.FromPercent(1),
            Reorder = Probability.FromPercent(1),
            ReorderDelay = Duration.FromMilliseconds(1),
            AllowReordering = true,
            Duplicate = Probability.FromPercent(1),
        };
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel, LinkOptions.Symmetric(bad));
        kernel.Run("ip", "link", "set", "tap0", "txqueuelen", "10000");
        Set(kernel, bridged, [$"net.ipv4.tcp_sack={sack}", $"net.ipv4.tcp_timestamps={timestamps}", $"net.ipv4.tcp_window_scaling={scaling}"]);
        ushort port = 7001;
        foreach (bool kernelSends in (bool[])[true, false])
        {
            BulkTransfer transfer = BulkTransfer.Run(kernel, bridged, version == "ipv6", kernelSends, Bytes ?? 4_000_000, port++);
            Assert.Equal(transfer.Sent, transfer.Received);
            Tell(transfer, kernel, bridged,
                $"{version}, SACK {sack}, timestamps {timestamps}, scaling {scaling}, {(kernelSends ? "kernel" : "simulated host")} sends {Bytes ?? 4_000_000} bytes");
            const int Options = 7;
            int expected = (timestamps != 0 ? 1 : 0) | (sack != 0 ? 2 : 0) | (scaling != 0 ? 4 : 0);
            Assert.Equal(expected, transfer.Kernel.Options & Options);
            Assert.Equal(expected, transfer.Simulated.Options & Options);
        }

        ExpectNoErrors(kernel, bridged);
    }

    private static void Set(KernelNamespace kernel, BridgedHost bridged, string[] sysctls)
    {
        SimulatedPeer simulated = new(bridged);
        foreach (string sysctl in sysctls)
        {
            string[] parts = sysctl.Split('=');
            kernel.Sysctl(parts[0], parts[1]);
            simulated.Sysctl(parts[0], parts[1]);
        }
    }

    private static void ExpectNoErrors(KernelNamespace kernel, BridgedHost bridged)
    {
        foreach (Peer peer in (Peer[])[new KernelPeer(kernel), new SimulatedPeer(bridged)])
        {
            // A SYN-ACK that the link doubled counts as an error in ESTABLISHED (RFC 5961 §4.2; Linux: tcp_validate_incoming).
            Assert.InRange(peer.Counter("TcpInErrs"), 0, peer.Counter("TcpExtTCPSYNChallenge"));
            foreach (string name in (string[])["TcpInCsumErrors", "IpInHdrErrors", "IpExtInCsumErrors", "Ip6InHdrErrors", "Icmp6InCsumErrors"])
            {
                Assert.True(peer.Counter(name) == 0, $"{peer}: {name} is {peer.Counter(name)}");
            }
        }
    }

    private void Tell(BulkTransfer transfer, KernelNamespace kernel, BridgedHost bridged, string what)
    {
        bridged.Device.UpdateCounters();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what} in {transfer.Time.TotalSeconds:0.00} s; retransmissions {transfer.Kernel.TotalRetrans} and {transfer.Simulated.TotalRetrans}; "
            + $"kernel's RetransSegs {new KernelPeer(kernel).Counter("TcpRetransSegs")}, the host's {new SimulatedPeer(bridged).Counter("TcpRetransSegs")}; "
            + $"lost to the host {bridged.Link.AToB.Counters.TotalDropped}, from it {bridged.Link.BToA.Counters.TotalDropped}; dropped by the device {bridged.Device.Counters.RxDropped}; "
            + $"longest stall {bridged.Session.Statistics.LongestStall}"));
    }
}

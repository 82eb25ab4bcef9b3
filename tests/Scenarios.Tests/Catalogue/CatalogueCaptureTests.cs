using Scenarios.Catalogue;
using SimNet.Scripting.Model;
using SimNet.Tests;

namespace Scenarios.Tests.Catalogue;

/// <summary>Wireshark's judgement of the capture of every catalogue scenario, at every capture point.</summary>
public class CatalogueCaptureTests(CatalogueRuns runs) : IClassFixture<CatalogueRuns>
{
    /// <summary>Names of tcp.analysis flags; those that a lost, late or repeated segment leads to come first.</summary>
    private static readonly string[] FaultFlags =
    [
        "retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "lost_segment", "ack_lost_segment", "duplicate_ack",
    ];

    /// <summary>What the applications of a scenario cause without any fault.</summary>
    private static readonly Dictionary<string, string[]> ApplicationFlags = new()
    {
        // The reader empties a buffer that the kernel lets grow: the window opens.
        ["lossy-transfer"] = ["window_update"],
        // While a hole waits, what lies behind it takes of the window, and a packet is cut to fill it to the last byte.
        ["bursty-loss"] = ["window_update", "window_full"],
        // A hole is filled: the window that what lay behind it took opens again.
        ["fast-retransmit-one-loss"] = ["window_update"],
        ["sack-three-holes"] = ["window_update"],
        ["no-sack-no-timestamps"] = ["window_update"],
        ["lost-tail"] = ["window_update"],
        ["out-of-order"] = ["window_update"],
        ["tail-loss-probe"] = ["window_update"],
        ["rack-reordering"] = ["window_update"],
        ["dsack-undo"] = ["window_update"],
        ["sequence-wrap"] = ["window_update"],
        ["prr"] = ["window_update"],
        // An ACK that was held up arrives behind the FIN: Wireshark takes its number for a keep-alive's.
        ["frto"] = ["window_update", "window_full", "keep_alive", "keep_alive_ack"],
        // The forged SYN looks to Wireshark like a new connection on the old ports.
        ["hostile-rst"] = ["reused_ports"],
        ["challenge-ack-syn"] = ["reused_ports"],
        // The ports of a connection in TIME-WAIT are taken again.
        ["time-wait-reuse"] = ["reused_ports"],
        ["port-exhaustion"] = ["reused_ports"],
        // The SYN,ACK goes once more when the wait for data is over, and is acknowledged as before.
        ["defer-accept"] = ["retransmission", "duplicate_ack"],
        ["udp-and-tcp"] = ["window_update"],
        // Nobody reads; the client asks every now and then, with a segment whose number is one too old.
        ["zero-window"] = ["window_update", "window_full", "zero_window", "keep_alive"],
        ["time-wait-reuse-same-port"] = ["reused_ports"],
        // The queue of the bottleneck overflows.
        ["cubic-bottleneck"] = [.. FaultFlags, "window_update"],
        ["bbr-bottleneck"] = ["window_update"],
        ["dctcp-bottleneck"] = ["window_update"],
        // SYNs with a wrong signature, or none, are dropped by the server, and sent again.
        ["md5-mismatch"] = ["retransmission"],
        ["ao-mismatch"] = ["retransmission", "out_of_order"],
        // SYNs that find a full accept queue are dropped by the server, and sent again.
        ["backlog-2-six-connects"] = ["retransmission"],
        ["backlog-2-six-connects-abort-on-overflow"] = ["retransmission"],
        ["keep-alive-dies"] = ["keep_alive", "keep_alive_ack", "window_update"],
        // Both connect at once: the SYN,ACK takes the sequence number of the SYN once more (RFC 9293 figure 7) and is
        // acknowledged; that acknowledgement has the first scaled window, which a multiple of 1024 makes a little larger.
        // SYNs that meet a full accept queue are sent again; so are those that Windows answered with RST.
        ["backlog-linux"] = ["retransmission"],
        ["backlog-linux-abort"] = ["retransmission"],
        ["backlog-windows"] = ["retransmission"],
        ["backlog-sweep"] = ["retransmission"],
        ["simultaneous-open"] = ["retransmission", "window_update"],
        // Wireshark remarks on data in a SYN, and on a server that does not take it, so that it goes again.
        ["fast-open"] = ["tfo_syn"],
        ["bad-cookie"] = ["tfo_syn", "tfo_ignored", "retransmission"],
        // Segments that the router refused are sent again in shorter ones, as it asked.
        ["path-mtu"] = [.. FaultFlags, "window_update"],
        ["path-mtu-ipv6"] = [.. FaultFlags, "window_update"],
        ["path-mtu-shrink"] = [.. FaultFlags, "window_update"],
        // Segments that nobody passed on are sent again until they are short enough.
        ["path-mtu-blackhole"] = [.. FaultFlags, "window_update"],
    };

    public static TheoryData<string> Names() => [.. ScenarioCatalogue.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task NoBadChecksumNoMalformedPacketNoError(string name)
    {
        foreach (JudgedFrame frame in await runs.Frames(name))
        {
            Assert.False(frame.IsBad, $"{name}: frame {frame.Number} of {frame.Capture}: {frame.Message}");
            // That validation was on: every segment's checksum was found good.
            Assert.True(frame.IsVerified, $"{name}: frame {frame.Number} of {frame.Capture} has a checksum that tshark did not verify");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task EveryAnalysisFlagIsExplained(string name)
    {
        string[] allowed = [.. HasFaults(ScenarioCatalogue.Load(name)) ? FaultFlags : [], .. ApplicationFlags.GetValueOrDefault(name, [])];
        foreach (JudgedFrame frame in (await runs.Frames(name)).Where(f => f.IsAnalysed))
        {
            Assert.True(frame.Flags.Count > 0, $"{name}: frame {frame.Number} has a flag that this test does not know: {frame.Message}");
            Assert.True(!frame.Flags.Except(allowed).Any(), $"{name}: frame {frame.Number} has {string.Join(", ", frame.Flags.Except(allowed))}: {frame.Message}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task TheOrderOfTimeIsStrict(string name)
    {
        foreach (string capture in await runs.Captures(name))
        {
            Assert.Contains("Strict time order:   True", ExternalTool.Run("capinfos", "-o", capture).Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task EveryCaptureHasPackets(string name)
    {
        IReadOnlyList<JudgedFrame> frames = await runs.Frames(name);
        foreach (string capture in await runs.Captures(name))
        {
            // Where every segment is lost on its way, the server sees the client's ARP and no more.
            Assert.Contains(frames, f => f.Capture == Path.GetFileName(capture) && f.IsAddressed);
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("7")]
    public async Task EveryLossOfDataShowsAsARetransmission(string seed)
    {
        using var folder = new TemporaryFolder();
        (await Sim.Run("run", "lossy-transfer", "--seed", seed, "--capture", "client", "--quiet", "--out", folder.Path)).Ended(0);
        string capture = folder["lossy-transfer.pcapng"];
        string[][] lost = Tshark.Rows(capture, "tcp.len > 0 && frame.comment contains \"dropped\"", "frame.number", "tcp.seq", "tcp.nxtseq");
        Assert.NotEmpty(lost);
        string[][] repeated = Tshark.Rows(
            capture,
            "tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.spurious_retransmission || tcp.analysis.out_of_order",
            "frame.number", "tcp.seq", "tcp.nxtseq");
        foreach (string[] segment in lost)
        {
            Assert.True(
                repeated.Any(r => Number(r[0]) > Number(segment[0]) && Number(r[1]) <= Number(segment[1]) && Number(r[2]) > Number(segment[1])),
                $"seed {seed}: nothing repeats frame {segment[0]}, which was lost with sequence number {segment[1]}");
        }
    }

    private static bool HasFaults(ScenarioDefinition scenario) => scenario.Faults.Count > 0 || scenario.Links.Any(l =>
        new[] { l.AToB, l.BToA }.Concat(l.Changes.SelectMany(c => new[] { c.AToB, c.BToA })).Any(s =>
            s.Loss is { IsNever: false } || s.BurstLoss is not null || s.Up == false || s.Reorder is { IsNever: false } || s.Duplicate is { IsNever: false } || s.Corrupt is { IsNever: false }));

    private static long Number(string text) => long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}

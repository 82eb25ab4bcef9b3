using System.Text.RegularExpressions;
using SimNet.Tests;

namespace Scenarios.Tests.Catalogue;

/// <summary>
/// The catalogue's scenarios that are named as captures of a real Linux 6.18 kernel send what the kernel sent: <c>sim diff</c> finds no
/// difference at either host's interface.
/// </summary>
public sealed partial class KernelCaptureTests(CatalogueRuns runs) : IClassFixture<CatalogueRuns>
{
    private static readonly string[] Names =
    [
        "four-segment-close", "three-segment-close", "four-segment-close-ipv6", "closed-port", "syn-black-hole", "lost-syn", "lost-syn-ack",
        "half-close", "linger-zero", "simultaneous-close", "keep-alive-dies", "backlog-2-six-connects", "backlog-2-six-connects-abort-on-overflow",
        "ping-and-udp-closed-port", "lost-tail", "syn-cookies-always", "fast-retransmit-one-loss", "sack-three-holes",
        "out-of-order", "no-sack-no-timestamps", "ecn-with-one-mark",
    ];

    public static TheoryData<string, string> Sides => [.. Names.SelectMany(n => new (string, string)[] { (n, "client"), (n, "server") })];

    [Theory]
    [MemberData(nameof(Sides))]
    public async Task NothingDiffersFromWhatTheKernelSent(string name, string side)
    {
        string kernel = Path.Combine(SharedFolder.Require("captures", "linux-6.18"), $"{name}.{side}.pcap");
        string ours = (await runs.Captures(name)).Single(c => side == "client" ? !c.Contains(".server.", StringComparison.Ordinal) : c.Contains(".server.", StringComparison.Ordinal));
        Sim.Result result = (await Sim.Run(["diff", kernel, ours])).Ended(0);
        Assert.StartsWith("no difference", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backlog-2-six-connects")]
    [InlineData("backlog-2-six-connects-abort-on-overflow")]
    public async Task TheSocketTablesAreThoseOfTheKernel(string name)
    {
        string[] kernel = File.ReadAllLines(Path.Combine(SharedFolder.Require("captures", "linux-6.18"), "socket-tables.txt"));
        using var folder = new TemporaryFolder();
        Sim.Result result = (await Sim.Run("run", name, "--ladder", "none", "--out", folder.Path)).Ended(0);
        string[] expected = Rows(kernel.SkipWhile(l => l != name).Skip(1).TakeWhile(l => !l.StartsWith("backlog", StringComparison.Ordinal) && l != "half-close"));
        Assert.Equal(10, expected.Length);
        Assert.Equal(expected, Rows(result.Lines));
    }

    /// <summary>The rows of sockets in a fixed order, without ephemeral ports and without the width of the columns.</summary>
    private static string[] Rows(IEnumerable<string> lines) => [.. lines
        .Select(l => Blanks().Replace(l.Trim(), " "))
        .Where(l => l.StartsWith("LISTEN", StringComparison.Ordinal) || l.StartsWith("ESTAB", StringComparison.Ordinal) || l.StartsWith("SYN-SENT", StringComparison.Ordinal))
        .Select(l => EphemeralPort().Replace(l, ":port"))
        .Order(StringComparer.Ordinal)];

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();

    [GeneratedRegex(@":\d{5}")]
    private static partial Regex EphemeralPort();
}

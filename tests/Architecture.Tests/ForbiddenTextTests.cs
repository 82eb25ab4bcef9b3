using System.Text.RegularExpressions;

namespace Architecture.Tests;

public partial class ForbiddenTextTests
{
    private static readonly string[] BinaryEndings = [".pcap", ".pcapng", ".png", ".gif", ".ico", ".zip", ".gz"];

    /// <summary>Folders of one machine, and hosts of package registries (the machine's own settings say where packages come from).</summary>
    [GeneratedRegex(@"(?<![\w.])/(work|root)/|(?<![\w.])/tmp/w/|\b(api|www|globalcdn)\.nuge[t]\.org|\bnuge[t]\.org\b|registry\.npmj[s]|\bpyp[i]\.org|\bpkgs\.de[v]\.azure|\bmyge[t]\.org", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Forbidden();

    [Fact]
    public void NoFileMentionsAMachineOrARegistry()
    {
        List<string> found = [];
        foreach (string file in Repository.VersionedFiles())
        {
            if (BinaryEndings.Contains(Path.GetExtension(file)) || Path.GetFileName(file) == $"{nameof(ForbiddenTextTests)}.cs")
            {
                continue;
            }

            int number = 0;
            foreach (string line in File.ReadLines(file))
            {
                number++;
                if (Forbidden().Match(line) is { Success: true } match)
                {
                    found.Add($"{Repository.Relative(file)}:{number}: {match.Value}");
                }
            }
        }

        Assert.Empty(found);
    }
}

using System.Text.RegularExpressions;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Running;

/// <summary>The table of docs/packetdrill.md says of every directory of the public suite what a run says.</summary>
public sealed partial class VerdictTableTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "packetdrill.md"));

    [Fact]
    public void The_page_tells_what_a_run_tells()
    {
        SharedFolder.NeedScripts();
        string[] expected = [.. Rows().Select(row => $"{row.Directory}: {row.Passed} passed, {row.Failed} failed")];
        var verdicts = SharedFolder.Scripts.Select(path => (Path: path, Passed: Passes(path))).ToArray();
        string[] actual = [.. verdicts
            .GroupBy(v => DirectoryOf(v.Path), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Key}: {group.Count(v => v.Passed)} passed, {group.Count(v => !v.Passed)} failed")];
        Assert.Equal(expected, actual);
        foreach (TableRow row in Rows().Where(row => row.Failed > 0))
        {
            Assert.False(string.IsNullOrWhiteSpace(row.Missing), $"{row.Directory}: what is missing?");
            if (row.Passed > 0)
            {
                // Where some pass the row names those that do not.
                foreach ((string path, bool passed) in verdicts.Where(v => DirectoryOf(v.Path) == row.Directory))
                {
                    Assert.Equal(!passed, row.Missing.Contains($"`{Path.GetFileNameWithoutExtension(path)}`", StringComparison.Ordinal));
                }
            }
        }
    }

    [Fact]
    public void The_shortest_script_of_the_page_passes()
    {
        string script = Regex.Match(Page, @"    0 socket\(.*?\n\n", RegexOptions.Singleline).Value;
        Assert.Contains("write(4, ..., 1500)", script, StringComparison.Ordinal);
        Assert.Null(PacketdrillRunner.Run(script, "page.pkt").Failure?.ToString());
    }

    private static string DirectoryOf(string path) => path.Split('/')[path.StartsWith("tcp/", StringComparison.Ordinal) ? 1 : 0];

    private static bool Passes(string path)
    {
        try
        {
            return PacketdrillRunner.Run(SharedFolder.ReadScript(path), path).Passed;
        }
        catch (ScriptException)
        {
            return false;
        }
    }

    private static IEnumerable<TableRow> Rows()
    {
        string table = Page.Split("<!-- verdicts:begin -->")[1].Split("<!-- verdicts:end -->")[0];
        return Row().Matches(table).Select(match => new TableRow(
            match.Groups[1].Value,
            int.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture),
            int.Parse(match.Groups[3].Value, System.Globalization.CultureInfo.InvariantCulture),
            match.Groups[4].Value));
    }

    [GeneratedRegex(@"^\| (\w+) \| (\d+) \| (\d+) \|(.*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    private sealed record TableRow(string Directory, int Passed, int Failed, string Missing);
}

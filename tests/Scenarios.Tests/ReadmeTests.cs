namespace Scenarios.Tests;

/// <summary>The ladder in the README is the one that its command prints.</summary>
public class ReadmeTests
{
    private const string Begin = "<!-- ladder:begin -->";
    private const string End = "<!-- ladder:end -->";

    [Fact]
    public async Task TheReadmeShowsWhatTheFirstCommandPrints()
    {
        using var folder = new TemporaryFolder();
        Sim.Result result = (await Sim.Run("run", "handshake", "--out", folder.Path)).Ended(0);
        string ladder = "\n" + string.Concat(result.Output.Split("\n\n")[0].Split('\n').Select(line => $"    {line}".TrimEnd() + "\n")) + "\n";
        string path = Path.Combine(Root(), "README.md");
        string readme = File.ReadAllText(path).ReplaceLineEndings("\n");
        int begin = readme.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = readme.IndexOf(End, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, readme[..begin] + "\n" + ladder + readme[end..]);
            return;
        }

        Assert.True(readme[begin..end].Trim('\n') == ladder.Trim('\n'), "The ladder of `sim run handshake` is not the README's; UPDATE_SNAPSHOTS=1 puts it there.");
    }

    [Fact]
    public async Task EveryLineOfTheTenMinutesDoesWhatItSays()
    {
        using var folder = new TemporaryFolder();
        string[] lines = [.. File.ReadLines(Path.Combine(Root(), "README.md"))
            .SkipWhile(line => !line.StartsWith("## Ten minutes", StringComparison.Ordinal))
            .TakeWhile(line => !line.StartsWith("## Use the libraries", StringComparison.Ordinal))];
        WriteScripts(lines, folder.Path);
        CopyPacketdrillScripts("samples", folder.Path);
        CopyPacketdrillScripts("tests", folder.Path);
        string[] commands = [.. lines.Where(line => line.StartsWith("       ", StringComparison.Ordinal)).Select(line => line.Trim())
            .Where(line => line.Split(' ')[0] is "sim" or "cmp" or "tshark")];
        Assert.InRange(commands.Length, 12, 30);
        foreach (string command in commands)
        {
            // Where tshark is not installed its line is left out.
            Sim.Result result = await Sim.Shell(folder.Path, $"command -v {command.Split(' ')[0]} > /dev/null || exit 0\n{command}");
            int status = command.EndsWith("# status 1", StringComparison.Ordinal) ? 1 : 0;
            Assert.True(result.Status == status, $"{command}: status {result.Status}\n{result.Output}\n{result.Error}");
        }
    }

    [Fact]
    public async Task TheMistakeInTheReadmeIsAnsweredAsItSays()
    {
        using var folder = new TemporaryFolder();
        string script = (await Sim.Run("show", "handshake")).Ended(0).Output.Replace("delay:", "dealy:", StringComparison.Ordinal);
        string path = Path.Combine(folder.Path, "mine.yaml");
        File.WriteAllText(path, script);
        Sim.Result result = (await Sim.Run("run", path)).Ended(2);
        string answer = Assert.Single(result.ErrorLines)[(folder.Path.Length + 1)..];
        Assert.Contains($"       {answer}\n", File.ReadAllText(Path.Combine(Root(), "README.md")).ReplaceLineEndings("\n"));
    }

    /// <summary>The scripts to save: each YAML block, as NAME.yaml.</summary>
    private static void WriteScripts(string[] lines, string folder)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() != "```yaml")
            {
                continue;
            }

            int indent = lines[i].IndexOf('`', StringComparison.Ordinal);
            string[] script = [.. lines.Skip(i + 1).TakeWhile(line => line.Trim() != "```").Select(line => line[Math.Min(indent, line.Length)..])];
            File.WriteAllText(Path.Combine(folder, $"{script[0]["name: ".Length..]}.yaml"), string.Join('\n', script) + "\n");
        }
    }

    /// <summary>The user is in the repository; the test is in a folder that has of it what the commands name.</summary>
    private static void CopyPacketdrillScripts(string part, string folder)
    {
        foreach (string script in Directory.EnumerateFiles(Path.Combine(Root(), part), "*.pkt", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(Root(), script));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(script, copy);
        }
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Simulator.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("These tests run inside the repository.");
    }
}

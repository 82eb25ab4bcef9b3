using FsCheck;
using FsCheck.Fluent;
using Scenarios.Catalogue;

namespace Scenarios.Tests.Running;

/// <summary>Whatever a script says, the program answers with a result or a line, and never with a mistake of its own.</summary>
public sealed class MangledScriptTests : IDisposable
{
    private static readonly string[] Pieces =
    [
        "", "0", "-1", "99999999999999999999", "1e9", "~", "[]", "{}", "[", "}", ":", "- ", "\t", "\"", "'", "&a", "*a", "!!int x", "|", "ü", "\0", "5ms", "120%", "::",
        "10.0.0.1/24", "fe80::1/64", "client", "server", "client.eth9", "close", "read: 1", "isn: 0", "SYN",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AnswersAreNeverMistakesOfTheProgram()
    {
        var edits = Gen.ArrayOf(Gen.Choose(0, int.MaxValue), 9).ToArbitrary();
        Prop.ForAll(edits, numbers => Answer(numbers)).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(1, 1));
    }

    private void Answer(int[] numbers)
    {
        string script = Mangle(ScenarioCatalogue.Script(ScenarioCatalogue.Names[numbers[0] % ScenarioCatalogue.Names.Count]), numbers);
        string path = _folder.Write("mangled.yaml", script);
        Sim.Result result = Sim.Run("run", path, "--quiet", "--out", _folder.Path, "--set", "limits={events: 3000}").GetAwaiter().GetResult();
        Assert.True(result.Status is 0 or 1 or 2, $"status {result.Status}\n{result.Error}\n{script}");
        Assert.True(result.Status != 2 || result.ErrorLines.Length > 0, script);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    // Each edit takes two numbers: where, and what is put in place of the word there.
    private static string Mangle(string script, int[] numbers)
    {
        int edits = 1 + (numbers[1] % 3);
        for (int i = 0; i < edits; i++)
        {
            int start = numbers[2 + (2 * i)] % script.Length;
            int end = start;
            while (end < script.Length && !char.IsWhiteSpace(script[end]) && end - start < 12)
            {
                end++;
            }

            script = script[..start] + Pieces[numbers[3 + (2 * i)] % Pieces.Length] + script[end..];
            script = script.Length == 0 ? " " : script;
        }

        return script;
    }
}

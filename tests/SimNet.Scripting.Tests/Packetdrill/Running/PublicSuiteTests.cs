using System.Globalization;
using System.Text;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Running;

/// <summary>The scripts of the public suite, where they are: a table of verdicts, and those that pass shall go on passing.</summary>
public class PublicSuiteTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_script_has_a_verdict()
    {
        SharedFolder.NeedScripts();
        var table = new StringBuilder();
        int passed = 0;
        foreach (string name in SharedFolder.Scripts)
        {
            string verdict = Judge(SharedFolder.ReadScript(name), name);
            passed += verdict == "PASS" ? 1 : 0;
            table.Append(CultureInfo.InvariantCulture, $"{(verdict == "PASS" ? "PASS" : "FAIL")} {name}{(verdict == "PASS" ? "" : ": " + verdict)}\n");
        }

        output.WriteLine(table.ToString());
        output.WriteLine($"{passed} of {SharedFolder.Scripts.Count} passed");
        if (Environment.GetEnvironmentVariable("SIM_VERDICTS") is { Length: > 0 } path)
        {
            File.WriteAllText(path, table.ToString());
        }

        Assert.True(passed >= AtLeast, $"{passed} scripts pass; {AtLeast} did before.\n{table}");
    }

    private const int AtLeast = 88;

    private static string Judge(string text, string name)
    {
        try
        {
            return PacketdrillRunner.Run(text, Path.GetFileName(name)).Failure?.ToString() ?? "PASS";
        }
        catch (ScriptException wrong)
        {
            return wrong.Message;
        }
    }
}

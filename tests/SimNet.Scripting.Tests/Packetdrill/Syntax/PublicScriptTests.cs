using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Syntax;

/// <summary>The public scripts beside the repository, all of which the parser must read. Skipped where they are absent.</summary>
public sealed class PublicScriptTests
{
    // Those that the suite's own runner defines.
    private static readonly Dictionary<string, string> Macros = new()
    {
        ["TFO_COOKIE"] = "3021b9d889017eeb",
        ["CODE"] = "host_unreachable",
        ["CMSG_LEVEL_IP"] = "SOL_IP",
        ["CMSG_TYPE_RECVERR"] = "IP_RECVERR",
    };

    [Fact]
    public void Every_script_is_read()
    {
        SharedFolder.NeedScripts();
        List<string> errors = [];
        foreach (string path in SharedFolder.Scripts)
        {
            try
            {
                PacketdrillScript script = PacketdrillParser.Parse(SharedFolder.ReadScript(path), path, Macros);
                Assert.All(script.Events, e => Assert.True(e.EndLine >= e.Position.Line));
            }
            catch (ScriptException error)
            {
                errors.Add(error.Message);
            }
        }

        Assert.Equal([], errors);
    }
}

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
    public void Every_script_is_read_and_written_and_read_as_the_same()
    {
        SharedFolder.NeedScripts();
        List<string> errors = [];
        foreach (string path in SharedFolder.Scripts)
        {
            string written = "";
            try
            {
                PacketdrillScript script = PacketdrillParser.Parse(SharedFolder.ReadScript(path), path, Macros);
                Assert.All(script.Events, e => Assert.True(e.EndLine >= e.Position.Line));
                written = PacketdrillWriter.Write(script);
                PacketdrillScript again = PacketdrillParser.Parse(written, path, new Dictionary<string, string>());
                Assert.Equal(TreeText.Of(script), TreeText.Of(again));
                Assert.Equal(written, PacketdrillWriter.Write(again));
            }
            catch (ScriptException error)
            {
                errors.Add(error.Message + "\n" + written);
            }
        }

        Assert.Equal([], errors);
    }

    [Fact]
    public void A_damaged_script_is_either_read_or_refused_with_a_place_and_one_line()
    {
        SharedFolder.NeedScripts();
        System.Random random = new(20_240_607);
        int refused = 0;
        foreach (string path in SharedFolder.Scripts)
        {
            string text = SharedFolder.ReadScript(path);
            for (int round = 0; round < 30; round++)
            {
                string damaged = Damage(text, random);
                try
                {
                    PacketdrillScript script = PacketdrillParser.Parse(damaged, path, Macros);
                    string written = PacketdrillWriter.Write(script);
                    PacketdrillScript again = PacketdrillParser.Parse(written, "written", new Dictionary<string, string>());
                    Assert.Equal(TreeText.Of(script), TreeText.Of(again));
                }
                catch (ScriptException error)
                {
                    Assert.NotEqual("written", error.Errors[0].File);
                    Assert.All(error.Errors, e => Assert.True(e.Line > 0 && e.Column > 0 && e.Message.Length > 0, error.Message));
                    Assert.All(error.Errors, e => Assert.DoesNotContain(e.Message, char.IsControl));
                    refused++;
                }
            }
        }

        Assert.True(refused > SharedFolder.Scripts.Count * 5, $"{refused} refused");
    }

    private static string Damage(string text, System.Random random)
    {
        const string marks = "<>[](){}%`\"'.,:;=+-*~/\\#|& \n\t09aZ_\0é\uD800";
        System.Text.StringBuilder damaged = new(text);
        switch (random.Next(5))
        {
            case 0:
                damaged.Length = random.Next(text.Length);
                break;
            case 1:
                int start = random.Next(text.Length);
                damaged.Remove(start, random.Next(Math.Min(30, text.Length - start)));
                break;
            case 2:
                int from = random.Next(text.Length);
                damaged.Insert(random.Next(text.Length), text.AsSpan(from, random.Next(Math.Min(40, text.Length - from))));
                break;
            default:
                for (int edits = random.Next(1, 4); edits > 0; edits--)
                {
                    damaged[random.Next(damaged.Length)] = marks[random.Next(marks.Length)];
                }

                break;
        }

        return damaged.ToString();
    }
}

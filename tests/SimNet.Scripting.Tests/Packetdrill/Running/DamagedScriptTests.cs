using SimNet.Random;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Running;

/// <summary>Scripts with mistakes of every kind: they pass, fail or are refused, and nothing else.</summary>
public class DamagedScriptTests
{
    private static readonly string[] Pieces =
    [
        "0", "1", "4", "9", "-1", "65536", "4294967295", "...", "+", "*", "<", ">", "S", "R", "F.", "P.", "SEWA", "[ce]", "win 0", "ack 5",
        "udp (5)", "icmp unreachable", "close(3) = 0", "close(4) = 0", "MSG_DONTWAIT", "<...>", "+9", "0x7fffffff", "sack 1:2",
    ];

    [Fact]
    public void Any_damage_gives_a_verdict_or_a_refusal()
    {
        SharedFolder.NeedScripts();
        var random = new SimRandom(20260726);
        int verdicts = 0;
        foreach (string name in SharedFolder.Scripts)
        {
            string text = SharedFolder.ReadScript(name);
            for (int i = 0; i < 20; i++)
            {
                verdicts += Run(Damage(text, random)) ? 1 : 0;
            }
        }

        Assert.True(verdicts > 50, $"only {verdicts} could be run");
    }

    private static bool Run(string script)
    {
        try
        {
            PacketdrillResult result = PacketdrillRunner.Run(script, "damaged.pkt");
            Assert.DoesNotContain('\n', result.Failure?.Message ?? "");
            return true;
        }
        catch (ScriptException wrong)
        {
            Assert.NotEmpty(wrong.Errors);
            return false;
        }
    }

    private static string Damage(string text, SimRandom random)
    {
        string[] lines = text.Split('\n');
        for (int n = 1 + random.NextInt32(3); n > 0; n--)
        {
            int at = random.NextInt32(lines.Length);
            switch (random.NextInt32(4))
            {
                case 0:
                    lines[at] = "";
                    break;
                case 1:
                    lines[at] = lines[random.NextInt32(lines.Length)];
                    break;
                default:
                    string[] words = lines[at].Split(' ');
                    words[random.NextInt32(words.Length)] = Pieces[random.NextInt32(Pieces.Length)];
                    lines[at] = string.Join(' ', words);
                    break;
            }
        }

        return string.Join('\n', lines);
    }
}

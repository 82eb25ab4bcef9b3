namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary><c>tc qdisc add|replace|change|del dev DEVICE root …</c></summary>
internal static class TcProgram
{
    private static readonly string[] Verbs = ["add", "replace", "change", "delete"];

    /// <summary>Runs it.</summary>
    public static int Run(CommandCall call)
    {
        IReadOnlyList<string> words = call.Arguments;
        if (words.Count < 2 || !"qdisc".StartsWith(words[0], StringComparison.Ordinal))
        {
            throw call.Unsupported($"command `tc {CommandCall.Shown(string.Join(' ', words.Take(2)))}`");
        }

        string? verb = Verbs.FirstOrDefault(v => words[1].Length > 0 && v.StartsWith(words[1], StringComparison.Ordinal));
        if (verb is null)
        {
            throw call.Unsupported($"tc qdisc {CommandCall.Shown(words[1])}");
        }

        string? device = null;
        bool root = false;
        int at = 2;
        for (; at < words.Count; at++)
        {
            if (words[at] == "dev" && at + 1 < words.Count)
            {
                device = words[++at];
            }
            else if (words[at] == "root")
            {
                root = true;
            }
            else if (words[at] == "handle" && at + 1 < words.Count)
            {
                at++;
            }
            else
            {
                break;
            }
        }

        string discipline = at < words.Count ? words[at++] : "";
        if (device is null)
        {
            return call.Fail(1, "tc qdisc: a device is missing (`dev NAME`)");
        }

        if (!root || discipline is "parent" or "ingress" or "clsact")
        {
            throw call.Unsupported($"tc qdisc {verb} {(discipline.Length > 0 ? CommandCall.Shown(discipline) : "without root")}");
        }

        if (discipline.Length == 0 && verb != "delete")
        {
            return call.Fail(1, "tc qdisc: a discipline is missing");
        }

        string shortVerb = verb == "delete" ? "del" : verb;
        return call.Status(call.Target.ChangeQueue(new QueueChange(shortVerb, device, discipline, [.. words.Skip(at)])), 2);
    }
}

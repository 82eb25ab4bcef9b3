namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary><c>ethtool -K DEVICE FEATURE on|off …</c></summary>
internal static class EthtoolProgram
{
    private static readonly Dictionary<string, string> ShortNames = new(StringComparer.Ordinal)
    {
        ["tcp-segmentation-offload"] = "tso",
        ["generic-segmentation-offload"] = "gso",
        ["generic-receive-offload"] = "gro",
        ["large-receive-offload"] = "lro",
        ["scatter-gather"] = "sg",
        ["rx-checksumming"] = "rx",
        ["tx-checksumming"] = "tx",
    };

    /// <summary>Runs it.</summary>
    public static int Run(CommandCall call)
    {
        IReadOnlyList<string> words = call.Arguments;
        if (words.Count == 0 || words[0] is not ("-K" or "--features" or "--offload"))
        {
            throw call.UnsupportedOption(words.Count == 0 ? "" : words[0]);
        }

        if (words.Count < 4 || words.Count % 2 != 0)
        {
            return call.Fail(1, "ethtool: a device, then pairs of a feature and on or off");
        }

        int status = 0;
        for (int i = 2; i < words.Count && status == 0; i += 2)
        {
            string feature = ShortNames.GetValueOrDefault(words[i], words[i]);
            status = words[i + 1] is "on" or "off"
                ? call.Status(call.Target.SetOffload(words[1], feature, words[i + 1] == "on"), 1)
                : call.Fail(1, $"ethtool: `{CommandCall.Shown(words[i + 1])}` is neither on nor off");
        }

        return status;
    }
}

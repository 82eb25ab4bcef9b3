namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>The programs that are known, each with what it does; the result is the exit status.</summary>
internal static class ProgramTable
{
    private static readonly Dictionary<string, Func<CommandCall, int>> Programs = new(StringComparer.Ordinal)
    {
        [ProgramNames.Defaults] = SysctlPrograms.Defaults,
        [ProgramNames.SetSysctls] = SysctlPrograms.SetSysctls,
        ["sysctl"] = SysctlPrograms.Sysctl,
        ["ip"] = IpProgram.Run,
        ["tc"] = TcProgram.Run,
        ["ethtool"] = EthtoolProgram.Run,
        ["nstat"] = NstatProgram.Run,
        ["ss"] = SsProgram.Run,
        ["grep"] = GrepProgram.Run,
        ["cat"] = FilePrograms.Cat,
        ["echo"] = FilePrograms.Echo,
        ["wc"] = FilePrograms.Wc,
        ["rm"] = FilePrograms.Rm,
        ["touch"] = FilePrograms.Touch,
        ["truncate"] = FilePrograms.Truncate,
        ["dd"] = DdProgram.Run,
        ["sleep"] = Sleep,
        ["true"] = _ => 0,
        [":"] = _ => 0,
        ["false"] = _ => 1,
    };

    /// <summary>A program by its name; null when it is not known.</summary>
    public static Func<CommandCall, int>? Find(string name) => Programs.GetValueOrDefault(name);

    private static int Sleep(CommandCall call)
    {
        long total = 0;
        foreach (string argument in call.Arguments)
        {
            if (!CommandNumbers.TryParseTime(argument, 1_000_000_000, out long time) || total > 86_400_000_000_000 * 1000)
            {
                return call.Fail(1, $"sleep: invalid time interval '{CommandCall.Shown(argument)}'");
            }

            total += time;
        }

        if (call.Arguments.Count == 0)
        {
            return call.Fail(1, "sleep: missing operand");
        }

        call.Target.Sleep(Duration.FromNanoseconds(total));
        return 0;
    }
}

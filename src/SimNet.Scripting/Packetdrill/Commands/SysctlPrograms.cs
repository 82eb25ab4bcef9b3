using System.Globalization;
using System.Text;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary><c>sysctl</c>, and the two scripts of the packetdrill suite that set sysctls.</summary>
internal static class SysctlPrograms
{
    // What common/defaults.sh sets: where it differs from Linux's defaults, it makes results comparable between kernels.
    private static readonly (string Name, string Value)[] SuiteDefaults =
    [
        ("tcp_rmem", "4096 540000 15728640"),
        ("tcp_wmem", "4096 262144 4194304"),
        ("tcp_timestamps", "1"),
        ("tcp_syn_retries", "5"),
        ("tcp_synack_retries", "5"),
        ("tcp_frto", "2"),
        ("tcp_sack", "1"),
        ("tcp_dsack", "1"),
        ("tcp_reordering", "3"),
        ("tcp_congestion_control", "cubic"),
        ("tcp_slow_start_after_idle", "0"),
        ("tcp_early_retrans", "4"),
        ("tcp_recovery", "1"),
        ("tcp_tso_win_divisor", "3"),
        ("tcp_ecn", "0"),
        ("tcp_ecn_option", "2"),
        ("tcp_pacing_ss_ratio", "200"),
        ("tcp_pacing_ca_ratio", "120"),
        ("tcp_notsent_lowat", "4294967295"),
        ("tcp_fastopen", "0x70403"),
        ("tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4"),
        ("tcp_syncookies", "1"),
    ];

    /// <summary>The suite's common/defaults.sh: sysctls, a plain queue on the device, no remembered metrics.</summary>
    public static int Defaults(CommandCall call)
    {
        foreach ((string name, string value) in SuiteDefaults)
        {
            string full = "net.ipv4." + name;
            TargetAnswer answer = call.Target.SetSysctl(full, CommandNumbers.Sysctl(value));
            if (answer.Kind != TargetAnswerKind.Done)
            {
                throw call.Unsupported(answer.Kind == TargetAnswerKind.Unsupported ? answer.Text : $"{full}={value}");
            }
        }

        int status = call.Status(call.Target.FlushTcpMetrics(null, mustExist: false), 1);
        return status != 0
            ? status : call.Status(call.Target.ChangeQueue(new QueueChange("replace", call.Target.DeviceName, "pfifo", [])), 2);
    }

    /// <summary>The suite's common/set_sysctls.py: paths below /proc/sys with values; leaves a script that restores what was before.</summary>
    public static int SetSysctls(CommandCall call)
    {
        StringBuilder restore = new();
        int status = 0;
        foreach (string argument in call.Arguments)
        {
            int sign = argument.IndexOf('=', StringComparison.Ordinal);
            string path = sign < 0 ? argument : argument[..sign];
            if (sign < 0 || MachineFileSystem.SysctlName(path) is null)
            {
                return call.Fail(1, $"set_sysctls.py: '{CommandCall.Shown(argument)}' is not /proc/sys/NAME=value");
            }

            string old = call.FileSystem.Read(path)!;
            restore.Append(CultureInfo.InvariantCulture, $"echo \"{old.TrimEnd('\n')}\" > {path}\n");
            if (call.FileSystem.Append(path, argument[(sign + 1)..]) is { } refused)
            {
                status = call.Fail(1, refused);
            }
        }

        string file = string.Create(CultureInfo.InvariantCulture, $"/tmp/sysctl_restore_{call.Target.ProcessId}.sh");
        call.Target.Files.Write(file, Encoding.Latin1.GetBytes(restore.ToString()));
        return status;
    }

    /// <summary><c>sysctl [-qewn] NAME=value … NAME …</c>; names with dots or slashes.</summary>
    public static int Sysctl(CommandCall call)
    {
        bool quiet = false, ignore = false, valuesOnly = false, write = false;
        int status = 0;
        foreach (string argument in call.Arguments)
        {
            if (argument.StartsWith('-'))
            {
                foreach (char option in ShortOptions(argument))
                {
                    quiet |= option == 'q';
                    ignore |= option == 'e';
                    write |= option == 'w';
                    valuesOnly |= option == 'n';
                    if (option is not ('q' or 'e' or 'w' or 'n'))
                    {
                        throw call.UnsupportedOption(argument);
                    }
                }

                continue;
            }

            int sign = argument.IndexOf('=', StringComparison.Ordinal);
            int one = sign > 0 ? Set(call, Name(argument[..sign]), argument[(sign + 1)..], quiet, ignore, valuesOnly)
                : sign == 0 || write ? call.Fail(1, $"sysctl: \"{CommandCall.Shown(argument)}\" must be of the form name=value")
                : Get(call, Name(argument), ignore, valuesOnly);
            status = one != 0 ? one : status;
        }

        return call.Arguments.Count == 0 ? call.Fail(1, "sysctl: no variables specified") : status;
    }

    private static string ShortOptions(string argument) => argument switch
    {
        "--quiet" => "q",
        "--ignore" => "e",
        "--write" => "w",
        "--values" => "n",
        _ when argument.Length > 1 && argument[1] != '-' => argument[1..],
        _ => "?",
    };

    // Whichever of . and / comes first separates; the other one is then part of a name.
    private static string Name(string written)
    {
        int first = written.IndexOfAny(['.', '/']);
        return first >= 0 && written[first] == '/' ? written.Trim('/').Replace('/', '.') : written;
    }

    private static int Set(CommandCall call, string name, string written, bool quiet, bool ignore, bool valuesOnly)
    {
        string value = CommandNumbers.Sysctl(written);
        TargetAnswer answer = call.Target.SetSysctl(name, value);
        switch (answer.Kind)
        {
            case TargetAnswerKind.Done:
                string shown = quiet ? "" : valuesOnly ? written + "\n" : $"{name} = {written}\n";
                call.Output.Append(shown);
                return 0;
            case TargetAnswerKind.Unknown:
                return Unknown(call, name, $"{name}={written}", ignore);
            case TargetAnswerKind.Refused:
                return call.Fail(1, $"sysctl: setting key \"{name}\": Invalid argument: {answer.Text}");
            default:
                throw call.Unsupported(CommandNumbers.AsWritten(answer.Text, value, written));
        }
    }

    private static int Get(CommandCall call, string name, bool ignore, bool valuesOnly)
    {
        TargetAnswer answer = call.Target.GetSysctl(name, out string value);
        switch (answer.Kind)
        {
            case TargetAnswerKind.Done:
                call.Output.Append(valuesOnly ? value + "\n" : $"{name} = {value}\n");
                return 0;
            case TargetAnswerKind.Unsupported:
                throw call.Unsupported(answer.Text);
            default:
                return Unknown(call, name, name, ignore);
        }
    }

    // Only -e says that a missing name is no harm. Without it: a name that the machine does not know may still be one of Linux.
    private static int Unknown(CommandCall call, string name, string what, bool ignore) =>
        ignore && name.StartsWith("net.ipv4.tcp_", StringComparison.Ordinal) ? 0 : throw call.Unsupported(CommandCall.Shown(what));
}

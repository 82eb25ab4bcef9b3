using System.Globalization;
using System.Text;
using SimNet.Scripting.Tables;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>
/// The paths that commands see: <c>/proc/sys</c>, <c>/proc/net</c>, <c>/sys/module</c>, <c>/dev/null</c>, and the machine's own files.
/// Text has a character for each byte.
/// </summary>
/// <param name="target">The machine.</param>
/// <param name="start">Where the command begins, for what is not supported.</param>
internal sealed class MachineFileSystem(CommandTarget target, int start)
{
    private const string Sysctls = "/proc/sys/";
    private const string Modules = "/sys/module/";
    private const string Parameters = "/parameters/";

    /// <summary>The name of a sysctl from its path below /proc/sys.</summary>
    public static string? SysctlName(string path) =>
        path.StartsWith(Sysctls, StringComparison.Ordinal) ? path[Sysctls.Length..].Replace('/', '.') : null;

    /// <summary>The content of a file; null when there is none.</summary>
    public string? Read(string path)
    {
        if (SysctlName(path) is { } name)
        {
            return Value(target.GetSysctl(name, out string value), value, path);
        }

        if (Module(path) is var (module, parameter))
        {
            return Value(target.GetModuleParameter(module, parameter, out string value), value, path);
        }

        switch (path)
        {
            case "/dev/null":
                return "";
            case "/proc/net/tcp":
                return ProcNetTcp.Write(target, v6: false);
            case "/proc/net/tcp6":
                return ProcNetTcp.Write(target, v6: true);
            case "/proc/net/snmp":
                return CounterTable.ProcSnmp(target.Counters, SnmpSettings());
            case "/proc/net/netstat":
                return CounterTable.ProcNetstat(target.Counters);
            case "/proc/net/snmp6":
                return CounterTable.ProcSnmp6(target.Counters);
        }

        return IsSystem(path)
            ? throw ShellException.Unsupported(start, $"reading {CommandCall.Shown(path)}")
            : target.Files.Read(path) is { } content ? Encoding.Latin1.GetString(content) : null;
    }

    /// <summary>Prepares a file for writing, as the shell does before a command runs; a text when it cannot.</summary>
    public string? Open(string path, bool append)
    {
        if (path == "/dev/null" || SysctlName(path) is not null || Module(path) is not null)
        {
            return null;
        }

        if (IsSystem(path))
        {
            throw ShellException.Unsupported(start, $"writing {CommandCall.Shown(path)}");
        }

        if (path.Length == 0 || path.EndsWith('/'))
        {
            return $"sh: cannot create {path}: Is a directory";
        }

        if (!append || target.Files.Read(path) is null)
        {
            target.Files.Write(path, []);
        }

        return null;
    }

    /// <summary>Writes to a file that was opened; a text when it cannot.</summary>
    public string? Append(string path, string text)
    {
        if (path == "/dev/null")
        {
            return null;
        }

        if (SysctlName(path) is { } name)
        {
            string value = CommandNumbers.Sysctl(text);
            TargetAnswer answer = target.SetSysctl(name, value);
            return answer.Kind == TargetAnswerKind.Unsupported
                ? throw ShellException.Unsupported(start, CommandNumbers.AsWritten(answer.Text, value, text))
                : Refusal(answer, path);
        }

        if (Module(path) is var (module, parameter))
        {
            return Refusal(target.SetModuleParameter(module, parameter, text.Trim()), path);
        }

        byte[] old = target.Files.Read(path) ?? [];
        target.Files.Write(path, [.. old, .. Encoding.Latin1.GetBytes(text)]);
        return null;
    }

    // What /proc/net/snmp has before the counters: forwarding is 1 or 2 there (RFC 4293), the retransmission timer's limits are constants.
    private Dictionary<string, long> SnmpSettings() => new()
    {
        ["Ip.Forwarding"] = target.GetSysctl("net.ipv4.ip_forward", out string forwards).Kind is TargetAnswerKind.Done && forwards == "1" ? 1 : 2,
        ["Ip.DefaultTTL"] = target.GetSysctl("net.ipv4.ip_default_ttl", out string hops).Kind is TargetAnswerKind.Done
            ? long.Parse(hops, CultureInfo.InvariantCulture) : 64,
        ["Tcp.RtoAlgorithm"] = 1,
        ["Tcp.RtoMin"] = 200,
        ["Tcp.RtoMax"] = 120_000,
        ["Tcp.MaxConn"] = -1,
    };

    private static bool IsSystem(string path) =>
        path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal)
        || path.StartsWith("/dev/", StringComparison.Ordinal);

    private static (string Module, string Parameter)? Module(string path)
    {
        int at = path.IndexOf(Parameters, StringComparison.Ordinal);
        return path.StartsWith(Modules, StringComparison.Ordinal) && at > Modules.Length
            ? (path[Modules.Length..at], path[(at + Parameters.Length)..])
            : null;
    }

    private string Value(TargetAnswer answer, string value, string path) => answer.Kind switch
    {
        TargetAnswerKind.Done => value + "\n",
        TargetAnswerKind.Unsupported => throw ShellException.Unsupported(start, answer.Text),
        _ => throw ShellException.Unsupported(start, path),
    };

    private string? Refusal(TargetAnswer answer, string path) => answer.Kind switch
    {
        TargetAnswerKind.Done => null,
        TargetAnswerKind.Refused => $"sh: write error: Invalid argument: {answer.Text}",
        TargetAnswerKind.Unsupported => throw ShellException.Unsupported(start, answer.Text),
        // A setting that the machine does not know may still be one of Linux.
        _ => throw ShellException.Unsupported(start, path),
    };
}

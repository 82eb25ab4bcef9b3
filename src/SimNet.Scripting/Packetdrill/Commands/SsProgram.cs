using SimNet.Scripting.Tables;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary><c>ss</c>: the host's sockets. Without -a and -l those of connections that are open, as there; filters are not known.</summary>
internal static class SsProgram
{
    private const string Known = "tuanioHOl46";

    /// <summary>Runs it.</summary>
    public static int Run(CommandCall call)
    {
        HashSet<char> options = [];
        foreach (string argument in call.Arguments)
        {
            string letters = argument.Length > 1 && argument[0] == '-' && argument[1] != '-' ? argument[1..] : Letter(argument);
            if (letters.Length == 0 || letters.Any(l => !Known.Contains(l, StringComparison.Ordinal)))
            {
                throw argument.StartsWith('-') ? call.UnsupportedOption(argument) : call.Unsupported($"command `ss` with the filter `{CommandCall.Shown(argument)}`");
            }

            options.UnionWith(letters);
        }

        List<SocketTableRow> rows = [.. call.Target.Sockets.Where(r => IsShown(r, call.Target, options))];
        IReadOnlyList<string> lines = options.Contains('t') && !options.Contains('u')
            ? SocketTable.PrintInfo(rows, new SsOptions(
                options.Contains('i'), options.Contains('o'), options.Contains('n'), options.Contains('O'), options.Contains('H')))
            : options.Overlaps("ioO") ? throw call.Unsupported("command `ss` with -i, -o or -O without -t alone")
            : SocketTable.Print(rows, Model.TableForm.Ss);
        foreach (string line in options.Contains('H') && lines.Count > 0 && lines[0].Contains("Recv-Q", StringComparison.Ordinal) ? lines.Skip(1) : lines)
        {
            call.Output.Append(line).Append('\n');
        }

        return 0;
    }

    private static string Letter(string argument) => argument switch
    {
        "--tcp" => "t",
        "--udp" => "u",
        "--all" => "a",
        "--listening" => "l",
        "--numeric" => "n",
        "--info" => "i",
        "--options" => "o",
        "--oneline" => "O",
        "--no-header" => "H",
        "--ipv4" => "4",
        "--ipv6" => "6",
        _ => "",
    };

    private static bool IsShown(in SocketTableRow row, CommandTarget target, HashSet<char> options)
    {
        bool protocol = options.Overlaps("tu") ? options.Contains(row.Protocol == IpProtocol.Udp ? 'u' : 't') : true;
        bool family = !options.Overlaps("46") || options.Contains(target.IsV6Socket(row) ? '6' : '4');
        bool isListening = row.State is TcpState.Listen or TcpState.Closed; // An unconnected UDP socket is CLOSED.
        bool isOpen = !isListening && row.State is not (TcpState.TimeWait or TcpState.SynReceived);
        return protocol && family && (options.Contains('a') || (options.Contains('l') ? isListening : isOpen));
    }
}

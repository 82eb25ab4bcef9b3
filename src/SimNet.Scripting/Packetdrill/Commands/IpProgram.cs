using SimStack.Ip;
using SimStack.Tcp.Metrics;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary><c>ip</c>: routes, links, addresses and TCP metrics, as far as they change something.</summary>
internal static class IpProgram
{
    /// <summary>Runs it.</summary>
    public static int Run(CommandCall call)
    {
        int at = 0;
        bool? v4 = null;
        for (; at < call.Arguments.Count && call.Arguments[at].StartsWith('-'); at++)
        {
            switch (call.Arguments[at])
            {
                case "-4":
                    v4 = true;
                    break;
                case "-6":
                    v4 = false;
                    break;
                default:
                    throw call.UnsupportedOption(call.Arguments[at]);
            }
        }

        IReadOnlyList<string> all = call.Arguments;
        string what = at < all.Count ? all[at++] : "";
        string verb = at < all.Count ? all[at++] : "show";
        IpWords words = new(call, [.. all.Skip(at)], v4);
        return what switch
        {
            "r" or "ro" or "rou" or "rout" or "route" => IpRouteProgram.Run(call, Verb(verb), words),
            "l" or "li" or "lin" or "link" => Link(call, verb, words),
            "a" or "ad" or "add" or "addr" or "address" => Address(call, Verb(verb), words),
            "tcp_metrics" or "tcpmetrics" => Metrics(call, verb, words),
            "" => call.Fail(255, "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }"),
            _ => throw call.Unsupported($"command `ip {CommandCall.Shown(what)}`"),
        };
    }

    private static string Verb(string written) => written switch
    {
        "a" or "add" => "add",
        "c" or "change" or "chg" => "change",
        "r" or "replace" or "repl" => "replace",
        "d" or "del" or "delete" => "del",
        _ => written,
    };

    private static int Metrics(CommandCall call, string verb, IpWords words)
    {
        bool shows = verb is "show" or "list" or "lst" or "get" or "g", deletes = verb is "delete" or "del" or "d";
        if (!shows && !deletes && verb is not ("flush" or "f"))
        {
            throw call.Unsupported($"ip tcp_metrics {CommandCall.Shown(verb)}");
        }

        IpAddress? destination = null;
        while (words.TryTake(out string word))
        {
            if (word is "all" or "any")
            {
                continue;
            }

            destination = words.Address(word is "address" or "addr" ? words.Required("address") : word);
        }

        return shows ? ShowMetrics(call, destination) : call.Status(call.Target.FlushTcpMetrics(destination, mustExist: deletes), 2);
    }

    private static int ShowMetrics(CommandCall call, IpAddress? destination)
    {
        TargetAnswer answer = call.Target.GetTcpMetrics(destination, out IReadOnlyList<TcpMetrics> metrics);
        foreach (TcpMetrics one in metrics)
        {
            call.Output.Append(one).Append('\n');
        }

        return call.Status(answer, 2);
    }

    private static int Link(CommandCall call, string verb, IpWords words)
    {
        if (verb is not ("set" or "s"))
        {
            throw call.Unsupported($"ip link {CommandCall.Shown(verb)}");
        }

        string? device = null;
        List<Func<TargetAnswer>> changes = [];
        while (words.TryTake(out string word))
        {
            switch (word)
            {
                case "dev":
                    device = words.Required("dev");
                    break;
                case "mtu":
                    int mtu = (int)Math.Min(int.MaxValue, words.Number("mtu"));
                    changes.Add(() => call.Target.SetMtu(device!, mtu));
                    break;
                case "up" or "down":
                    changes.Add(() => call.Target.SetUp(device!, word == "up"));
                    break;
                default:
                    if (device is not null)
                    {
                        throw call.Unsupported($"ip link set {device} {CommandCall.Shown(word)}");
                    }

                    device = word;
                    break;
            }
        }

        if (device is null)
        {
            return call.Fail(255, "Not enough information: \"dev\" argument is required.");
        }

        int status = 0;
        foreach (Func<TargetAnswer> change in changes)
        {
            status = status == 0 ? call.Status(change(), 2) : status;
        }

        return status;
    }

    private static int Address(CommandCall call, string verb, IpWords words)
    {
        if (verb is not ("add" or "replace" or "del"))
        {
            throw call.Unsupported($"ip addr {CommandCall.Shown(verb)}");
        }

        string? device = null;
        (IpAddress Address, int Length)? prefix = null;
        while (words.TryTake(out string word))
        {
            switch (word)
            {
                case "dev":
                    device = words.Required("dev");
                    break;
                case "local":
                    prefix = words.Prefix(words.Required("local"));
                    break;
                case "nodad" or "noprefixroute" or "broadcast" or "brd" or "scope" or "label" or "peer":
                    throw call.Unsupported($"ip addr {verb} … {word}");
                default:
                    prefix = words.Prefix(word);
                    break;
            }
        }

        return device is null || prefix is not { } p
            ? call.Fail(255, "Not enough information: an address and \"dev\" are required.")
            : call.Status(call.Target.ChangeAddress(device, p.Address, p.Length, verb != "del"), 2);
    }
}

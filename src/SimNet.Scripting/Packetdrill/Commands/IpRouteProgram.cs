using System.Globalization;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary><c>ip route add|change|replace|append|del</c> with the metrics of ip-route(8).</summary>
internal static class IpRouteProgram
{
    // Metrics that are numbers: bytes, segments, hops or flags. Times are in milliseconds when they have no unit.
    private static readonly HashSet<string> Numbers = new(StringComparer.Ordinal)
    {
        "mtu", "advmss", "initcwnd", "initrwnd", "window", "cwnd", "ssthresh", "reordering", "hoplimit", "quickack", "fastopen_no_cookie",
        "metric",
    };

    private static readonly HashSet<string> Times = new(StringComparer.Ordinal) { "rto_min", "rtt", "rttvar" };

    private static readonly HashSet<string> Texts = new(StringComparer.Ordinal) { "src", "scope", "proto", "table", "features", "congctl", "tos" };

    private static readonly HashSet<string> Types = new(StringComparer.Ordinal)
    {
        "local", "broadcast", "multicast", "unreachable", "blackhole", "prohibit", "throw", "nat", "anycast",
    };

    /// <summary>Runs it.</summary>
    public static int Run(CommandCall call, string verb, IpWords words)
    {
        if (verb is not ("add" or "change" or "replace" or "append" or "del"))
        {
            throw call.Unsupported($"ip route {CommandCall.Shown(verb)}");
        }

        (IpAddress Address, int Length)? destination = null;
        IpAddress? nextHop = null;
        string? device = null;
        List<RouteMetric> metrics = [];
        while (words.TryTake(out string word))
        {
            switch (word)
            {
                case "via":
                    nextHop = words.Address(words.TryTake("inet") || words.TryTake("inet6") ? words.Required("via") : words.Required("via"));
                    break;
                case "dev":
                    device = words.Required("dev");
                    break;
                case "to" or "unicast":
                    break;
                case "onlink" or "pervasive" or "nexthop" or "encap" or "nhid":
                    throw call.Unsupported($"ip route {verb} … {word}");
                default:
                    if (Metric(call, words, Alias(word)) is { } metric)
                    {
                        metrics.Add(metric);
                    }
                    else if (Types.Contains(word) || destination is not null)
                    {
                        throw call.Unsupported($"ip route {verb} … {CommandCall.Shown(word)}");
                    }
                    else
                    {
                        destination = words.Prefix(word);
                    }

                    break;
            }
        }

        (IpAddress address, int length) = destination ?? words.Prefix("default");
        if (destination is { Length: 0 } && nextHop is { } hop && address.IsUnspecified)
        {
            address = hop.IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6;
        }

        return destination is null
            ? call.Fail(255, "ip route: a destination is missing")
            : call.Status(call.Target.ChangeRoute(new RouteChange(verb, address, length, nextHop, device, metrics)), 2);
    }

    private static string Alias(string word) => word switch
    {
        "protocol" => "proto",
        "dsfield" => "tos",
        "preference" or "priority" => "metric",
        _ => word,
    };

    private static RouteMetric? Metric(CommandCall call, IpWords words, string name)
    {
        if (!Numbers.Contains(name) && !Times.Contains(name) && !Texts.Contains(name))
        {
            return null;
        }

        bool locked = name is not ("metric" or "src" or "scope" or "proto" or "table" or "tos") && words.TryTake("lock");
        string text = words.Required(name);
        long number = -1;
        if (Times.Contains(name) ? !CommandNumbers.TryParseTime(text, 1_000_000, out number)
            : Numbers.Contains(name) && !(long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= int.MaxValue))
        {
            throw ShellException.Wrong(call.Start, $"command `ip route`: `{CommandCall.Shown(text)}` is not a number behind `{name}`");
        }

        return new RouteMetric(name, text, number, locked);
    }
}

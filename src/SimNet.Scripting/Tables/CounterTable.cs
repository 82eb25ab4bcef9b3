using System.Globalization;
using System.Text;

namespace SimNet.Scripting.Tables;

/// <summary>A host's counters as Linux and its programs print them.</summary>
public static class CounterTable
{
    private static readonly string[] SnmpGroups = ["Ip", "Icmp", "IcmpMsg", "Tcp", "Udp"];
    private static readonly string[] NetstatGroups = ["TcpExt", "IpExt"];
    private static readonly string[] Snmp6Groups = ["Ip6", "Icmp6", "Udp6"];

    /// <summary>A gauge: it is in /proc/net/snmp, and nstat leaves it out.</summary>
    private const string Gauge = "TcpCurrEstab";

    /// <summary>As <c>nstat -a</c>: the name, the value, the rate that nobody asked for. Values of 0 are left out.</summary>
    public static IReadOnlyList<string> Nstat(IEnumerable<KeyValuePair<string, long>> counters) =>
        ["#kernel", .. counters.Where(c => c.Value != 0 && IsListed(c.Key)).Select(NstatLine)];

    /// <summary>A line of nstat.</summary>
    internal static string NstatLine(KeyValuePair<string, long> counter) =>
        string.Create(CultureInfo.InvariantCulture, $"{counter.Key,-32}{counter.Value,-16}   0.0");

    /// <summary>Whether nstat prints it.</summary>
    internal static bool IsListed(string name) => name != Gauge;

    /// <summary>/proc/net/snmp: for each group a line of names and one of values. UDP-Lite is not there.</summary>
    internal static string ProcSnmp(IReadOnlyList<KeyValuePair<string, long>> counters, IReadOnlyDictionary<string, long> settings)
    {
        var text = new StringBuilder();
        foreach (string group in SnmpGroups)
        {
            // Of messages by type only those that came or went; IcmpMsg as a whole then.
            List<KeyValuePair<string, long>> members = Members(counters, group);
            if (group == "IcmpMsg")
            {
                members.RemoveAll(m => m.Value == 0);
            }

            Append(text, group, [.. settings.Where(s => s.Key.StartsWith(group + ".", StringComparison.Ordinal))
                .Select(s => new KeyValuePair<string, long>(s.Key[(group.Length + 1)..], s.Value)), .. members]);
        }

        return text.ToString();
    }

    /// <summary>/proc/net/netstat. MPTCP is not there.</summary>
    internal static string ProcNetstat(IReadOnlyList<KeyValuePair<string, long>> counters)
    {
        var text = new StringBuilder();
        foreach (string group in NetstatGroups)
        {
            Append(text, group, Members(counters, group));
        }

        return text.ToString();
    }

    /// <summary>/proc/net/snmp6: a line each. UDP-Lite is not there.</summary>
    internal static string ProcSnmp6(IReadOnlyList<KeyValuePair<string, long>> counters) =>
        string.Concat(Snmp6Groups.SelectMany(g => Members(counters, g).Select(m => (Name: g + m.Key, m.Value)))
            .Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name,-32}\t{m.Value}\n")));

    private static void Append(StringBuilder text, string group, List<KeyValuePair<string, long>> members)
    {
        if (members.Count > 0)
        {
            text.Append(group).Append(": ").AppendJoin(' ', members.Select(m => m.Key)).Append('\n');
            text.Append(group).Append(": ").AppendJoin(' ', members.Select(m => m.Value.ToString(CultureInfo.InvariantCulture))).Append('\n');
        }
    }

    // A group's names begin with the group's, and a longer group's do so too: Tcp and TcpExt.
    private static List<KeyValuePair<string, long>> Members(IEnumerable<KeyValuePair<string, long>> counters, string group) =>
        [.. counters.Where(c => GroupOf(c.Key) == group).Select(c => new KeyValuePair<string, long>(c.Key[group.Length..], c.Value))];

    private static string GroupOf(string name) =>
        SnmpGroups.Concat(NetstatGroups).Concat(Snmp6Groups).Where(g => name.StartsWith(g, StringComparison.Ordinal)).MaxBy(g => g.Length) ?? "";
}

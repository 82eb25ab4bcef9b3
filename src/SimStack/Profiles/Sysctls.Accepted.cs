using System.Globalization;

namespace SimStack.Profiles;

/// <summary>
/// Settings of Linux 6.x that this stack has no behaviour of its own for. One is accepted with the values for which the stack behaves as
/// Linux would, foremost its default; another value is refused by name.
/// </summary>
public sealed partial class Sysctls
{
    private static readonly SortedList<string, Accepted> AcceptedOnly = BuildAccepted();

    private SortedList<string, string>? _stated;

    private SysctlResult SetAccepted(string name, Accepted entry, string value, out string? error)
    {
        error = null;
        string text = string.Join(' ', value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
        if (entry.Range is (long least, long most))
        {
            if (!TryNumbers(text, least, most, entry.Count, out string? normal))
            {
                error = entry.Count == 1 ? $"{name} takes {least} to {most}, not '{value}'" : $"{name} takes {entry.Count} numbers, not '{value}'";
                return SysctlResult.BadValue;
            }

            text = normal!;
        }
        else if (entry.Count == 0)
        {
            error = $"{name} can only be read";
            return SysctlResult.BadValue;
        }

        if (!entry.IsRight(text))
        {
            error = $"{name}={value.Trim()} is not supported yet";
            return SysctlResult.Unsupported;
        }

        _stated = _stated is null ? new(StringComparer.Ordinal) : new(_stated, StringComparer.Ordinal);
        _stated[name] = text;
        return SysctlResult.Ok;
    }

    private string GetAccepted(string name, Accepted entry) =>
        _stated is not null && _stated.TryGetValue(name, out string? text) ? text : entry.Default;

    private static bool TryNumbers(string text, long least, long most, int count, out string? normal)
    {
        string[] words = text.Split(' ');
        normal = null;
        for (int i = 0; i < words.Length; i++)
        {
            if (!TryNumber(words[i], out long number) || number < least || number > most)
            {
                return false;
            }

            words[i] = number.ToString(CultureInfo.InvariantCulture);
        }

        normal = string.Join('\t', words);
        return words.Length == count;
    }

    /// <summary>Decimal, or hexadecimal behind 0x, as the kernel reads them.</summary>
    private static bool TryNumber(string text, out long number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static SortedList<string, Accepted> BuildAccepted()
    {
        SortedList<string, Accepted> all = new(StringComparer.Ordinal);

        // Of these only some values are what the stack does; the first one is Linux's default.
        void Only(string name, long least, long most, params long[] right) =>
            all.Add(name, new Accepted(
                Text(right[0]), 1, (least, most), text => right.Contains(long.Parse(text, CultureInfo.InvariantCulture))));

        // These change nothing that a simulated host could show, or nothing unless another one is switched on that can't be.
        void Any(string name, string standard, long least = int.MinValue, long most = uint.MaxValue, int count = 1) =>
            all.Add(name, new Accepted(standard, count, (least, most), _ => true));

        void ReadOnly(string name, string value) => all.Add(name, new Accepted(value, 0, null, _ => false));

        AddAcceptedTcp(Only, Any);
        AddAcceptedIp(Only, Any);
        ReadOnly("net.ipv4.tcp_available_ulp", "");
        ReadOnly("net.ipv4.tcp_ehash_entries", "262144");
        return all;
    }

    private static void AddAcceptedTcp(Action<string, long, long, long[]> only, AcceptAny any)
    {
        any("net.ipv4.tcp_adv_win_scale", "1", -31, 31); // Without effect since Linux 6.6.
        any("net.ipv4.tcp_child_ehash_entries", "0", 0, 16 << 20); // How large tables are is nothing that shows.
        any("net.ipv4.tcp_early_demux", "1", 0, 255);
        any("net.ipv4.tcp_fack", "0", 0, 255);
        only("net.ipv4.tcp_fwmark_accept", 0, 1, [0]);
        only("net.ipv4.tcp_l3mdev_accept", 0, 1, [0]);
        any("net.ipv4.tcp_low_latency", "0");
        any("net.ipv4.tcp_plb_cong_thresh", "128", 0, 256);
        only("net.ipv4.tcp_plb_enabled", 0, 1, [0]);
        any("net.ipv4.tcp_plb_idle_rehash_rounds", "3", 0, 31);
        any("net.ipv4.tcp_plb_rehash_rounds", "12", 0, 31);
        any("net.ipv4.tcp_plb_suspend_rto_sec", "60", 0, 255);
        only("net.ipv4.tcp_stdurg", 0, 255, [0]);
        only("net.ipv4.tcp_workaround_signed_windows", 0, 255, [0]);
    }

    private static void AddAcceptedIp(Action<string, long, long, long[]> only, AcceptAny any)
    {
        only("net.ipv4.fwmark_reflect", 0, 1, [0]);
        any("net.ipv4.ip_dynaddr", "0", 0, 255);
        any("net.ipv4.ip_early_demux", "1", 0, 255);
        any("net.ipv4.ip_forward_update_priority", "1", 0, 1);
        only("net.ipv4.ip_forward_use_pmtu", 0, 1, [0]);
        only("net.ipv4.ip_nonlocal_bind", 0, 1, [0]);
        any("net.ipv4.ip_unprivileged_port_start", "1024", 0, 65_535);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private delegate void AcceptAny(string name, string standard, long least = int.MinValue, long most = uint.MaxValue, int count = 1);

    private sealed record Accepted(string Default, int Count, (long, long)? Range, Func<string, bool> IsRight);
}

using System.Globalization;
using SimNet.Scripting.Model;
using SimStack.Ip;

namespace SimNet.Scripting.Yaml;

/// <summary>Reads scalars; what is wrong is reported and gives null.</summary>
internal sealed class Values(ErrorList errors)
{
    public string? Text(ScriptNode node, string what)
    {
        if (node.Kind == NodeKind.Scalar && !node.IsNull)
        {
            return node.Text;
        }

        Wrong(node, what, "text");
        return null;
    }

    public long? Integer(ScriptNode node, string what, long least, long most)
    {
        string text = node.Text.Replace("_", "", StringComparison.Ordinal);
        bool hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        long value = 0;
        bool read = node.Kind == NodeKind.Scalar && (hex
            ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value));
        if (read && value >= least && value <= most)
        {
            return value;
        }

        Wrong(node, what, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));
        return null;
    }

    public bool? Boolean(ScriptNode node, string what)
    {
        switch (node.Kind == NodeKind.Scalar ? node.Text : "")
        {
            case "true":
                return true;
            case "false":
                return false;
            default:
                Wrong(node, what, "`true` or `false`");
                return null;
        }
    }

    public Duration? Duration(ScriptNode node, string what) =>
        node.Kind == NodeKind.Scalar && Units.TryDuration(node.Text, out Duration value) ? value : WrongUnit<Duration>(node, what, Units.DurationForm);

    public DataRate? Rate(ScriptNode node, string what) =>
        node.Kind == NodeKind.Scalar && Units.TryRate(node.Text, out DataRate value) ? value : WrongUnit<DataRate>(node, what, Units.RateForm);

    public long? Size(ScriptNode node, string what) =>
        node.Kind == NodeKind.Scalar && Units.TrySize(node.Text, out long value) ? value : WrongUnit<long>(node, what, Units.SizeForm);

    public Probability? Probability(ScriptNode node, string what) =>
        node.Kind == NodeKind.Scalar && Units.TryProbability(node.Text, out Probability value)
            ? value
            : WrongUnit<Probability>(node, what, Units.ProbabilityForm);

    public NumberCondition? Condition(ScriptNode node, string what)
    {
        if (node.Kind == NodeKind.Scalar && NumberCondition.TryParse(node.Text, out NumberCondition value))
        {
            return value;
        }

        Wrong(node, what, "a number, or a condition like `>0`, `<=3` or `2..4`");
        return null;
    }

    public Timestamp? Timestamp(ScriptNode node, string what)
    {
        if (node.Kind == NodeKind.Scalar && Model.Timestamp.TryParse(node.Text, out Timestamp value))
        {
            return value;
        }

        Wrong(node, what, "a date and time in UTC like `2014-11-20T14:52:19.772673Z`");
        return null;
    }

    public IpAddress? Address(ScriptNode node, string what)
    {
        if (node.Kind == NodeKind.Scalar && IpAddress.TryParse(node.Text, out IpAddress value))
        {
            return value;
        }

        Wrong(node, what, "an IP address like `10.0.0.1` or `2001:db8::1`");
        return null;
    }

    public AddressPrefix? Prefix(ScriptNode node, string what)
    {
        string text = node.Kind == NodeKind.Scalar ? node.Text : "";
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (IpAddress.TryParse(slash < 0 ? text : text[..slash], out IpAddress address))
        {
            int most = address.IsV4 ? 32 : 128;
            if (slash < 0)
            {
                errors.Add(node.Position, $"{what}: address `{text}` has no prefix length; write `{text}/{(address.IsV4 ? 24 : 64)}`");
                return null;
            }

            if (int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length <= most)
            {
                return new AddressPrefix(address, length);
            }

            errors.Add(node.Position, $"{what}: prefix length `{text[(slash + 1)..]}` is not a number from 0 to {most}");
            return null;
        }

        Wrong(node, what, "an address with its prefix length, like `10.0.0.1/24` or `2001:db8::1/64`");
        return null;
    }

    public MacAddress? Mac(ScriptNode node, string what)
    {
        if (node.Kind != NodeKind.Scalar || !MacAddress.TryParse(node.Text, out MacAddress value))
        {
            Wrong(node, what, "an Ethernet address like `02:00:00:00:00:01`");
            return null;
        }

        if (value.IsGroup || value == MacAddress.Zero)
        {
            errors.Add(node.Position, $"{what}: `{node.Text}` is no address of one interface (the first byte must be even, and not all may be zero)");
            return null;
        }

        return value;
    }

    /// <summary>One of some words; null after an error.</summary>
    public string? Word(ScriptNode node, string what, params string[] words)
    {
        if (node.Kind == NodeKind.Scalar && words.Contains(node.Text))
        {
            return node.Text;
        }

        string? near = node.Kind == NodeKind.Scalar ? Suggestions.Nearest(node.Text, words) : null;
        Wrong(node, what, string.Join(" or ", words.Select(w => $"`{w}`")), near is null ? "" : $"; did you mean `{near}`?");
        return null;
    }

    /// <summary>TCP flags, written <c>SYN ACK</c>, <c>SYN,ACK</c>, or as tcpdump does, <c>S.</c></summary>
    public TcpFlags? Flags(ScriptNode node, string what)
    {
        string text = node.Kind == NodeKind.Scalar ? node.Text.Trim() : "";
        if (text.Length is > 0 and <= 8 && text.All(c => "SFRP.UEWA".Contains(c, StringComparison.Ordinal)) && text is not "A")
        {
            return text.Aggregate(TcpFlags.None, (flags, c) => flags | OfLetter(c));
        }

        TcpFlags result = TcpFlags.None;
        foreach (string word in text.Split([' ', ',', '+', '|'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Enum.TryParse(word, ignoreCase: true, out TcpFlags flag) || char.IsAsciiDigit(word[0]) || flag is TcpFlags.None)
            {
                errors.Add(node.Position, $"{what}: unknown flag `{word}`"
                    + Suggestions.For(word, ["SYN", "ACK", "FIN", "RST", "PSH", "URG", "ECE", "CWR", "AE"], "flags"));
                return null;
            }

            result |= flag;
        }

        if (result == TcpFlags.None)
        {
            Wrong(node, what, "TCP flags like `SYN`, `SYN ACK` or `FIN ACK`");
            return null;
        }

        return result;
    }

    /// <summary>Reports a value of the wrong kind.</summary>
    public void Wrong(ScriptNode node, string what, string right, string suffix = "") =>
        errors.Add(node.Position, $"{what}: found {node.Describe()} where {right} is right{suffix}");

    private T? WrongUnit<T>(ScriptNode node, string what, string form)
        where T : struct
    {
        string reason = node.Kind == NodeKind.Scalar ? Units.WrongUnit(node.Text, form) : "";
        if (reason.Length > 0)
        {
            errors.Add(node.Position, $"{what}: `{node.Text}`{reason}; right is {form}");
        }
        else
        {
            Wrong(node, what, form);
        }

        return null;
    }

    private static TcpFlags OfLetter(char c) => c switch
    {
        'S' => TcpFlags.Syn,
        'F' => TcpFlags.Fin,
        'R' => TcpFlags.Rst,
        'P' => TcpFlags.Psh,
        'U' => TcpFlags.Urg,
        'E' => TcpFlags.Ece,
        'W' => TcpFlags.Cwr,
        _ => TcpFlags.Ack,
    };
}

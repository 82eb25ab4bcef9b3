using System.Globalization;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>The words behind <c>ip OBJECT VERB</c>, read one after the other.</summary>
/// <param name="call">The call, for what goes wrong.</param>
/// <param name="words">The words.</param>
/// <param name="isV4">What -4 or -6 said; null when neither.</param>
internal sealed class IpWords(CommandCall call, IReadOnlyList<string> words, bool? isV4)
{
    private int _at;

    /// <summary>The family that addresses without one belong to: IPv4 unless -6 was given.</summary>
    public bool IsV4 => isV4 ?? true;

    /// <summary>The next word; false at the end.</summary>
    public bool TryTake(out string word)
    {
        word = _at < words.Count ? words[_at] : "";
        return _at++ < words.Count;
    }

    /// <summary>Takes the next word if it is this one.</summary>
    public bool TryTake(string expected)
    {
        bool found = _at < words.Count && words[_at] == expected;
        _at += found ? 1 : 0;
        return found;
    }

    /// <summary>The word behind a keyword.</summary>
    public string Required(string keyword) =>
        TryTake(out string word) ? word : throw ShellException.Wrong(call.Start, $"command `ip`: a value is missing behind `{keyword}`");

    /// <summary>A number that is not negative.</summary>
    public long Number(string keyword)
    {
        string word = Required(keyword);
        return long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number : throw Wrong(word, $"a number behind `{keyword}`");
    }

    /// <summary>An address.</summary>
    public IpAddress Address(string word) =>
        IpAddress.TryParse(word, out IpAddress address) ? address : throw Wrong(word, "an IP address");

    /// <summary><c>ADDRESS[/LENGTH]</c>, <c>default</c>.</summary>
    public (IpAddress Address, int Length) Prefix(string word)
    {
        if (word is "default" or "any" or "all")
        {
            return (IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6, 0);
        }

        int slash = word.IndexOf('/', StringComparison.Ordinal);
        IpAddress address = Address(slash < 0 ? word : word[..slash]);
        int most = address.IsV4 ? 32 : 128;
        if (slash < 0)
        {
            return (address, most);
        }

        return int.TryParse(word.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length <= most
            ? (address, length) : throw Wrong(word, $"an address with a prefix length of up to {most}");
    }

    private ShellException Wrong(string word, string expected) =>
        ShellException.Wrong(call.Start, $"command `ip`: `{CommandCall.Shown(word)}` is not {expected}");
}

using System.Globalization;
using SimStack.Ip;
using SimStack.Wire;

namespace Scenarios.Replay;

/// <summary>Reads <c>--only</c>.</summary>
internal static class FeedFilter
{
    /// <summary>A filter that lets through what one of the words means; null without words.</summary>
    /// <exception cref="SimException">A word means nothing.</exception>
    public static Func<IpAddress, ushort, IpProtocol, bool>? Of(IReadOnlyList<string> words)
    {
        Func<IpAddress, ushort, IpProtocol, bool>[] any = [.. words.Select(Of)];
        return any.Length == 0 ? null : (address, port, protocol) => any.Any(f => f(address, port, protocol));
    }

    private static Func<IpAddress, ushort, IpProtocol, bool> Of(string word)
    {
        switch (word)
        {
            case "tcp":
                return (_, _, protocol) => protocol == IpProtocol.Tcp;
            case "udp":
                return (_, _, protocol) => protocol == IpProtocol.Udp;
            case "icmp":
                return (_, _, protocol) => protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        }

        if (TryPort(word, out ushort alone))
        {
            return (_, port, _) => port == alone;
        }

        if (IpAddress.TryParse(word, out IpAddress wanted))
        {
            return (address, _, _) => address == wanted;
        }

        int colon = word.LastIndexOf(':');
        if (colon > 0 && TryPort(word[(colon + 1)..], out ushort number) && IpAddress.TryParse(word[..colon].Trim('[', ']'), out IpAddress of))
        {
            return (address, port, _) => address == of && port == number;
        }

        throw SimException.BadRequest($"sim replay: --only: `{word}` is none of an address, address:port, a port, tcp, udp, icmp");
    }

    private static bool TryPort(string text, out ushort port) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
}

using SimNet.Scripting.Model;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Yaml;

/// <summary>Names: those of hosts, and those that the script gives to addresses as DNS would.</summary>
internal sealed partial class Binder
{
    private readonly Dictionary<string, IReadOnlyList<IpAddress>> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The names on top. After all hosts.</summary>
    private void Names(MapReader map)
    {
        foreach (ScriptEntry entry in map.Entries("names"))
        {
            string name = entry.Key.Text;
            if (!IsName(name))
            {
                _values.Wrong(entry.Key, "names", "a name like `example.org`, of letters, digits, `-`, `_` and `.`,");
            }
            else if (_hosts.Exists(h => string.Equals(h.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                _errors.Add(entry.Key.Position, $"names: `{name}` is a host, whose name is known already");
            }
            else
            {
                ScriptNode[] values = entry.Value.Kind == NodeKind.Sequence ? [.. entry.Value.Items] : [entry.Value];
                _names[name] = [.. values.SelectMany(v => NameValue(v, name))];
            }
        }
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 253 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        && !text.StartsWith('.') && !text.EndsWith('.') && !IpAddress.TryParse(text, out _);

    private IEnumerable<IpAddress> NameValue(ScriptNode node, string name)
    {
        if (_values.Text(node, name) is not { } text)
        {
            return [];
        }

        return IpAddress.TryParse(text, out IpAddress address) ? [address] : AddressesOf(text, node.Position) ?? [];
    }

    /// <summary>All addresses behind a name; null when there is no such name, which is reported.</summary>
    private IReadOnlyList<IpAddress>? AddressesOf(string text, SourcePosition position)
    {
        if (_names.TryGetValue(text, out IReadOnlyList<IpAddress>? addresses))
        {
            return addresses;
        }

        int dot = text.LastIndexOf('.');
        HostDefinition? host = _hosts.Find(h => h.Name == text);
        if (host is null && (dot <= 0 || !_hosts.Exists(h => h.Name == text[..dot])))
        {
            _errors.Add(position, $"unknown host `{text}`" + Suggestions.For(text, [.. _hosts.Select(h => h.Name), .. _names.Keys], "hosts and names"));
            return null;
        }

        if (host is not null)
        {
            return [.. host.Interfaces.SelectMany(i => i.Addresses).Select(a => a.Address)];
        }

        return Point(text, position) is { } point
            ? [.. _hosts.Find(h => h.Name == point.Host)!.Interfaces.Where(i => i.Name == point.Interface).SelectMany(i => i.Addresses).Select(a => a.Address)]
            : null;
    }

    /// <summary>
    /// The address that a host uses for a name: the first of the family asked for, otherwise the first of a family that the host has.
    /// </summary>
    private IpAddress? AddressOf(string name, SourcePosition position, string? asking, AddressFamily? family)
    {
        if (AddressesOf(name, position) is not { } addresses)
        {
            return null;
        }

        if (addresses.Count == 0)
        {
            if (_errors.Count == 0)
            {
                // Otherwise the address is missing because it is wrong, and that has been said.
                _errors.Add(position, $"host `{name}` has no address there");
            }

            return null;
        }

        if (family is { } wanted)
        {
            bool v6 = wanted == AddressFamily.AF_INET6;
            foreach (IpAddress address in addresses.Where(a => a.IsV6 == v6))
            {
                return address;
            }

            _errors.Add(position, $"`{name}` has no {(v6 ? "IPv6" : "IPv4")} address, and the socket is of that family");
            return null;
        }

        IEnumerable<IpAddress> own = _hosts.Find(h => h.Name == asking)?.Interfaces.SelectMany(i => i.Addresses).Select(a => a.Address) ?? [];
        return addresses.Cast<IpAddress?>().FirstOrDefault(a => own.Any(o => o.IsV6 == a!.Value.IsV6)) ?? addresses[0];
    }

    /// <summary>HOST:PORT, NAME:PORT, ADDRESS:PORT, [V6]:PORT.</summary>
    private IpEndpoint? Endpoint(string text, ScriptNode node, string what, string? asking, AddressFamily? family)
    {
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture, out ushort port))
        {
            _values.Wrong(node, what, "`HOST:PORT` or `ADDRESS:PORT`, the port from 0 to 65535,");
            return null;
        }

        string host = text[..colon];
        string bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        if (IpAddress.TryParse(bare, out IpAddress address))
        {
            return new IpEndpoint(address, port);
        }

        if (bare == "*")
        {
            return new IpEndpoint(IpAddress.AnyV4, port);
        }

        return AddressOf(host, node.Position, asking, family) is { } known ? new IpEndpoint(known, port) : null;
    }
}

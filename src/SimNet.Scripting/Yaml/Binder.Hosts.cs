using SimNet.Hosts;
using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Ip;

namespace SimNet.Scripting.Yaml;

/// <summary>Hosts.</summary>
internal sealed partial class Binder
{
    private void Hosts(MapReader map)
    {
        string profile = map.Find("profile") is { } node ? Profile(node) : "linux";
        foreach (ScriptEntry entry in map.Entries("hosts"))
        {
            if (Host(entry, profile) is { } host)
            {
                _hosts.Add(host);
            }
        }

        if (map.Find("hosts") is { Kind: NodeKind.Mapping, Entries.Count: 0 } empty && map.Find("bridges") is null)
        {
            _errors.Add(empty.Position, "hosts: there must be at least one host");
        }
    }

    private string Profile(ScriptNode node)
    {
        string name = _values.Text(node, "profile") ?? "";
        if (name.Length > 0 && !_vocabulary.Profiles.Contains(name))
        {
            _errors.Add(node.Position, $"unknown profile `{name}`" + Suggestions.For(name, _vocabulary.Profiles, "profiles"));
        }

        return name;
    }

    private HostDefinition? Host(ScriptEntry entry, string defaultProfile, bool router = false)
    {
        string kind = router ? "router" : "host";
        string name = entry.Key.Text;
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || !char.IsAsciiLetter(name[0]))
        {
            _errors.Add(entry.Key.Position, $"{kind} name `{name}` must begin with a letter and have only letters, digits, `-` and `_`");
        }

        if (entry.Value.Kind == NodeKind.Scalar && !entry.Value.IsNull)
        {
            AddressPrefix? address = OwnAddress(entry.Value, $"{kind} `{name}`");
            return new HostDefinition
            {
                Name = name,
                IsRouter = router,
                Interfaces = [new InterfaceDefinition("eth0", address is null ? [] : [address.Value], null, 1500)],
                Profile = defaultProfile,
                Position = entry.Key.Position,
            };
        }

        if (MapReader.Open(entry.Value, Shapes.Host, _errors, $"{kind} `{name}`") is not { } map)
        {
            return null;
        }

        List<InterfaceDefinition> interfaces = Interfaces(map, name, entry.Key.Position);
        string profile = map.Find("profile") is { } node ? Profile(node) : defaultProfile;
        ScriptNode? neighbours = map.Find("neighbours");
        var host = new HostDefinition
        {
            Name = name,
            IsRouter = router,
            Interfaces = interfaces,
            Profile = profile,
            Sysctls = Sysctls(map.Entries("sysctls"), profile),
            WarmNeighbours = neighbours is { Kind: NodeKind.Scalar } && map.Word("neighbours", "cold", "warm") == "warm",
            Neighbours = neighbours is { Kind: NodeKind.Mapping } ? Neighbours(neighbours) : [],
            ProcessingDelay = map.Duration("processing-delay") ?? Duration.Zero,
            WakeupDelay = map.Duration("wakeup-delay") ?? Duration.Zero,
            BusyTimes = Times(map, "busy"),
            CallTime = map.Duration("call-time") ?? Duration.Zero,
            SlowCalls = Times(map, "slow-calls"),
            Timestamps = map.Find("timestamps") is { } clock ? TimestampClock(clock) : null,
            Position = entry.Key.Position,
        };
        _routesToBind.Add((host, map));
        return host;
    }

    private List<BusyTime> Times(MapReader map, string key)
    {
        List<BusyTime> times = [];
        foreach (ScriptNode node in map.List(key))
        {
            string[] ends = node.Kind == NodeKind.Scalar ? node.Text.Split("..") : [];
            if (ends.Length != 2 || !Units.TryDuration(ends[0], out Duration from) || !Units.TryDuration(ends[1], out Duration until) || until <= from)
            {
                _values.Wrong(node, key, "a time like `10.2ms..10.9ms`");
            }
            else if (times.Count > 0 && Instant.Zero + from < times[^1].Until)
            {
                _errors.Add(node.Position, $"{key}: `{node.Text}` begins before the one in front of it ends");
            }
            else
            {
                times.Add(new BusyTime(Instant.Zero + from, Instant.Zero + until));
            }
        }

        return times;
    }

    private List<InterfaceDefinition> Interfaces(MapReader map, string host, SourcePosition position)
    {
        bool several = map.Has("interfaces");
        foreach (string key in (string[])["address", "addresses", "mac", "mtu", "queue"])
        {
            if (several && map.Find(key) is { } node)
            {
                _errors.Add(node.Position, $"host `{host}`: `{key}` belongs under the interface it is for, since there is `interfaces`");
            }
        }

        if (!several)
        {
            if (!map.Has("address") && !map.Has("addresses") && !map.OtherEntries().Any())
            {
                _errors.Add(position, $"host `{host}` has no address; write `address: 10.0.0.1/24`");
            }

            return [Interface("eth0", map, host)];
        }

        var result = new List<InterfaceDefinition>();
        foreach (ScriptEntry entry in map.Entries("interfaces"))
        {
            if (entry.Key.Text == "lo" || entry.Key.Text.Contains('.', StringComparison.Ordinal))
            {
                _errors.Add(entry.Key.Position, $"interface name `{entry.Key.Text}` cannot be used; every host has `lo`, and `.` separates host and interface");
            }

            if (entry.Value is { Kind: NodeKind.Scalar, IsNull: false })
            {
                AddressPrefix? address = OwnAddress(entry.Value, $"interface `{entry.Key.Text}`");
                result.Add(new InterfaceDefinition(entry.Key.Text, address is null ? [] : [address.Value], null, 1500));
            }
            else if (MapReader.Open(entry.Value, Shapes.Interface, _errors, $"interface `{entry.Key.Text}`") is { } reader)
            {
                result.Add(Interface(entry.Key.Text, reader, host));
            }
        }

        if (result.Count == 0)
        {
            _errors.Add(map.Find("interfaces")!.Position, $"host `{host}` needs at least one interface");
            result.Add(new InterfaceDefinition("eth0", [], null, 1500));
        }

        return result;
    }

    private InterfaceDefinition Interface(string name, MapReader map, string host)
    {
        var addresses = new List<AddressPrefix>();
        foreach (ScriptNode node in (IEnumerable<ScriptNode>)[.. map.Find("address") is { } one ? [one] : Array.Empty<ScriptNode>(), .. map.List("addresses")])
        {
            if (OwnAddress(node, $"host `{host}`") is { } address)
            {
                addresses.Add(address);
            }
        }

        MacAddress? mac = map.Find("mac") is { } macNode ? _values.Mac(macNode, "mac") : null;
        int mtu = map.Integer("mtu", 68, 65535) ?? 1500;
        if (mtu < 1280 && addresses.Exists(a => a.Address.IsV6))
        {
            _errors.Add(map.Find("mtu")!.Position, $"mtu: {mtu} is too small for IPv6, which needs 1280 (RFC 8200 §5)");
        }

        QueueDefinition? queue = map.Find("queue") is { } queueNode ? InterfaceQueue(queueNode, mtu) : null;
        return new InterfaceDefinition(name, addresses, mac, mtu, queue);
    }

    /// <summary>An address that an interface can have; null after an error.</summary>
    private AddressPrefix? OwnAddress(ScriptNode node, string what)
    {
        if (_values.Prefix(node, what) is not { } prefix)
        {
            return null;
        }

        IpAddress address = prefix.Address;
        string? kind = address.IsUnspecified ? "means no address"
            : address.IsMulticast ? "is a multicast address"
            : address.IsLoopback ? "is a loopback address, which every host has on `lo` already"
            : address == IpAddress.BroadcastV4 ? "is the broadcast address"
            : EndOfNetwork(prefix);
        if (kind is null)
        {
            return prefix;
        }

        _errors.Add(node.Position, $"{what}: `{address}` {kind}; give it an address of its own, like `{(address.IsV4 ? "10.0.0.1/24" : "2001:db8::1/64")}`");
        return null;
    }

    // RFC 1122 §3.2.1.3: host bits all zero or all one; not in networks of two (RFC 3021) or one.
    private static string? EndOfNetwork(AddressPrefix prefix)
    {
        if (!prefix.Address.IsV4 || prefix.Length > 30)
        {
            return null;
        }

        uint mask = uint.MaxValue >> prefix.Length;
        uint host = prefix.Address.V4 & mask;
        return host == 0 ? $"is the network's own address with prefix length {prefix.Length}"
            : host == mask ? $"is the broadcast address of its network with prefix length {prefix.Length}"
            : null;
    }

    private List<SysctlSetting> Sysctls(IEnumerable<ScriptEntry> entries, string profile)
    {
        var settings = new List<SysctlSetting>();
        foreach (ScriptEntry entry in entries)
        {
            string name = entry.Key.Text;
            string? value = entry.Value.Kind == NodeKind.Sequence
                ? string.Join(' ', entry.Value.Items.Select(i => i.Text))
                : _values.Text(entry.Value, name);
            if (!_vocabulary.Sysctls.Contains(name))
            {
                _errors.Add(entry.Key.Position, $"unknown sysctl `{name}`" + Suggestions.For(name, _vocabulary.Sysctls, "sysctls"));
            }
            else if (value is not null && _vocabulary.CheckSysctl(profile, name, value) is { } reason)
            {
                _errors.Add(entry.Value.Position, reason.StartsWith(name, StringComparison.Ordinal) ? reason : $"{name}: {reason}");
            }
            else if (value is not null)
            {
                settings.Add(new SysctlSetting(name, value, entry.Key.Position));
            }
        }

        return settings;
    }

    private List<NeighbourDefinition> Neighbours(ScriptNode node)
    {
        var neighbours = new List<NeighbourDefinition>();
        foreach (ScriptEntry entry in node.Entries)
        {
            if (_values.Address(entry.Key, "neighbours") is { } address && _values.Mac(entry.Value, "neighbours") is { } mac)
            {
                neighbours.Add(new NeighbourDefinition(address, mac));
            }
        }

        return neighbours;
    }

    private TimestampClockDefinition? TimestampClock(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.Timestamps, _errors, "timestamps") is not { } map)
        {
            return null;
        }

        Duration phase = map.Duration("phase") ?? Duration.Zero;
        if (phase >= Duration.FromMilliseconds(1))
        {
            _errors.Add(map.Find("phase")!.Position, "phase: must be less than a tick, `1ms`");
        }

        return new TimestampClockDefinition((uint)(map.Long("offset", 0, uint.MaxValue) ?? 0), phase);
    }

    private void CheckAddresses(MapReader map)
    {
        var owners = new Dictionary<IpAddress, string>();
        var macs = new Dictionary<MacAddress, string>();
        foreach (HostDefinition host in _hosts)
        {
            ScriptNode node = map.Find(host.IsRouter ? "routers" : "hosts")!.Find(host.Name)!;
            foreach (InterfaceDefinition i in host.Interfaces)
            {
                foreach (AddressPrefix address in i.Addresses)
                {
                    if (!owners.TryAdd(address.Address, host.Name))
                    {
                        _errors.Add(Locate(node, address.ToString()),
                            $"duplicate address `{address.Address}`: host `{owners[address.Address]}` has it already; give `{host.Name}` another one");
                    }
                }

                if (i.Mac is { } mac && !macs.TryAdd(mac, host.Name))
                {
                    _errors.Add(Locate(node, mac.ToString()), $"duplicate Ethernet address `{mac}`: host `{macs[mac]}` has it already");
                }
            }
        }
    }

    // The last place under the node where this text stands; the node itself when it is spelled otherwise.
    private static SourcePosition Locate(ScriptNode node, string text)
    {
        ScriptNode? found = Descend(node).LastOrDefault(n => n.Text.Equals(text, StringComparison.OrdinalIgnoreCase));
        return (found ?? node).Position;
    }

    private static IEnumerable<ScriptNode> Descend(ScriptNode node) =>
        [node, .. node.Items.SelectMany(Descend), .. node.Entries.SelectMany(e => Descend(e.Value))];
}

using SimNet.Links;
using SimNet.Scripting.Model;
using SimStack.Ip;

namespace SimNet.Scripting;

/// <summary>Puts a scenario together in C#.</summary>
/// <param name="name">Short name; output files are named after it.</param>
public sealed class ScenarioBuilder(string name)
{
    private readonly List<HostDefinition> _hosts = [];
    private readonly List<SwitchDefinition> _switches = [];
    private readonly List<LinkDefinition> _links = [];
    private readonly List<FaultDefinition> _faults = [];
    private readonly List<TaskDefinition> _tasks = [];
    private readonly List<Expectation> _expectations = [];
    private readonly List<TableRequest> _tables = [];
    private string? _capture;

    /// <summary>One line for lists.</summary>
    public string Title { get; set; } = "";

    /// <summary>What the scenario shows, in prose.</summary>
    public string Description { get; set; } = "";

    /// <summary>Root of all randomness.</summary>
    public ulong Seed { get; set; } = 1;

    /// <summary>Date and time of the first instant.</summary>
    public Timestamp Start { get; set; } = ScenarioDefinition.DefaultStart;

    /// <summary>Where an endless run is stopped.</summary>
    public RunLimits Limits { get; set; } = new();

    /// <summary>Adds a host with one interface, <c>eth0</c>.</summary>
    /// <param name="host">Its name.</param>
    /// <param name="address">Address with prefix length: <c>10.0.0.1/24</c>.</param>
    /// <param name="profile">Name of its profile.</param>
    /// <exception cref="FormatException">Not an address with prefix length.</exception>
    public ScenarioBuilder Host(string host, string address, string profile = "linux")
    {
        string[] parts = address.Split('/');
        if (parts.Length != 2 || !int.TryParse(parts[1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int length))
        {
            throw new FormatException($"'{address}' is not an address with prefix length like 10.0.0.1/24.");
        }

        var prefix = new AddressPrefix(IpAddress.Parse(parts[0]), length);
        return Host(new HostDefinition { Name = host, Interfaces = [new InterfaceDefinition("eth0", [prefix], null, 1500)], Profile = profile });
    }

    /// <summary>Adds a host.</summary>
    public ScenarioBuilder Host(HostDefinition host)
    {
        _hosts.Add(host);
        return this;
    }

    /// <summary>Adds a switch; its ports are <c>sw1.port1</c>, <c>sw1.port2</c>…</summary>
    public ScenarioBuilder Switch(SwitchDefinition definition)
    {
        _switches.Add(definition);
        return this;
    }

    /// <summary>Adds a link with the same settings in both directions.</summary>
    /// <param name="a">HOST or HOST.INTERFACE.</param>
    /// <param name="b">HOST or HOST.INTERFACE.</param>
    /// <param name="settings">Of both directions.</param>
    /// <exception cref="ScriptException">No such host or interface.</exception>
    public ScenarioBuilder Link(string a, string b, LinkSettings settings) => Link(a, b, settings, settings);

    /// <summary>Adds a link.</summary>
    /// <exception cref="ScriptException">No such host or interface.</exception>
    public ScenarioBuilder Link(string a, string b, LinkSettings aToB, LinkSettings bToA, params LinkChange[] changes)
    {
        _links.Add(new LinkDefinition { A = Interface(a), B = Interface(b), AToB = aToB, BToA = bToA, Changes = [.. changes.OrderBy(c => c.At)] });
        return this;
    }

    /// <summary>Adds a scripted fault.</summary>
    /// <param name="from">The sending end: HOST or HOST.INTERFACE.</param>
    /// <param name="to">The receiving end.</param>
    /// <param name="action">What happens.</param>
    /// <param name="match">Which frames; null: all.</param>
    /// <param name="nth">Among those only these, counted from 1; none: all of them.</param>
    /// <exception cref="ScriptException">No such host or interface.</exception>
    public ScenarioBuilder Fault(string from, string to, FaultAction action, FrameMatch? match = null, params IReadOnlyList<long> nth) =>
        Fault(new FaultDefinition { From = Interface(from), To = Interface(to), Action = action, Match = match ?? new FrameMatch(), Nth = nth });

    /// <summary>Adds a scripted fault.</summary>
    public ScenarioBuilder Fault(FaultDefinition fault)
    {
        _faults.Add(fault);
        return this;
    }

    /// <summary>Adds a program made of statements.</summary>
    /// <exception cref="ScriptException">No such host.</exception>
    public ScenarioBuilder Statements(string host, params Statement[] statements)
    {
        int number = _tasks.Count(t => t.Host == host);
        string task = number == 0 ? "main" : "task" + (number + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        _tasks.Add(new TaskDefinition(Interface(host).Host, task, statements));
        return this;
    }

    /// <summary>Adds an expectation.</summary>
    public ScenarioBuilder Expect(Expectation expectation)
    {
        _expectations.Add(expectation);
        return this;
    }

    /// <summary>Asks for a socket table after the ladder.</summary>
    public ScenarioBuilder Table(string host, Duration? at = null, TableForm form = TableForm.Ss)
    {
        _tables.Add(new TableRequest(Interface(host).Host, at, form));
        return this;
    }

    /// <summary>Sets where the capture is taken: HOST or HOST.INTERFACE.</summary>
    public ScenarioBuilder Capture(string point)
    {
        _capture = point;
        return this;
    }

    /// <summary>The finished model.</summary>
    /// <exception cref="ScriptException">There is no host, or a name or address is used twice.</exception>
    public ScenarioDefinition ToDefinition()
    {
        if (_hosts.Count == 0)
        {
            throw Error("there must be at least one host");
        }

        CheckDuplicates();
        return new ScenarioDefinition
        {
            Name = name,
            Title = Title,
            Description = Description,
            Seed = Seed,
            Start = Start,
            Limits = Limits,
            Hosts = _hosts,
            Switches = _switches,
            Links = _links,
            Faults = _faults,
            Tasks = _tasks,
            Expectations = _expectations,
            Capture = Interface(_capture ?? _hosts[^1].Name),
            Tables = _tables,
        };
    }

    private void CheckDuplicates()
    {
        var addresses = new HashSet<IpAddress>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (HostDefinition host in _hosts)
        {
            if (!names.Add(host.Name))
            {
                throw Error($"duplicate host name `{host.Name}`");
            }

            foreach (AddressPrefix address in host.Interfaces.SelectMany(i => i.Addresses))
            {
                if (!addresses.Add(address.Address))
                {
                    throw Error($"duplicate address `{address.Address}`");
                }
            }
        }
    }

    private InterfaceName Interface(string point)
    {
        int dot = point.IndexOf('.', StringComparison.Ordinal);
        string host = dot < 0 ? point : point[..dot];
        if (dot >= 0 && _switches.Exists(s => s.Name == host) && SwitchDefinition.PortNumber(point[(dot + 1)..]) > 0)
        {
            return new InterfaceName(host, point[(dot + 1)..]);
        }

        HostDefinition definition = _hosts.Find(h => h.Name == host)
            ?? throw Error($"unknown host `{host}`" + Yaml.Suggestions.For(host, _hosts.Select(h => h.Name), "hosts"));
        string wanted = dot < 0 ? definition.Interfaces[0].Name : point[(dot + 1)..];
        return definition.Interfaces.Any(i => i.Name == wanted)
            ? new InterfaceName(host, wanted)
            : throw Error($"host `{host}` has no interface `{wanted}`" + Yaml.Suggestions.For(wanted, definition.Interfaces.Select(i => i.Name), "interfaces"));
    }

    private ScriptException Error(string message) => new([new ScriptError(name, 0, 0, message)]);
}

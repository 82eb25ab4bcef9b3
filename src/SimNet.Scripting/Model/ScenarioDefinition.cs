namespace SimNet.Scripting.Model;

/// <summary>A whole scenario: what a YAML script or a C# <see cref="Scripting.Scenario"/> says, checked and ready to run.</summary>
public sealed record ScenarioDefinition
{
    /// <summary>Default of <see cref="Start"/>.</summary>
    public static readonly Timestamp DefaultStart = Timestamp.Parse("2025-01-01T00:00:00Z");

    /// <summary>Short name; output files are named after it.</summary>
    public required string Name { get; init; }

    /// <summary>One line.</summary>
    public string Title { get; init; } = "";

    /// <summary>What the scenario shows, in prose.</summary>
    public string Description { get; init; } = "";

    /// <summary>Root of all randomness of the run.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The date and time of the run's first instant.</summary>
    public Timestamp Start { get; init; } = DefaultStart;

    /// <summary>Where an endless run is stopped.</summary>
    public RunLimits Limits { get; init; } = new();

    /// <summary>In the script's order, routers behind the other hosts.</summary>
    public required IReadOnlyList<HostDefinition> Hosts { get; init; }

    /// <summary>In the script's order.</summary>
    public IReadOnlyList<SwitchDefinition> Switches { get; init; } = [];

    /// <summary>Ports to a real network, in the script's order.</summary>
    public IReadOnlyList<BridgeDefinition> Bridges { get; init; } = [];

    /// <summary>In the script's order.</summary>
    public IReadOnlyList<LinkDefinition> Links { get; init; } = [];

    /// <summary>Scripted faults in order; the first that matches a frame decides.</summary>
    public IReadOnlyList<FaultDefinition> Faults { get; init; } = [];

    /// <summary>What the programs on the hosts do.</summary>
    public IReadOnlyList<TaskDefinition> Tasks { get; init; } = [];

    /// <summary>What must come out.</summary>
    public IReadOnlyList<Expectation> Expectations { get; init; } = [];

    /// <summary>Where the main capture is taken.</summary>
    public InterfaceName Capture { get; init; }

    /// <summary>Socket tables to print after the ladder.</summary>
    public IReadOnlyList<TableRequest> Tables { get; init; } = [];

    /// <summary>What is varied when the scenario is run many times; null: nothing.</summary>
    public SweepDefinition? Sweep { get; init; }

    /// <summary>The host of that name.</summary>
    /// <exception cref="KeyNotFoundException">No such host.</exception>
    public HostDefinition Host(string name) =>
        Hosts.FirstOrDefault(h => h.Name == name) ?? throw new KeyNotFoundException($"There is no host '{name}'.");
}

/// <summary>Ends of a run that would not end by itself.</summary>
/// <param name="Time">Virtual time since the start.</param>
/// <param name="Events">Events of the loop.</param>
public sealed record RunLimits(Duration Time, long Events)
{
    /// <summary>An hour and half a million events: a transfer of some 250 MiB, or 40,000 short connections; what is recorded of so many fits in a few gigabytes.</summary>
    public RunLimits()
        : this(Duration.FromSeconds(3600), 500_000)
    {
    }
}

/// <summary>An interface that is watched.</summary>
/// <param name="Host">Host name, or a switch's or a bridge's.</param>
/// <param name="Interface">Interface name; empty for a bridge, which is one port.</param>
public readonly record struct InterfaceName(string Host, string Interface)
{
    /// <summary><c>host.interface</c>.</summary>
    public override string ToString() => string.IsNullOrEmpty(Interface) ? Host ?? "" : $"{Host}.{Interface}";
}

/// <summary>How a host's sockets, or its counters, are printed.</summary>
public enum TableForm
{
    /// <summary>As Windows' <c>netstat -na</c>.</summary>
    Netstat,

    /// <summary>As Linux' <c>ss -tan</c>.</summary>
    Ss,

    /// <summary>As Linux' <c>ss -tinoa</c>: TCP_INFO and timers too.</summary>
    SsInfo,

    /// <summary>No sockets but the host's counters, as <c>nstat -a</c>.</summary>
    Nstat,
}

/// <summary>A socket table to print.</summary>
/// <param name="Host">Whose.</param>
/// <param name="At">When, since the start; null for the end of the run.</param>
/// <param name="Form">In which form.</param>
public sealed record TableRequest(string Host, Duration? At, TableForm Form);

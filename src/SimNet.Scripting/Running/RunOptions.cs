using SimNet.Scripting.Model;

namespace SimNet.Scripting.Running;

/// <summary>What a run does differently from what the scenario says.</summary>
public sealed record RunOptions
{
    /// <summary>In place of the scenario's seed.</summary>
    public ulong? Seed { get; init; }

    /// <summary>In place of every host's profile.</summary>
    public string? Profile { get; init; }

    /// <summary>Called when the network stands and before anything happens: for captures and subscriptions.</summary>
    public Action<Simulation>? Prepare { get; init; }

    /// <summary>
    /// Runs the network in place of running it until nothing is scheduled any more: for what comes from outside of the scenario, as the
    /// frames of a recording.
    /// </summary>
    public Action<Simulation>? Drive { get; init; }

    /// <summary>Socket tables to take besides those that the scenario asks for.</summary>
    public IReadOnlyList<TableRequest> Tables { get; init; } = [];

    /// <summary>In place of the scenario's date and time of the first instant.</summary>
    public Timestamp? Start { get; init; }

    /// <summary>
    /// Ethernet addresses of interfaces in place of the scenario's: those that are stations on a real network. They announce their IP addresses
    /// when a bridge session begins.
    /// </summary>
    public IReadOnlyDictionary<InterfaceName, MacAddress> Stations { get; init; } = new Dictionary<InterfaceName, MacAddress>();

    /// <summary>In place of the scenario's limits; null: those.</summary>
    public RunLimits? Limits { get; init; }

    /// <summary>Stops the run early; what was recorded until then is the result.</summary>
    public CancellationToken Cancel { get; init; }
}

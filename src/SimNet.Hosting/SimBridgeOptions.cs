namespace SimNet.Hosting;

/// <summary>
/// What <see cref="SimBridgeServiceCollectionExtensions.AddSimBridge"/> runs. All but <see cref="Network"/> and <see cref="Simulation"/> can stand in the
/// configuration's section <c>SimBridge</c>; what the program sets goes over it.
/// </summary>
public sealed class SimBridgeOptions
{
    /// <summary>The configuration's section.</summary>
    public const string SectionName = "SimBridge";

    /// <summary>Builds the network and starts its applications, before anything runs. Must be set.</summary>
    public Action<SimBridgeNetwork>? Network { get; set; }

    /// <summary>What the simulation is made from; null: <see cref="Seed"/>, the present date and time, no limits.</summary>
    public SimulationOptions? Simulation { get; set; }

    /// <summary>The root of all random numbers, unless <see cref="Simulation"/> tells. 1 unless set.</summary>
    public ulong Seed { get; set; } = 1;

    /// <summary>The device behind the network's only port; null: a TAP device <c>tap0</c>, unless the network attaches one itself.</summary>
    public SimBridgeDeviceOptions? Device { get; set; }

    /// <summary>Devices by the names of ports, where there are several.</summary>
    public IDictionary<string, SimBridgeDeviceOptions> Devices { get; } = new Dictionary<string, SimBridgeDeviceOptions>(StringComparer.Ordinal);

    /// <summary>
    /// What an exception that leaves a simulated application's code ends: the bridge, unless set. It is logged and counted in any case.
    /// </summary>
    public SimBridgeApplicationExceptionBehavior ApplicationExceptionBehavior { get; set; }

    /// <summary>How far behind the wall clock an event may run before virtual time stands still for the rest. 100 ms unless set.</summary>
    public TimeSpan MaxLag { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long to look for frames again and again before the thread sleeps. 0 unless set.</summary>
    public TimeSpan Spin { get; set; }

    /// <summary>Frames read from a device before the simulation runs, 1 to 4096. 64 unless set.</summary>
    public int Batch { get; set; } = 64;

    /// <summary>How often figures for metrics are taken and warnings looked for. 1 s unless set.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A lag from which on there is a warning in the log. 50 ms unless set.</summary>
    public TimeSpan LagWarning { get; set; } = TimeSpan.FromMilliseconds(50);
}

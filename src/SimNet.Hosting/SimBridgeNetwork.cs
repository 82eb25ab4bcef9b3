using SimNet.Bridge;

namespace SimNet.Hosting;

/// <summary>What <see cref="SimBridgeOptions.Network"/> builds with.</summary>
public sealed class SimBridgeNetwork
{
    private readonly Dictionary<BridgePort, FrameDevice> _devices = [];

    internal SimBridgeNetwork(Simulation simulation, IServiceProvider services)
    {
        Simulation = simulation;
        Services = services;
    }

    /// <summary>The network to build, empty so far. Each of its <see cref="BridgePort"/>s gets a device.</summary>
    public Simulation Simulation { get; }

    /// <summary>The program's services.</summary>
    public IServiceProvider Services { get; }

    /// <summary>Puts a device of the program's own behind a port, in place of one that the options name. It is disposed with the service.</summary>
    /// <exception cref="ArgumentException">The port has one already, or is of another simulation.</exception>
    public void Attach(BridgePort port, FrameDevice device)
    {
        if (!Simulation.BridgePorts.Contains(port))
        {
            throw new ArgumentException($"{port.Name} is a port of another simulation", nameof(port));
        }

        if (!_devices.TryAdd(port, device))
        {
            throw new ArgumentException($"{port.Name} has a device already", nameof(port));
        }
    }

    internal void DisposeDevices()
    {
        foreach (FrameDevice device in _devices.Values)
        {
            device.Dispose();
        }
    }

    internal FrameDevice? DeviceOf(BridgePort port) => _devices.GetValueOrDefault(port);
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Time;
using SimStack;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;

namespace SimNet.Hosting;

/// <summary>Runs the bridge on a thread of its own, from the program's start to its end.</summary>
internal sealed partial class SimBridgeService(
    IOptions<SimBridgeOptions> options, SimBridge bridge, SimBridgeMetrics metrics, IServiceProvider services, ILogger<SimBridgeService> logger, TimeProvider? time = null)
    : BackgroundService
{
    private readonly SimBridgeOptions _options = options.Value;
    private readonly SocketOverview _overview = new(busiest: 0);
    private Simulation? _simulation;
    private SimBridgeNetwork? _network;
    private BridgeSession? _session;
    private TimeSpan _warnedLag;
    private TimeSpan _warnedSlip;
    private long _warnedDrops;
    private readonly Dictionary<(string Application, string Type), long> _applicationFailures = [];
    private Exception? _applicationFailure;

    /// <summary>Builds the network and opens the devices, so that what cannot be keeps the program from starting.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            Open();
        }
        catch
        {
            Dispose();
            throw;
        }

        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _session?.Dispose();
        _network?.DisposeDevices();
        _simulation?.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        BridgeSession session = _session!;
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                session.Run(stoppingToken);
                ended.SetResult();
            }
            catch (Exception failure)
            {
                // A device's failure is told by its message; an application's has been logged.
                if (failure != _applicationFailure)
                {
                    LogFailure(logger, failure is BridgeException ? null : failure, failure.Message);
                }

                ended.SetException(failure);
            }
        })
        { Name = "SimBridge", IsBackground = true };
        thread.Start();
        return End(ended.Task, session);
    }

    private async Task End(Task running, BridgeSession session)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        finally
        {
            // Its thread is gone: what it looked after can be looked at from here.
            TakeSnapshot();
            bridge.End();
            LogStop(logger, session.Statistics.Elapsed, session.Statistics.LongestLag, session.Statistics.LongestStall);
            session.Dispose();
        }
    }

    private void Open()
    {
        DateTimeOffset now = (time ?? TimeProvider.System).GetUtcNow();
        _simulation = new Simulation(_options.Simulation ?? new SimulationOptions
        {
            Seed = _options.Seed,
            Start = now,
            Limits = new SimulationLimits { VirtualTime = Duration.FromSeconds(100L * 366 * 86_400), Events = long.MaxValue },
        });
        _simulation.ApplicationFailed = OnApplicationFailed;
        SimBridgeNetwork network = _network = new SimBridgeNetwork(_simulation, services);
        _options.Network!(network);
        if (_simulation.BridgePorts.Count == 0)
        {
            throw new InvalidOperationException("AddSimBridge: the network has no port to the real one; add it by `network.Simulation.AddBridgePort(\"outside\")` and a link");
        }

        _session = new BridgeSession(_simulation, new BridgeOptions
        {
            MaxLag = ToDuration(_options.MaxLag),
            Spin = ToDuration(_options.Spin),
            Batch = _options.Batch,
        });
        if (_options.Devices.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name => !_simulation.BridgePorts.Any(p => p.Name == name)) is { } unknown)
        {
            throw new InvalidOperationException(
                $"{SimBridgeOptions.SectionName}:Devices:{unknown}: the network has no port of that name; it has {string.Join(", ", _simulation.BridgePorts.Select(p => p.Name))}");
        }

        foreach (BridgePort port in _simulation.BridgePorts)
        {
            FrameDevice device = network.DeviceOf(port) ?? SimBridgeDevices.Open(_simulation, port, OptionsOf(port, _simulation.BridgePorts.Count));
            _session.Attach(port, device);
            LogStart(logger, port.Name, device.Name, device.Mtu, device.HardwareAddress);
            if (device is StationDevice { SystemForwards: true } station)
            {
                LogForwards(logger, station.Name, station.Station);
            }
        }

        _session.Every(ToDuration(_options.Interval), Look);
        TakeSnapshot();
        bridge.Begin(_simulation, _session);
    }

    private SimBridgeDeviceOptions OptionsOf(BridgePort port, int ports)
    {
        if (_options.Devices.TryGetValue(port.Name, out SimBridgeDeviceOptions? named))
        {
            return named;
        }

        return ports == 1 ? _options.Device ?? new SimBridgeDeviceOptions()
            : throw new InvalidOperationException($"{SimBridgeOptions.SectionName}:Devices:{port.Name} is missing: the network has {ports} ports, and each needs a device");
    }

    /// <summary>On the session's thread.</summary>
    private bool OnApplicationFailed(Application application, Exception failure)
    {
        string type = failure.GetType().FullName ?? failure.GetType().Name;
        LogApplicationFailure(logger, failure, application.Name, type, failure.Message);
        _applicationFailures[(application.Name, type)] = _applicationFailures.GetValueOrDefault((application.Name, type)) + 1;
        if (_options.ApplicationExceptionBehavior == SimBridgeApplicationExceptionBehavior.StopApplication)
        {
            return true;
        }

        _applicationFailure = failure;
        return false;
    }

    /// <summary>On the session's thread.</summary>
    private void Look()
    {
        foreach ((_, FrameDevice device) in _session!.Devices)
        {
            device.UpdateCounters();
        }

        SimBridgeSnapshot snapshot = TakeSnapshot();
        if (snapshot.LongestLag > _warnedLag && snapshot.LongestLag >= _options.LagWarning)
        {
            _warnedLag = snapshot.LongestLag;
            LogLag(logger, snapshot.LongestLag);
        }

        if (snapshot.Slipped > _warnedSlip)
        {
            _warnedSlip = snapshot.Slipped;
            LogSlip(logger, snapshot.Slipped);
        }

        long dropped = snapshot.Devices.Sum(d => d.ReceiveDropped);
        if (dropped > _warnedDrops)
        {
            _warnedDrops = dropped;
            LogDrops(logger, dropped);
        }
    }

    private SimBridgeSnapshot TakeSnapshot()
    {
        BridgeStatistics statistics = _session!.Statistics;
        SimBridgeSnapshot snapshot = new()
        {
            Devices = [.. _session.Devices.Select(d => Take(d.Port, d.Device))],
            ApplicationExceptions = [.. _applicationFailures.Select(f => (f.Key.Application, f.Key.Type, f.Value))],
            Connections = metrics.Connections.Enabled ? CountConnections() : [],
            Elapsed = statistics.Elapsed.ToTimeSpan(),
            LongestLag = statistics.LongestLag.ToTimeSpan(),
            LongestStall = statistics.LongestStall.ToTimeSpan(),
            Slipped = statistics.Slipped.ToTimeSpan(),
        };
        bridge.Snapshot = snapshot;
        return snapshot;
    }

    private static SimBridgeDeviceSnapshot Take(BridgePort port, FrameDevice device)
    {
        DeviceCounters c = device.Counters;
        return new SimBridgeDeviceSnapshot(port.Name, device.Name, c.RxFrames, c.RxBytes, c.RxDropped, c.RxErrors, c.TxFrames, c.TxBytes, c.TxDropped);
    }

    private List<(string Host, TcpState State, int Count)> CountConnections()
    {
        List<(string, TcpState, int)> counts = [];
        foreach (SimHost host in _simulation!.Hosts)
        {
            host.Stack.LookAtSockets(_simulation.Now, _overview);
            for (TcpState state = TcpState.Listen; state <= TcpState.TimeWait; state++)
            {
                counts.Add((host.Name, state, _overview.Count(state)));
            }
        }

        return counts;
    }

    private static Duration ToDuration(TimeSpan time) => new(time.Ticks * 100);

    [LoggerMessage(1, LogLevel.Information, "Bridge: {Port} is {Device}, MTU {Mtu}, system's address {HardwareAddress}")]
    private static partial void LogStart(ILogger logger, string port, string device, int mtu, MacAddress? hardwareAddress);

    [LoggerMessage(2, LogLevel.Information, "Bridge: ended after {Elapsed}; the longest lag {LongestLag}, the longest stall {LongestStall}")]
    private static partial void LogStop(ILogger logger, Duration elapsed, Duration longestLag, Duration longestStall);

    [LoggerMessage(3, LogLevel.Warning, "Bridge: an event ran {Lag} behind the wall clock")]
    private static partial void LogLag(ILogger logger, TimeSpan lag);

    [LoggerMessage(4, LogLevel.Warning, "Bridge: unfaithful: the machine did not keep up, and virtual time stood still for {Slipped} in all")]
    private static partial void LogSlip(ILogger logger, TimeSpan slipped);

    [LoggerMessage(5, LogLevel.Warning, "Bridge: unfaithful: the system dropped {Count} frames before they were read")]
    private static partial void LogDrops(ILogger logger, long count);

    [LoggerMessage(6, LogLevel.Error, "Bridge: {Message}")]
    private static partial void LogFailure(ILogger logger, Exception? failure, string message);

    [LoggerMessage(7, LogLevel.Error, "Bridge: application {Application} ended with {Type}: {Message}")]
    private static partial void LogApplicationFailure(ILogger logger, Exception failure, string application, string type, string message);

    [LoggerMessage(8, LogLevel.Warning, "Bridge: this system forwards packets and shares {HardwareAddress} with the simulated host on {Device}: it forwards what is for the host too; "
        + "see `Keeping the system quiet` in docs/bridge-interfaces.md, or set Promiscuous and a HardwareAddress of its own")]
    private static partial void LogForwards(ILogger logger, string device, MacAddress hardwareAddress);
}

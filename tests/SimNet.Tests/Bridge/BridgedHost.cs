using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Time;
using SimStack;
using SimStack.Ip;

namespace SimNet.Tests.Bridge;

/// <summary>
/// A simulated host 10.9.0.2 and fd09::2 on a TAP device of a kernel's namespace that has 10.9.0.1 and fd09::1, running in real time on a
/// thread of its own.
/// </summary>
internal sealed class BridgedHost : IDisposable
{
    private readonly Thread _thread;
    private Exception? _failure;

    /// <summary>Starts it.</summary>
    /// <param name="kernel">Where the device is made.</param>
    /// <param name="link">Between host and device; null: an ideal link.</param>
    /// <param name="options">Of the host; its name is `sim`.</param>
    /// <param name="prepare">Called before anything runs.</param>
    /// <param name="device">Null: as a device is without options. Its name, place and addresses are set here.</param>
    public BridgedHost(
        KernelNamespace kernel, LinkOptions? link = null, SimHostOptions? options = null, Action<BridgedHost>? prepare = null, TapOptions? device = null)
    {
        Simulation = new Simulation(new SimulationOptions
        {
            Start = DateTimeOffset.UtcNow,
            Limits = new SimulationLimits { Events = long.MaxValue },
        });
        Host = Simulation.AddHost(options ?? new SimHostOptions { Name = "sim" });
        HostInterface port = Host.AddInterface();
        port.AddAddress(IpAddress.Parse("10.9.0.2"), 24);
        port.AddAddress(IpAddress.Parse("fd09::2"), 64);
        Port = Simulation.AddBridgePort("outside");
        Link = Simulation.AddLink(Port, port, link);
        Device = TapDevice.Open((device ?? new TapOptions()) with
        {
            Name = "tap0",
            NetworkNamespace = kernel.Name,
            Addresses = [new(IpAddress.Parse("10.9.0.1"), 24), new(IpAddress.Parse("fd09::1"), 64)],
        });
        kernel.WaitForAddresses();
        Session = new BridgeSession(Simulation);
        Session.Attach(Port, Device);
        prepare?.Invoke(this);
        _thread = new Thread(Run) { Name = "bridge", IsBackground = true };
        _thread.Start();
    }

    public Simulation Simulation { get; }
    public SimHost Host { get; }
    public BridgePort Port { get; }
    public Link Link { get; }
    public TapDevice Device { get; }
    public BridgeSession Session { get; }

    /// <summary>Runs something in the simulation and waits for what comes of it; half a minute at most.</summary>
    public T Do<T>(Func<Task<T>> body)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Session.Post(() => Simulation.Start("test", async () =>
        {
            try
            {
                done.SetResult(await body());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        }));
        if (!done.Task.Wait(TimeSpan.FromSeconds(30)))
        {
            throw new TimeoutException("nothing came of it within 30 s", _failure);
        }

        return done.Task.Result;
    }

    /// <summary>Runs something in the simulation at once.</summary>
    public T Do<T>(Func<T> body) => Do(() => Task.FromResult(body()));

    /// <summary>Starts a program of the host that goes on by itself.</summary>
    public void Start(Func<SimHost, Task> program) => Session.Post(() => Host.Start(program));

    public void Dispose()
    {
        Session.Stop();
        _thread.Join();
        Session.Dispose();
        Simulation.Dispose();
        if (_failure is not null)
        {
            throw new InvalidOperationException("the bridge failed: " + _failure.Message, _failure);
        }
    }

    private void Run()
    {
        try
        {
            Session.Run();
        }
        catch (Exception error)
        {
            _failure = error;
        }
    }
}

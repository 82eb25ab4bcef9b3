using SimNet.Bridge;
using SimNet.Devices;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Observe;
using SimNet.Random;
using SimNet.Time;
using SimStack;
using SimStack.Wire;

namespace SimNet;

/// <summary>
/// A network of hosts and links in virtual time. Build it, start applications, run it. Everything in it is single-threaded and
/// deterministic; several simulations can run side by side on threads of their own.
/// </summary>
public sealed class Simulation : IDisposable
{
    private const int KeptApplications = 1024;
    private readonly List<SimHost> _hosts = [];
    private readonly List<Link> _links = [];
    private readonly List<Switch> _switches = [];
    private readonly List<BridgePort> _bridgePorts = [];
    private readonly List<Application> _applications = [];
    private int _mostApplications = KeptApplications;

    /// <summary>An empty network at instant zero.</summary>
    public Simulation(SimulationOptions? options = null)
    {
        Options = options ?? new SimulationOptions();
        Loop = new EventLoop(Options.Limits);
        Random = new SimRandom(Options.Seed);
        TimeProvider = new VirtualTimeProvider(Loop, Options.Start);
        Scheduler = new VirtualTimeScheduler(Loop, TimeProvider);
        Observe = new NetworkObservations(UpdateObservers);
    }

    /// <summary>What the simulation was made with.</summary>
    public SimulationOptions Options { get; }

    /// <summary>The clock and its events.</summary>
    public EventLoop Loop { get; }

    /// <summary>The frames of all hosts and links.</summary>
    public FramePool FramePool { get; } = new();

    /// <summary>The root stream; take children of it by name.</summary>
    public SimRandom Random { get; }

    /// <summary>Virtual time for <c>Task.Delay</c>, <c>CancellationTokenSource</c> and the like.</summary>
    public VirtualTimeProvider TimeProvider { get; }

    /// <summary>Virtual time for Rx.</summary>
    public VirtualTimeScheduler Scheduler { get; }

    /// <summary>What happens anywhere in the network; free while nobody subscribes.</summary>
    public NetworkObservations Observe { get; }

    /// <summary>The present.</summary>
    public Instant Now => Loop.Now;

    /// <summary>The hosts in the order in which they were added.</summary>
    public IReadOnlyList<SimHost> Hosts => _hosts;

    /// <summary>The links in the order in which they were added.</summary>
    public IReadOnlyList<Link> Links => _links;

    /// <summary>The switches in the order in which they were added.</summary>
    public IReadOnlyList<Switch> Switches => _switches;

    /// <summary>The ports to real networks in the order in which they were added.</summary>
    public IReadOnlyList<BridgePort> BridgePorts => _bridgePorts;

    /// <summary>
    /// The applications in the order in which they were started. From a thousand on, those that have ended are left out now and then.
    /// </summary>
    public IReadOnlyList<Application> Applications => _applications;

    /// <summary>
    /// Asked when an exception leaves an application's code. True: that application alone has ended, as a process that crashes, and the run
    /// goes on; what it had not disposed of stays open. False, or null here: the exception leaves <see cref="Run"/>.
    /// </summary>
    public Func<Application, Exception, bool>? ApplicationFailed { get; set; }

    /// <summary>Adds a host of the default profile.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public SimHost AddHost(string name) => AddHost(new SimHostOptions { Name = name });

    /// <summary>Adds a host.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public SimHost AddHost(SimHostOptions options)
    {
        CheckName(options.Name, nameof(options));
        SimHost host = new(this, options, _hosts.Count + 1);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Adds a switch.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number makes no sense.</exception>
    public Switch AddSwitch(SwitchOptions options)
    {
        CheckName(options.Name, nameof(options));
        Switch added = new(this, options);
        _switches.Add(added);
        return added;
    }

    /// <summary>Adds a port to a real network. A <see cref="BridgeSession"/> puts a device behind it; without one, what leaves is dropped.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public BridgePort AddBridgePort(string name)
    {
        CheckName(name, nameof(name));
        BridgePort port = new(this, name);
        _bridgePorts.Add(port);
        return port;
    }

    /// <summary>Connects two ports.</summary>
    /// <exception cref="LinkOptionsException">An option makes no sense.</exception>
    /// <exception cref="InvalidOperationException">A port has a link already.</exception>
    public Link AddLink(LinkPort a, LinkPort b, LinkOptions? options = null)
    {
        Link link = new(Loop, FramePool, Random, a, b, options ?? new LinkOptions(), Observe.PacketSource);
        _links.Add(link);
        return link;
    }

    /// <summary>Starts an application as an event at the present instant; see <see cref="StartAt"/>.</summary>
    public Application Start(string name, Func<Task> body) => StartAt(Now, name, body);

    /// <summary>
    /// Starts an application: its code runs in events, its <c>await</c>s stay in virtual time, and an exception that leaves it
    /// leaves <see cref="Run"/>, unless <see cref="ApplicationFailed"/> says otherwise.
    /// </summary>
    /// <param name="at">When it starts.</param>
    /// <param name="name">For messages.</param>
    /// <param name="body">The application.</param>
    public Application StartAt(Instant at, string name, Func<Task> body)
    {
        Application application = new(this, name, body);
        if (_applications.Count >= _mostApplications)
        {
            // A server that starts one for each connection runs for months.
            _applications.RemoveAll(a => a.IsCompleted);
            _mostApplications = Math.Max(KeptApplications, 2 * _applications.Count);
        }

        _applications.Add(application);
        Loop.Post(at, application.Begin);
        return application;
    }

    /// <summary>Runs until nothing is scheduled any more.</summary>
    /// <exception cref="SimulationLimitException">A limit was reached.</exception>
    public void Run() => Loop.Run();

    /// <summary>Runs everything due at or before that instant and sets the clock to it.</summary>
    /// <exception cref="SimulationLimitException">A limit was reached.</exception>
    public void RunUntil(Instant end) => Loop.RunUntil(end);

    /// <summary>Runs for that long.</summary>
    /// <exception cref="SimulationLimitException">A limit was reached.</exception>
    public void RunFor(Duration time) => Loop.RunUntil(Now + time);

    /// <summary>Ends all observation streams.</summary>
    public void Dispose()
    {
        foreach (Link link in _links)
        {
            link.AToB.Tap.Complete();
            link.BToA.Tap.Complete();
        }

        foreach (SwitchPort port in _switches.SelectMany(device => device.Ports))
        {
            port.Tap.Complete();
        }

        foreach (BridgePort port in _bridgePorts)
        {
            port.Tap.Complete();
        }

        foreach (SimHost host in _hosts)
        {
            host.CompleteObservations();
        }

        Observe.Complete();
    }

    private void CheckName(string name, string parameter)
    {
        if (_hosts.Exists(host => host.Name == name))
        {
            throw new ArgumentException($"there is a host named {name} already", parameter);
        }

        if (_switches.Exists(device => device.Name == name))
        {
            throw new ArgumentException($"there is a switch named {name} already", parameter);
        }

        if (_bridgePorts.Exists(port => port.Name == name))
        {
            throw new ArgumentException($"there is a port to a real network named {name} already", parameter);
        }
    }

    private void UpdateObservers()
    {
        foreach (SimHost host in _hosts)
        {
            host.UpdateObserver();
        }
    }
}

using SimNet.Observe;
using SimNet.Time;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimNet.Hosts;

/// <summary>
/// A host in a simulation: a <see cref="SimStack.Host"/> whose frames, timers and ready sockets the event loop moves.
/// </summary>
public sealed class SimHost
{
    private readonly List<HostInterface> _interfaces = [];
    private readonly HostTimers _timers;
    private readonly WakeupQueue _wakeups;
    private readonly HostStreams _streams;
    private readonly EventLoop _loop;
    private readonly IReadOnlyList<BusyTime> _busyTimes;
    private bool _pumping;

    internal SimHost(Simulation simulation, SimHostOptions options, int number)
    {
        Simulation = simulation;
        Number = number;
        Name = options.Name;
        ProcessingDelay = options.ProcessingDelay;
        WakeupDelay = options.WakeupDelay;
        _busyTimes = options.BusyTimes;
        _loop = simulation.Loop;
        Stack = new Host(new HostOptions
        {
            Name = options.Name,
            Profile = options.Profile,
            Secret = options.Secret ?? simulation.Random.Child("host:" + options.Name).NextUInt64(),
            FramePool = simulation.FramePool,
            Timestamps = options.Timestamps,
        });
        _timers = new HostTimers(_loop, this);
        _wakeups = new WakeupQueue(_loop, this);
        _streams = new HostStreams(this, UpdateObserver);
        Loopback = new HostInterface(this, Stack.Loopback, "lo", isLoopback: true);
        UpdateObserver();
    }

    /// <summary>Where it is.</summary>
    public Simulation Simulation { get; }

    /// <summary>Its stack. After calls that send, wake or set timers, call <see cref="Pump"/>.</summary>
    public Host Stack { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its number in the simulation, from 1.</summary>
    public int Number { get; }

    /// <summary>Its interfaces but loopback, in the order in which they were added.</summary>
    public IReadOnlyList<HostInterface> Interfaces => _interfaces;

    /// <summary><c>lo</c></summary>
    public HostInterface Loopback { get; }

    /// <summary>See <see cref="SimHostOptions.ProcessingDelay"/>; for frames that arrive from now on.</summary>
    public Duration ProcessingDelay { get; set; }

    /// <summary>See <see cref="SimHostOptions.WakeupDelay"/>; for readiness from now on.</summary>
    public Duration WakeupDelay { get; set; }

    /// <summary>The present.</summary>
    public Instant Now => _loop.Now;

    /// <summary>Connections' changes of state, SYN queue entries included.</summary>
    public IObservable<TcpStateChange> StateChanges => _streams.States;

    /// <summary>Connections' timers going off.</summary>
    public IObservable<TcpTimerEvent> Timers => _streams.Timers;

    /// <summary>Windows and estimates after each acknowledgement.</summary>
    public IObservable<TcpWindowSample> Windows => _streams.Windows;

    /// <summary>Changes in the queues of listening sockets.</summary>
    public IObservable<ListenQueueChange> ListenQueues => _streams.ListenQueues;

    /// <summary>Calls through <see cref="SimTcpStream"/>, <see cref="SimTcpListener"/> and <see cref="SimUdpSocket"/>, raised when they return.</summary>
    public IObservable<SocketCall> SocketCalls => _streams.Calls;

    /// <summary>Adds an interface.</summary>
    /// <param name="name">Unique on the host; null: <c>eth0</c>, <c>eth1</c>, …</param>
    /// <param name="mac">Null: <c>02:00:00:HH:HH:II</c> by the host's and the interface's number.</param>
    /// <param name="mtu">Bytes, Ethernet header not counted.</param>
    public HostInterface AddInterface(string? name = null, MacAddress? mac = null, int mtu = 1500)
    {
        string given = name ?? $"eth{_interfaces.Count}";
        MacAddress address = mac ?? new MacAddress(0x0200_0000_0000 | (ulong)Number << 8 | (uint)_interfaces.Count + 1);
        HostInterface port = new(this, Stack.AddInterface(given, address, mtu), given, isLoopback: false);
        _interfaces.Add(port);
        return port;
    }

    /// <summary>Sends packets for other networks to a router.</summary>
    public void AddDefaultRoute(HostInterface port, IpAddress nextHop) =>
        Stack.AddRoute(nextHop.IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6, 0, nextHop, port.Stack);

    /// <summary>Opens a socket, binds it and listens.</summary>
    /// <param name="local">Where; an unspecified address for all.</param>
    /// <param name="backlog">As for listen(2).</param>
    /// <param name="configure">Options of the socket, set before it listens.</param>
    /// <exception cref="SimSocketException">EADDRINUSE, EADDRNOTAVAIL…</exception>
    public SimTcpListener Listen(IpEndpoint local, int backlog = 4096, Action<TcpSocket>? configure = null) =>
        new(this, local, backlog, configure);

    /// <summary>Opens a socket and connects it.</summary>
    /// <param name="remote">Whereto.</param>
    /// <param name="configure">Binds the socket or sets its options before it connects.</param>
    /// <param name="cancellationToken">Gives up and aborts the socket.</param>
    /// <exception cref="SimSocketException">ECONNREFUSED, ETIMEDOUT, ENETUNREACH…</exception>
    public async ValueTask<SimTcpStream> ConnectAsync(
        IpEndpoint remote, Action<TcpSocket>? configure = null, CancellationToken cancellationToken = default)
    {
        TcpSocket socket = Stack.OpenTcpSocket(remote.Address.IsV4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6);
        configure?.Invoke(socket);
        SimTcpStream stream = new(this, socket);
        try
        {
            await stream.ConnectAsync(remote, cancellationToken);
            return stream;
        }
        catch
        {
            stream.Abort();
            throw;
        }
    }

    /// <summary>Opens a UDP socket and binds it.</summary>
    /// <param name="local">Where; an unspecified address for all, port 0 for one that is free.</param>
    /// <param name="configure">Options of the socket, set before it is bound.</param>
    /// <exception cref="SimSocketException">EADDRINUSE, EADDRNOTAVAIL…</exception>
    public SimUdpSocket OpenUdp(IpEndpoint local, Action<UdpSocket>? configure = null) =>
        new(this, local.Address.IsV4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6, local, configure);

    /// <summary>Opens a UDP socket that gets its port from the first connect or send.</summary>
    /// <param name="family">AF_INET6 takes IPv4 too.</param>
    /// <param name="configure">Options of the socket.</param>
    public SimUdpSocket OpenUdp(AddressFamily family, Action<UdpSocket>? configure = null) => new(this, family, null, configure);

    /// <summary>Opens a ping socket for a run of echo requests.</summary>
    /// <param name="destination">Who is to be asked.</param>
    /// <param name="options">Null: as ping(8) does without options.</param>
    /// <exception cref="SimSocketException">EADDRINUSE, EADDRNOTAVAIL…</exception>
    public SimPing OpenPing(IpAddress destination, PingOptions? options = null) => new(this, destination, options ?? new PingOptions());

    /// <summary>Sends one echo request and waits for what becomes of it.</summary>
    /// <param name="destination">Who is asked.</param>
    /// <param name="options">Null: as ping(8) does without options.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="SimSocketException">It could not be sent: ENETUNREACH, EMSGSIZE…</exception>
    public async Task<PingReply> PingAsync(
        IpAddress destination, PingOptions? options = null, CancellationToken cancellationToken = default)
    {
        using SimPing ping = OpenPing(destination, options);
        return await ping.SendAsync(cancellationToken);
    }

    /// <summary>Starts an application of this host at the present instant.</summary>
    public Application Start(Func<SimHost, Task> body) => Simulation.Start(Name, () => body(this));

    /// <summary>
    /// Carries out what calls into the stack left behind: frames go onto the links, owners of ready sockets are called, the
    /// earliest timer is set. To be called after calls into <see cref="Stack"/> or its sockets.
    /// </summary>
    public void Pump()
    {
        if (_pumping)
        {
            return;
        }

        Instant now = _loop.Now;
        _pumping = true;
        try
        {
            do
            {
                Transmit(now);
            }
            while (WakeNext(now));
        }
        finally
        {
            _pumping = false;
            _timers.Set(now);
        }
    }

    public override string ToString() => Name;

    internal HostStreams Streams => _streams;

    internal void UpdateObserver() => Stack.Observer = _streams.WantsStackEvents ? _streams : null;

    internal void CompleteObservations()
    {
        Loopback.Tap.Complete();
        foreach (HostInterface port in _interfaces)
        {
            port.Tap.Complete();
        }

        _streams.Complete();
    }

    private void Transmit(Instant now)
    {
        for (int i = 0; i < _interfaces.Count; i++)
        {
            _interfaces[i].Transmit(now);
        }

        Loopback.Transmit(now);
    }

    /// <summary>When an application wakes that became ready at that time.</summary>
    internal Instant WakesAt(Instant ready)
    {
        Instant wakes = ready + WakeupDelay;
        for (int i = 0; i < _busyTimes.Count && _busyTimes[i].From <= wakes; i++)
        {
            wakes = Instant.Max(wakes, _busyTimes[i].Until);
        }

        return wakes;
    }

    /// <summary>One at a time, so that the frames of one application leave before the next one runs.</summary>
    private bool WakeNext(Instant now)
    {
        if (!Stack.TryTakeReady(out HostSocket socket))
        {
            return false;
        }

        if (socket.Owner is SocketOwner owner)
        {
            if (WakeupDelay > Duration.Zero || _busyTimes.Count > 0)
            {
                _wakeups.Add(now, owner, socket);
            }
            else
            {
                owner.Ready(now, socket);
            }
        }

        return true;
    }
}

using SimNet;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Time;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace Scenarios.Figures;

/// <summary>
/// A sender and a receiver with a bottleneck between them, and flows that always have data. The way back has the same delay and no limit.
/// Windows, what arrives and the queue are noted at equal distances of time.
/// </summary>
internal sealed class FigurePath : IDisposable
{
    /// <summary>Ethernet header, IPv4 header, TCP header with timestamps.</summary>
    public const int FrameBytes = 1514;

    public const int SegmentBytes = 1448;

    private readonly Simulation _simulation;
    private readonly SimHost _client, _server;
    private readonly LinkDirection _bottleneck;
    private readonly List<FigureFlow> _flows = [];
    private readonly Duration _step;
    private ushort _port = 5000;

    /// <param name="rate">Of the bottleneck.</param>
    /// <param name="roundTrip">Without a queue and transmission times.</param>
    /// <param name="queue">Packets waiting or in transmission at most; null: any number.</param>
    /// <param name="step">From one sample to the next.</param>
    /// <param name="markAbove">Packets above which the queue marks; null: never.</param>
    /// <param name="loseEvery">Each so-manieth data packet is lost; 0: none.</param>
    /// <param name="loseFirst">And this one, that it may begin near where it will be; 0: none.</param>
    public FigurePath(DataRate rate, Duration roundTrip, int? queue, Duration step, int? markAbove = null, int loseEvery = 0, int loseFirst = 0)
    {
        _step = step;
        _simulation = new Simulation(new SimulationOptions
        {
            Limits = new SimulationLimits { VirtualTime = Duration.FromSeconds(1_000_000), Events = long.MaxValue },
        });
        _client = AddHost("client", IpAddress.FromV4(10, 0, 0, 1));
        _server = AddHost("server", IpAddress.FromV4(10, 0, 0, 2));
        _client.Interfaces[0].AddNeighbour(_server.Interfaces[0].Addresses[0], _server.Interfaces[0].Stack.MacAddress);
        _server.Interfaces[0].AddNeighbour(_client.Interfaces[0].Addresses[0], _client.Interfaces[0].Stack.MacAddress);
        LinkDirectionOptions back = new() { Delay = roundTrip / 2 };
        Link link = _simulation.AddLink(_client.Interfaces[0], _server.Interfaces[0], new LinkOptions
        {
            AToB = back with { Rate = rate, QueuePackets = queue, QueueMarkAbove = markAbove },
            BToA = back,
        });
        _bottleneck = link.AToB;
        if (loseFirst > 0)
        {
            _bottleneck.AddRule(new NthMatchRule(new FrameMatch { HasPayload = true }, FaultAction.Drop, loseFirst));
        }

        if (loseEvery > 0)
        {
            _bottleneck.AddRule(new NthMatchRule(new FrameMatch { HasPayload = true }, FaultAction.Drop) { Every = loseEvery });
        }

        Rate = rate;
        RoundTrip = roundTrip;
    }

    public DataRate Rate { get; }

    public Duration RoundTrip { get; }

    /// <summary>Full segments in a second through the bottleneck.</summary>
    public double SegmentsPerSecond => Rate.BitsPerSecond / (8.0 * FrameBytes);

    /// <summary>Segments that fill the path and no queue.</summary>
    public double Product => SegmentsPerSecond * RoundTrip.TotalSeconds;

    /// <summary>When each sample was taken, in seconds.</summary>
    public List<double> Times { get; } = [];

    /// <summary>Packets waiting or in transmission.</summary>
    public List<double> Queue { get; } = [];

    public IReadOnlyList<FigureFlow> Flows => _flows;

    /// <summary>A flow that begins at that time.</summary>
    /// <param name="algorithm">Its congestion control.</param>
    /// <param name="start">When it connects.</param>
    /// <param name="settings">Of the sending host, and so of all flows.</param>
    public FigureFlow Add(string algorithm, Duration start = default, params ReadOnlySpan<(string Name, string Value)> settings)
    {
        foreach ((string name, string value) in settings)
        {
            if (!_client.Stack.Sysctls.TrySet(name, value, out string? error))
            {
                throw new InvalidOperationException(error);
            }
        }

        FigureFlow flow = new(_client, _server, new IpEndpoint(_server.Interfaces[0].Addresses[0], ++_port), algorithm);
        _flows.Add(flow);
        _simulation.Loop.Post(_simulation.Now + start, flow.Begin);
        return flow;
    }

    public void RunUntil(double seconds)
    {
        Instant end = Instant.Zero + Duration.FromMilliseconds((long)(seconds * 1000));
        while (_simulation.Now < end)
        {
            _simulation.RunFor(_step);
            Times.Add(_simulation.Now.Nanoseconds / 1e9);
            Queue.Add(_bottleneck.QueuedPackets);
            foreach (FigureFlow flow in _flows)
            {
                flow.Sample(_simulation.Now);
            }
        }
    }

    /// <summary>The average of a row from that second on.</summary>
    public double Average(IReadOnlyList<double> row, double from)
    {
        int first = Times.FindIndex(time => time > from);
        return row.Skip(first).Average();
    }

    /// <summary>Bytes that arrived of a flow in a second between two instants, both in seconds.</summary>
    public double Throughput(FigureFlow flow, double from, double to) =>
        (flow.Received[IndexOf(to)] - flow.Received[IndexOf(from)]) / (to - from);

    /// <summary>The part of the bottleneck's rate that was used from that second on.</summary>
    public double Utilisation(double from) =>
        _flows.Sum(flow => Throughput(flow, from, Times[^1])) / SegmentBytes / SegmentsPerSecond;

    public void Dispose() => _simulation.Dispose();

    private int IndexOf(double time)
    {
        int index = Times.FindIndex(one => one >= time - 1e-6);
        return index < 0 ? Times.Count - 1 : index;
    }

    private SimHost AddHost(string name, IpAddress address)
    {
        SimHost host = _simulation.AddHost(name);
        host.AddInterface().AddAddress(address, 24);
        return host;
    }
}

using SimNet;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Random;
using SimNet.Time;
using SimStack;
using SimStack.Ip;

namespace Scenarios.Bench;

/// <summary>Two hosts and a link between them: what the benchmarks run on.</summary>
internal sealed class BenchNetwork : IDisposable
{
    private CaptureSession? _capture;
    private CaptureWriter? _writer;

    public BenchNetwork(DataRate rate, Duration delay, long? queueBytes, Probability loss = default, ulong seed = 1)
    {
        Simulation = new Simulation(new SimulationOptions
        {
            Seed = seed,
            Limits = new SimulationLimits { VirtualTime = Duration.FromSeconds(1_000_000), Events = long.MaxValue },
        });
        Client = AddHost("client", IpAddress.FromV4(10, 0, 0, 1));
        Server = AddHost("server", IpAddress.FromV4(10, 0, 0, 2));
        Client.Interfaces[0].AddNeighbour(Server.Interfaces[0].Addresses[0], Server.Interfaces[0].Stack.MacAddress);
        Server.Interfaces[0].AddNeighbour(Client.Interfaces[0].Addresses[0], Client.Interfaces[0].Stack.MacAddress);
        LinkDirectionOptions options = new() { Rate = rate, Delay = delay, QueueBytes = rate.IsUnlimited ? null : queueBytes, Loss = loss };
        Link = Simulation.AddLink(Client.Interfaces[0], Server.Interfaces[0], LinkOptions.Symmetric(options));
    }

    public Simulation Simulation { get; }

    public SimHost Client { get; }

    public SimHost Server { get; }

    public Link Link { get; }

    public IpEndpoint ServerEndpoint => new(Server.Interfaces[0].Addresses[0], 5001);

    /// <summary>Frames that either host sent.</summary>
    public long Packets => Client.Interfaces[0].Stack.TxPackets + Server.Interfaces[0].Stack.TxPackets;

    /// <summary>Settings of both hosts.</summary>
    public void Apply(IReadOnlyList<SysctlSetting> settings)
    {
        foreach (SysctlSetting setting in settings)
        {
            setting.Apply(Client.Stack.Sysctls);
            setting.Apply(Server.Stack.Sysctls);
        }
    }

    /// <summary>Writes what the server's interface sees to a file.</summary>
    public void Capture(string path)
    {
        _writer = path.EndsWith(".pcap", StringComparison.OrdinalIgnoreCase)
            ? PcapWriter.Create(path)
            : PcapngWriter.Create(path);
        _capture = new CaptureSession(Simulation, _writer, [Server.Interfaces[0]], withComments: false);
    }

    public void Dispose()
    {
        _capture?.Dispose();
        _writer?.Dispose();
        Simulation.Dispose();
    }

    private SimHost AddHost(string name, IpAddress address)
    {
        SimHost host = Simulation.AddHost(name);
        host.AddInterface().AddAddress(address, 24);
        return host;
    }
}

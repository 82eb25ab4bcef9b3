using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Time;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>
/// Two kernels on one cable: the peer, which has 10.8.0.1 and fd08::1 on <c>ve0</c>, and beside the other one, which has 10.8.0.3 and fd08::3 on
/// <c>ve1</c>, a simulated station with 10.8.0.2 and fd08::2 on that interface.
/// </summary>
internal sealed class BridgedStation : IDisposable
{
    private readonly SessionThread _thread;

    /// <summary>Starts it.</summary>
    /// <param name="kind"><c>packet</c> or <c>pcap</c>.</param>
    /// <param name="cable">Where the interfaces are.</param>
    /// <param name="mac">The station's own Ethernet address, which takes promiscuous mode.</param>
    public BridgedStation(string kind, Cable cable, MacAddress? mac = null)
    {
        Device = Open(kind, new StationOptions
        {
            Interface = "ve1",
            NetworkNamespace = cable.Beside.Name,
            Addresses = [IpAddress.Parse("10.8.0.2"), IpAddress.Parse("fd08::2")],
            HardwareAddress = mac,
            Promiscuous = mac is not null,
        });
        Simulation = new Simulation(new SimulationOptions
        {
            Start = DateTimeOffset.UtcNow,
            Limits = new SimulationLimits { Events = long.MaxValue },
        });
        Host = Simulation.AddHost(new SimHostOptions { Name = "sim" });
        HostInterface port = Host.AddInterface(mac: Device.Station);
        port.AddAddress(IpAddress.Parse("10.8.0.2"), 24);
        port.AddAddress(IpAddress.Parse("fd08::2"), 64);
        BridgePort outside = Simulation.AddBridgePort("outside");
        Simulation.AddLink(outside, port);
        Session = new BridgeSession(Simulation);
        Session.Attach(outside, Device);
        _thread = new SessionThread(Session, Simulation);
    }

    public Simulation Simulation { get; }
    public SimHost Host { get; }
    public StationDevice Device { get; }
    public BridgeSession Session { get; }

    /// <summary>What made the session end.</summary>
    public Exception? Failure => _thread.TakeFailure();

    public static StationDevice Open(string kind, StationOptions options)
    {
        try
        {
            return kind == "packet" ? PacketSocketDevice.Open(options) : PcapDevice.Open(options);
        }
        catch (BridgeException refused) when (refused.InnerException is DllNotFoundException)
        {
            Assert.Skip("missing tool: libpcap (Debian package libpcap0.8)");
            throw;
        }
    }

    /// <summary>Starts a program of the host that goes on by itself.</summary>
    public void Start(Func<SimHost, Task> program) => Session.Post(() => Host.Start(program));

    public void Dispose() => _thread.Dispose();
}

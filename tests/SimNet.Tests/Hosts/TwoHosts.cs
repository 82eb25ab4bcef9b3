using SimNet.Hosts;
using SimNet.Links;
using SimStack;
using SimStack.Ip;

namespace SimNet.Tests.Hosts;

/// <summary>A client and a server, a link between them, warm neighbour caches.</summary>
internal sealed class TwoHosts : IDisposable
{
    public static readonly IpAddress ClientAddress = IpAddress.Parse("192.0.2.1");
    public static readonly IpAddress ServerAddress = IpAddress.Parse("192.0.2.2");
    public static readonly IpEndpoint ServerEndpoint = new(ServerAddress, 80);

    public TwoHosts(LinkDirectionOptions? options = null, ulong seed = 1, Duration processing = default, Duration wakeup = default, params BusyTime[] busy)
    {
        Simulation = new Simulation(new SimulationOptions { Seed = seed });
        Client = Simulation.AddHost(new SimHostOptions { Name = "client", ProcessingDelay = processing, WakeupDelay = wakeup, BusyTimes = busy });
        Server = Simulation.AddHost(new SimHostOptions { Name = "server", ProcessingDelay = processing, WakeupDelay = wakeup });
        HostInterface a = Client.AddInterface();
        HostInterface b = Server.AddInterface();
        a.AddAddress(ClientAddress, 24);
        b.AddAddress(ServerAddress, 24);
        a.AddNeighbour(ServerAddress, b.Stack.MacAddress);
        b.AddNeighbour(ClientAddress, a.Stack.MacAddress);
        Link = Simulation.AddLink(a, b, LinkOptions.Symmetric(options ?? new LinkDirectionOptions { Delay = Duration.FromMilliseconds(5) }));
    }

    public Simulation Simulation { get; }

    public SimHost Client { get; }

    public SimHost Server { get; }

    public Link Link { get; }

    /// <summary>Bytes that differ from place to place.</summary>
    public static byte[] Pattern(int length)
    {
        byte[] data = new byte[length];
        new SimNet.Random.SimRandom(99).Fill(data);
        return data;
    }

    public void Dispose() => Simulation.Dispose();
}

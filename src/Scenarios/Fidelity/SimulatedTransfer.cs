using Scenarios.Bench;
using SimNet;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Scripting;
using SimNet.Scripting.Running;
using SimNet.Time;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;

namespace Scenarios.Fidelity;

/// <summary>A transfer between two simulated hosts in virtual time.</summary>
internal static class SimulatedTransfer
{
    private const ushort Port = 5001;

    /// <summary>Runs it to its end.</summary>
    /// <param name="path">The link.</param>
    /// <param name="seed">Of its losses.</param>
    /// <param name="wakeupDelay">From a socket's readiness to the return of the call that waits for it.</param>
    public static TransferResult Run(FidelityLink path, ulong seed, Duration wakeupDelay = default)
    {
        using Simulation simulation = new(new SimulationOptions
        {
            Seed = seed,
            Limits = new SimulationLimits { VirtualTime = Duration.FromSeconds(100_000), Events = long.MaxValue },
        });
        SimHost client = AddHost(simulation, path, "client", IpAddress.FromV4(10, 0, 0, 1), wakeupDelay);
        SimHost server = AddHost(simulation, path, "server", IpAddress.FromV4(10, 0, 0, 2), wakeupDelay);
        client.Interfaces[0].AddNeighbour(server.Interfaces[0].Addresses[0], server.Interfaces[0].Stack.MacAddress);
        server.Interfaces[0].AddNeighbour(client.Interfaces[0].Addresses[0], client.Interfaces[0].Stack.MacAddress);
        Link link = simulation.AddLink(client.Interfaces[0], server.Interfaces[0], LinkOf(path, seed));
        LossRecord losses = new(link.AToB);
        var to = new IpEndpoint(server.Interfaces[0].Addresses[0], Port);
        (ulong hash, Instant end, TcpInfo? info) = (0, default, null);
        server.Start(async host =>
        {
            using SimTcpListener listener = host.Listen(to, configure: UseAlgorithm);
            using SimTcpStream stream = await listener.AcceptAsync();
            await BulkPrograms.Receive(stream, h => (hash, end) = (h, host.Now));
        });
        client.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(to, UseAlgorithm);
            await BulkPrograms.Send(stream, path.Bytes, () => stream.Shutdown(ShutdownHow.SHUT_WR));
            info = stream.Socket.GetInfo(host.Now);
        });
        simulation.Loop.RunWhile(() => info is null);
        // The connection's end, which the kernel's has time for too.
        simulation.RunFor(Duration.FromSeconds(1));
        return new TransferResult
        {
            Seed = seed,
            Seconds = (end - Instant.Zero).TotalSeconds,
            Retransmissions = info?.TotalRetrans ?? 0,
            Counters = new Dictionary<string, long>(client.Stack.Counters.NonZero(), StringComparer.Ordinal),
            Losses = losses,
            PayloadIntact = hash == PeriodicData.HashOf(path.Bytes),
        };
    }

    /// <summary>The very link of the session in real time, by name too, so that chance strikes the same frames.</summary>
    private static LinkOptions LinkOf(FidelityLink path, ulong seed)
    {
        using LiveScenario live = new(ScenarioScript.Parse(path.Script(), Bridge.WanScript.FileName), new RunOptions { Seed = seed });
        Link link = live.Simulation.Links[0];
        return new LinkOptions { Name = link.Name, AToB = link.AToB.Options, BToA = link.BToA.Options };
    }

    private static void UseAlgorithm(TcpSocket socket) => socket.SetCongestionControl(default, HostSettings.CongestionControl);

    private static SimHost AddHost(Simulation simulation, FidelityLink path, string name, IpAddress address, Duration wakeupDelay)
    {
        SimHost host = simulation.AddHost(new SimHostOptions { Name = name, WakeupDelay = wakeupDelay });
        host.AddInterface().AddAddress(address, 24);
        foreach ((string setting, string value) in path.AllSysctls)
        {
            if (!host.Stack.Sysctls.TrySet(setting, value, out string? error))
            {
                throw new InvalidOperationException(error);
            }
        }

        return host;
    }
}

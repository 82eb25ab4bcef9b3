using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Tests.Bridge;
using SimStack;
using SimStack.Ip;
using static SimNet.Hosting.Tests.BridgeProgram;

namespace SimNet.Hosting.Tests;

/// <summary>Every kind of device that the configuration can name, in namespaces of a kernel.</summary>
public class SimBridgeDeviceTests
{
    [Fact]
    public async Task ATapDeviceIsMadeAndRemoved()
    {
        using KernelNamespace kernel = new();
        using IHost host = Build(null, configuration: Tap(kernel, ("Name", "tap7"), ("Mtu", "1400")));
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Contains("mtu 1400", kernel.Run("ip", "link", "show", "tap7"), StringComparison.Ordinal);
        Assert.Contains("2 received", kernel.Run("ping", "-c", "2", "-i", "0.05", "-W", "5", "10.0.0.2"), StringComparison.Ordinal);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, kernel.TryRun("ip", "link", "show", "tap7").Status);
    }

    [Theory]
    [InlineData("packet", null)]
    [InlineData("pcap", null)]
    [InlineData("packet", "02:00:00:00:08:09")]
    [InlineData("pcap", "02:00:00:00:08:09")]
    public async Task AHostIsOnAnInterfaceThatExists(string kind, string? own)
    {
        using Cable cable = new();
        using IHost host = Build(
            null, o => o.Network = n => Station(n, "10.8.0.2", "fd08::2"),
            configuration: Station(cable, kind, ("HardwareAddress", own), ("Promiscuous", own is null ? null : "true")));
        await Start(host);
        Assert.Contains("2 received", cable.Peer.Run("ping", "-c", "2", "-i", "0.05", "-W", "5", "10.8.0.2"), StringComparison.Ordinal);
        Assert.Contains("2 received", cable.Peer.Run("ping", "-c", "2", "-i", "0.05", "-W", "5", "fd08::2"), StringComparison.Ordinal);
        string shared = cable.Beside.Run("cat", "/sys/class/net/ve1/address").Trim();
        Assert.Contains(own ?? shared, cable.Peer.Run("ip", "neigh", "show", "10.8.0.2"), StringComparison.Ordinal);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, cable.Beside.TryRun("ip", "link", "show", "ve1").Status);
    }

    [Theory]
    [InlineData("packet")]
    [InlineData("pcap")]
    public async Task AnAddressThatSomebodyHasKeepsTheProgramFromStarting(string kind)
    {
        using Cable cable = new();
        using IHost host = Build(null, o => o.Network = n => Station(n, "10.8.0.1", "fd08::2"), configuration: Station(cable, kind));
        BridgeException refused = await Assert.ThrowsAsync<BridgeException>(() => Start(host));
        Assert.StartsWith("10.8.0.1 belongs to ", refused.Message, StringComparison.Ordinal);
        // What was open has been given back.
        Assert.DoesNotContain("ve1", cable.Beside.Run("cat", "/proc/net/packet"), StringComparison.Ordinal);
        Assert.Equal(1, cable.Beside.Run("cat", "/proc/net/packet").AsSpan().Trim().Count('\n') + 1);
    }

    [Fact]
    public async Task OnAnInterfaceThatExistsThereIsOneStation()
    {
        Dictionary<string, string?> configuration = new() { ["SimBridge:Devices:a:Kind"] = "packet", ["SimBridge:Devices:a:Name"] = "lo" };
        using IHost host = Build(null, o => o.Network = n => n.Simulation.AddLink(n.Simulation.AddBridgePort("a"), n.Simulation.AddBridgePort("b")), configuration: configuration);
        Assert.Equal(
            "SimBridge: a must have a link to one interface of one host: on an interface that exists there is one station",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => Start(host))).Message);
    }

    [Fact]
    public async Task TwoDevicesMakeAWideAreaNetwork()
    {
        using KernelNamespace left = new(), right = new();
        Dictionary<string, string?> configuration = new()
        {
            ["SimBridge:Devices:a:Name"] = "tap0",
            ["SimBridge:Devices:a:NetworkNamespace"] = left.Name,
            ["SimBridge:Devices:a:Addresses:0"] = "10.0.0.1/24",
            ["SimBridge:Devices:b:Name"] = "tap0",
            ["SimBridge:Devices:b:NetworkNamespace"] = right.Name,
            ["SimBridge:Devices:b:Addresses:0"] = "10.0.0.2/24",
            ["SimBridge:Interval"] = "00:00:00.01",
        };
        using IHost host = Build(
            null,
            o => o.Network = n => n.Simulation.AddLink(
                n.Simulation.AddBridgePort("a"), n.Simulation.AddBridgePort("b"), LinkOptions.Symmetric(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(15) })),
            configuration: configuration);
        using Figures measured = new(host);
        await Start(host);
        string ping = left.Run("ping", "-c", "2", "-i", "0.05", "-W", "5", "10.0.0.2");
        Assert.Contains("2 received", ping, StringComparison.Ordinal);
        double shortest = double.Parse(ping.Split("= ")[^1].Split('/')[0], CultureInfo.InvariantCulture);
        Assert.InRange(shortest, 30, 5000);
        await Until(() => Task.FromResult(measured["frame.count tap0 a receive"]), frames => frames >= 3);
        Assert.True(measured["frame.count tap0 b transmit"] >= 3);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The figures beside the kernel's own of the other end.</summary>
    [Fact]
    public async Task FiguresAreTheKernels()
    {
        using KernelNamespace kernel = new();
        using IHost host = Build(null, configuration: Tap(kernel, ("Name", "tap0")));
        using Figures measured = new(host);
        await Start(host);
        using Socket client = kernel.Enter(() =>
        {
            Socket made = new(SocketType.Stream, ProtocolType.Tcp);
            made.Connect(new IPEndPoint(IPAddress.Parse("10.0.0.2"), 80));
            return made;
        });
        client.Send(new byte[10_000]);
        await measured.Is("connection.count server established", 1);
        client.Shutdown(SocketShutdown.Send);
        await measured.Is("connection.count server close_wait", 1);
        Assert.Equal(0, measured["connection.count server established"]);

        // The kernel's queue runs over while nobody reads.
        kernel.Run("ip", "link", "set", "tap0", "txqueuelen", "10");
        using ManualResetEventSlim held = new(), goOn = new();
        Task busy = host.Services.GetRequiredService<SimBridge>().InvokeAsync(_ =>
        {
            held.Set();
            goOn.Wait(TimeSpan.FromSeconds(30));
        });
        Assert.True(held.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        using Socket datagrams = kernel.Enter(() => new Socket(SocketType.Dgram, ProtocolType.Udp));
        for (int i = 0; i < 100; i++)
        {
            datagrams.SendTo(new byte[10], new IPEndPoint(IPAddress.Parse("10.0.0.2"), 9));
        }

        goOn.Set();
        await busy;
        // Longer frames than those that the device was opened for.
        kernel.Run("ip", "link", "set", "tap0", "mtu", "3000");
        Assert.NotEqual(0, kernel.TryRun("ping", "-c", "1", "-W", "1", "-s", "2500", "10.0.0.2").Status);
        await measured.Is("frame.errors tap0 outside receive", 1);
        await Until(() => Task.FromResult(Difference(kernel, measured)), difference => difference is null);
        Assert.True(measured["frame.dropped tap0 outside receive"] >= 80);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The kernel sends what the simulation receives, and the other way round.</summary>
    private static string? Difference(KernelNamespace kernel, Figures measured)
    {
        // Interface: bytes packets errs drop fifo frame compressed multicast, received; the same again, sent.
        long[] k = [.. kernel.Run("cat", "/proc/net/dev").Split('\n').First(l => l.Contains("tap0:", StringComparison.Ordinal)).Split(':')[1]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
        double?[] of =
        [
            measured["frame.count tap0 outside receive"] + measured["frame.errors tap0 outside receive"], measured["frame.dropped tap0 outside receive"],
            measured["frame.count tap0 outside transmit"], measured["io tap0 outside transmit"],
        ];
        double[] kernels = [k[9], k[11], k[1], k[0]];
        return of.Zip(kernels).All(p => p.First == p.Second) ? null : $"{string.Join(' ', of)} and {string.Join(' ', kernels)}";
    }

    private static void Station(SimBridgeNetwork network, params string[] addresses)
    {
        HostInterface eth0 = network.Simulation.AddHost("server").AddInterface();
        foreach (string address in addresses)
        {
            IpAddress own = IpAddress.Parse(address);
            eth0.AddAddress(own, own.IsV4 ? 24 : 64);
        }

        network.Simulation.AddLink(network.Simulation.AddBridgePort("outside"), eth0);
    }

    private static Dictionary<string, string?> Tap(KernelNamespace kernel, params (string Key, string? Value)[] further) =>
        Device([("NetworkNamespace", kernel.Name), ("Addresses:0", "10.0.0.1/24"), .. further]);

    private static Dictionary<string, string?> Station(Cable cable, string kind, params (string Key, string? Value)[] further) =>
        Device([("Kind", kind), ("Name", "ve1"), ("NetworkNamespace", cable.Beside.Name), .. further]);

    private static Dictionary<string, string?> Device(IEnumerable<(string Key, string? Value)> settings)
    {
        Dictionary<string, string?> configuration = settings.Where(s => s.Value is not null).ToDictionary(s => "SimBridge:Device:" + s.Key, s => s.Value);
        configuration["SimBridge:Interval"] = "00:00:00.01";
        return configuration;
    }

    private static async Task Start(IHost host)
    {
        try
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
        }
        catch (BridgeException refused) when (refused.InnerException is DllNotFoundException)
        {
            Assert.Skip("missing tool: libpcap (Debian package libpcap0.8)");
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Tests.Bridge;
using SimNet.Time;
using SimStack.Ip;
using SimStack.Wire;
using static SimNet.Hosting.Tests.BridgeProgram;

namespace SimNet.Hosting.Tests;

/// <summary>A bridge as a part of a program, with a device in memory where the system has none to give.</summary>
public class SimBridgeTests
{
    [Fact]
    public async Task AHostAnswersForAsLongAsTheProgramRuns()
    {
        MemoryDevice device = new("mem0");
        using IHost host = Build(device);
        await host.StartAsync(TestContext.Current.CancellationToken);
        device.Deliver(WhoHas("10.0.0.2"));
        byte[] answer = await Next(device);
        Assert.True(ArpView.TryParse(answer.AsSpan(EthernetView.HeaderLength), out ArpView arp, out _));
        Assert.Equal((ArpOperation.Reply, "10.0.0.2"), (arp.Operation, arp.SenderAddress.ToString()));
        await host.StopAsync(TestContext.Current.CancellationToken);
        device.Deliver(WhoHas("10.0.0.2"));
        Assert.Empty(device.Sent);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Services.GetRequiredService<SimBridge>().InvokeAsync(_ => 1));
    }

    [Fact]
    public async Task OtherServicesReachTheSimulationOnItsThread()
    {
        MemoryDevice device = new("mem0");
        using IHost host = Build(device);
        SimBridge bridge = host.Services.GetRequiredService<SimBridge>();
        await Assert.ThrowsAsync<InvalidOperationException>(() => bridge.InvokeAsync(_ => 1));
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("server", "SimBridge"), await bridge.InvokeAsync(s => (s.Hosts[0].Name, Thread.CurrentThread.Name!)));
        await Assert.ThrowsAsync<FormatException>(() => bridge.InvokeAsync(_ => throw new FormatException("mine")));
        // A link that is down: the question is lost.
        await bridge.InvokeAsync(s => s.Links[0].SetUp(false));
        device.Deliver(WhoHas("10.0.0.2"));
        Assert.Equal(1, await Until(() => bridge.InvokeAsync(s => s.BridgePorts[0].Entered), entered => entered == 1));
        Assert.Empty(device.Sent);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task FiguresAreMeasured()
    {
        MemoryDevice device = new("mem0");
        using IHost host = Build(device, options => options.Interval = TimeSpan.FromMilliseconds(10));
        using Figures measured = new(host);
        await host.StartAsync(TestContext.Current.CancellationToken);
        byte[] question = WhoHas("10.0.0.2");
        device.Deliver(question);
        byte[] answer = await Next(device);
        await measured.Is("frame.count mem0 outside transmit", 1);
        Assert.Equal(1, measured["frame.count mem0 outside receive"]);
        Assert.Equal(question.Length, measured["io mem0 outside receive"]);
        Assert.Equal(answer.Length, measured["io mem0 outside transmit"]);
        Assert.Equal(0, measured["frame.dropped mem0 outside receive"]);
        Assert.Equal(0, measured["frame.errors mem0 outside receive"]);
        Assert.Equal(1, measured["connection.count server listen"]);
        Assert.Equal(0, measured["connection.count server established"]);
        Assert.True(measured["lag.max"] >= 0 && measured["stall.max"] >= 0 && measured["slipped"] >= 0);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(BackgroundServiceExceptionBehavior.StopHost)]
    [InlineData(BackgroundServiceExceptionBehavior.Ignore)]
    public async Task ADeviceThatFailsEndsTheServiceAsTheHostIsTold(BackgroundServiceExceptionBehavior behaviour)
    {
        MemoryDevice device = new("mem0");
        Messages log = new();
        using IHost host = Build(device, services: s =>
        {
            s.Configure<HostOptions>(o => o.BackgroundServiceExceptionBehavior = behaviour);
            s.AddSingleton<ILoggerProvider>(log);
        });
        await host.StartAsync(TestContext.Current.CancellationToken);
        CancellationToken stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        device.Fail(new BridgeException("mem0 can't be read any more"));
        BackgroundService service = Assert.Single(host.Services.GetServices<IHostedService>().OfType<SimBridgeService>());
        Exception failure = await Assert.ThrowsAsync<BridgeException>(() => service.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal("mem0 can't be read any more", failure.Message);
        Assert.Contains(log.Lines, l => l == "Error Bridge: mem0 can't be read any more");
        bool stops = await Until(() => Task.FromResult(stopping.IsCancellationRequested), s => s || behaviour == BackgroundServiceExceptionBehavior.Ignore);
        Assert.Equal(behaviour == BackgroundServiceExceptionBehavior.StopHost, stops);
    }

    [Fact]
    public async Task WhatMakesNoSenseKeepsTheProgramFromStarting()
    {
        Dictionary<string, string?> configuration = new()
        {
            ["SimBridge:MaxLag"] = "00:00:00",
            ["SimBridge:Device:Kind"] = "carrier-pigeon",
            ["SimBridge:Sed"] = "2",
            ["SimBridge:Devices:first:Kind"] = "TAP",
            ["SimBridge:Devices:first:Name"] = "a-name-of-too-many-letters",
            ["SimBridge:Devices:first:Addresses:0"] = "10.0.0.1/24",
            ["SimBridge:Devices:first:Addresses:1"] = "10.0.0.1",
            ["SimBridge:Devices:second:Mtu"] = "67",
            ["SimBridge:Devices:second:Promiscuous"] = "true",
            ["SimBridge:Devices:third:Kind"] = "packet",
            ["SimBridge:Devices:third:HardwareAddress"] = "01:00:5e:00:00:01",
            ["SimBridge:Devices:third:Mtu"] = "1400",
            ["SimBridge:Devices:third:Addresses:0"] = "10.0.0.1/24",
            ["SimBridge:Devices:fourth:Nmae"] = "tap4",
        };
        using IHost host = Build(null, o => o.Network = null, configuration: configuration);
        OptionsValidationException wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        string[] expected =
        [
            "AddSimBridge: there is no network; set `options.Network = network => …`",
            "SimBridge:MaxLag: `00:00:00` is not more than 0, like 00:00:00.1",
            "SimBridge:Device:Kind: `carrier-pigeon` is not tap, packet or pcap",
            "SimBridge:Devices:first:Name: `a-name-of-too-many-letters` is not a name of 1 to 15 letters",
            "SimBridge:Devices:first:Addresses:1: `10.0.0.1` is not an address with the length of its prefix, like 10.0.0.1/24",
            "SimBridge:Devices:second:Mtu: `67` is not 68 to 65521",
            "SimBridge:Devices:second:Promiscuous is for packet and pcap; a TAP device hands over everything",
            "SimBridge:Devices:third:Name is missing: an interface of this machine like eth0, which packet never chooses for you",
            "SimBridge:Devices:third:HardwareAddress: `01:00:5e:00:00:01` is not an Ethernet address like 02:00:00:00:00:07",
            "SimBridge:Devices:third:Mtu is for tap; with packet the interface's stays as it is",
            "SimBridge:Devices:third:Addresses is for tap; with packet the addresses are those of the simulated interface, and the system's stay as they are",
            "SimBridge:Devices:fourth:Nmae is no setting; there are Addresses, HardwareAddress, Kind, Mtu, Name, NetworkNamespace, Offload, Promiscuous",
            "SimBridge:Sed is no setting; there are ApplicationExceptionBehavior, Batch, Device, Devices, Interval, LagWarning, MaxLag, Seed, Spin",
        ];
        Assert.Equal(expected.Order(), wrong.Failures.Order());
    }

    [Fact]
    public async Task ANetworkWithoutAPortOrADeviceIsRefused()
    {
        using IHost without = Build(null, o => o.Network = network => network.Simulation.AddHost("alone"));
        Assert.Contains("AddBridgePort", (await Assert.ThrowsAsync<InvalidOperationException>(() => without.StartAsync(TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);

        using IHost misnamed = Build(null, configuration: new() { ["SimBridge:Devices:outsid:Name"] = "tap7" });
        Assert.Equal(
            "SimBridge:Devices:outsid: the network has no port of that name; it has outside",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => misnamed.StartAsync(TestContext.Current.CancellationToken))).Message);

        MemoryDevice first = new("mem0");
        using IHost two = Build(null, o => o.Network = network =>
        {
            network.Attach(network.Simulation.AddBridgePort("first"), first);
            network.Simulation.AddBridgePort("second");
        });
        Assert.Contains("SimBridge:Devices:second", (await Assert.ThrowsAsync<InvalidOperationException>(() => two.StartAsync(TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatAProgramRecordsWithOffloadIsReplayed()
    {
        using KernelNamespace kernel = new();
        Dictionary<string, string?> configuration = new()
        {
            ["SimBridge:Device:NetworkNamespace"] = kernel.Name,
            ["SimBridge:Device:Addresses:0"] = "10.0.0.1/24",
            ["SimBridge:Device:Offload"] = "true",
        };
        SimulationOptions options = new() { Start = new DateTimeOffset(2031, 4, 5, 6, 7, 8, TimeSpan.Zero), Limits = new SimulationLimits { Events = long.MaxValue } };
        using MemoryStream file = new();
        using PcapngWriter writer = new(file, new PcapngOptions { LeaveOpen = true });
        using (IHost host = Build(null, o =>
        {
            o.Simulation = options;
            // Before the device is there.
            o.Network = network => _ = new CaptureSession(network.Simulation, writer, [AddServer(network.Simulation)], withComments: false);
        }, configuration: configuration))
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            Echo(kernel);
            Assert.All(host.Services.GetRequiredService<SimBridge>().Snapshot!.Devices, device => Assert.Equal(0, device.ReceiveErrors));
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        writer.Dispose();
        using Simulation simulation = new(options);
        AddServer(simulation);
        using BridgeReplay replay = new(simulation);
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(file.ToArray()));
        replay.Run(reader, TestContext.Current.CancellationToken);
        Assert.True(replay.Difference is null && replay.Identical > 10, $"{replay.Identical} frames are alike; then {replay.Difference}");
        Assert.Contains(Read(file.ToArray()), packet => packet is { Length: > 1514, Comment: "sim-segments 1448" });
    }

    private static void Echo(KernelNamespace kernel)
    {
        byte[] data = new byte[500_000];
        new System.Random(1).NextBytes(data);
        using Socket socket = kernel.Enter(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000, SendTimeout = 20_000 });
        socket.Connect(new IPEndPoint(IPAddress.Parse("10.0.0.2"), 80));
        Task sent = Task.Run(() => socket.Send(data));
        byte[] back = new byte[data.Length];
        for (int count = 0; count < back.Length;)
        {
            count += socket.Receive(back, count, back.Length - count, SocketFlags.None);
        }

        sent.GetAwaiter().GetResult();
        Assert.True(back.AsSpan().SequenceEqual(data));
    }

    private static List<(int Length, string? Comment)> Read(byte[] file)
    {
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(file));
        List<(int, string?)> packets = [];
        while (reader.TryRead(out CapturedPacket packet))
        {
            packets.Add((packet.CapturedLength, packet.Comment));
        }

        return packets;
    }

    private static byte[] WhoHas(string address)
    {
        byte[] frame = new byte[EthernetView.HeaderLength + ArpView.MessageLength];
        MacAddress own = new(0x0200_0000_9901);
        EthernetWriter.Write(frame, new MacAddress(0xFFFF_FFFF_FFFF), own, EtherType.Arp);
        ArpWriter.Write(frame.AsSpan(EthernetView.HeaderLength), ArpOperation.Request, own, IpAddress.Parse("10.0.0.1"), default, IpAddress.Parse(address));
        return frame;
    }

    private static async Task<byte[]> Next(MemoryDevice device)
    {
        byte[]? frame = null;
        await Until(() => Task.FromResult(device.Sent.TryDequeue(out frame)), found => found);
        return frame!;
    }
}

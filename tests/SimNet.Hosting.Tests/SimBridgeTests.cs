using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
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
        ConcurrentDictionary<string, double> measured = new();
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == "SimNet.Bridge" && instrument.Meter.Scope == host.Services.GetRequiredService<IMeterFactory>())
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured[Key(instrument, tags)] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured[Key(instrument, tags)] = value);
        listener.Start();
        await host.StartAsync(TestContext.Current.CancellationToken);
        byte[] question = WhoHas("10.0.0.2");
        device.Deliver(question);
        byte[] answer = await Next(device);
        await Until(
            () =>
            {
                listener.RecordObservableInstruments();
                return Task.FromResult(measured.GetValueOrDefault("frames mem0 outside transmit"));
            },
            frames => frames == 1);
        Assert.Equal(1, measured["frames mem0 outside receive"]);
        Assert.Equal(question.Length, measured["bytes mem0 outside receive"]);
        Assert.Equal(answer.Length, measured["bytes mem0 outside transmit"]);
        Assert.Equal(0, measured["drops mem0 outside receive"]);
        Assert.Equal(0, measured["errors mem0 outside receive"]);
        Assert.Equal(1, measured["connections server LISTEN"]);
        Assert.Equal(0, measured["connections server ESTABLISHED"]);
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
            ["SimBridge:Device:Name"] = "a-name-of-too-many-letters",
            ["SimBridge:Device:Addresses:0"] = "10.0.0.1/24",
            ["SimBridge:Device:Addresses:1"] = "10.0.0.1",
            ["SimBridge:Devices:second:Mtu"] = "67",
        };
        using IHost host = Build(null, o => o.Network = null, configuration: configuration);
        OptionsValidationException wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        string[] expected =
        [
            "AddSimBridge: there is no network; set `options.Network = network => …`",
            "SimBridge:MaxLag: `00:00:00` is not more than 0, like 00:00:00.1",
            "SimBridge:Device:Kind: `carrier-pigeon` is not tap",
            "SimBridge:Device:Name: `a-name-of-too-many-letters` is not a name of 1 to 15 letters",
            "SimBridge:Device:Addresses:1: `10.0.0.1` is not an address with the length of its prefix, like 10.0.0.1/24",
            "SimBridge:Devices:second:Mtu: `67` is not 68 to 65521",
        ];
        Assert.Equal(expected.Order(), wrong.Failures.Order());
    }

    [Fact]
    public async Task ANetworkWithoutAPortOrADeviceIsRefused()
    {
        using IHost without = Build(null, o => o.Network = network => network.Simulation.AddHost("alone"));
        Assert.Contains("AddBridgePort", (await Assert.ThrowsAsync<InvalidOperationException>(() => without.StartAsync(TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);

        MemoryDevice first = new("mem0");
        using IHost two = Build(null, o => o.Network = network =>
        {
            network.Attach(network.Simulation.AddBridgePort("first"), first);
            network.Simulation.AddBridgePort("second");
        });
        Assert.Contains("SimBridge:Devices:second", (await Assert.ThrowsAsync<InvalidOperationException>(() => two.StartAsync(TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigurationSaysWhichDevice()
    {
        using KernelNamespace kernel = new();
        Dictionary<string, string?> configuration = new()
        {
            ["SimBridge:Device:Name"] = "tap7",
            ["SimBridge:Device:NetworkNamespace"] = kernel.Name,
            ["SimBridge:Device:Addresses:0"] = "10.0.0.1/24",
            ["SimBridge:Device:Mtu"] = "1400",
        };
        using IHost host = Build(null, configuration: configuration);
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Contains("mtu 1400", kernel.Run("ip", "link", "show", "tap7"), StringComparison.Ordinal);
        Assert.Contains("2 received", kernel.Run("ping", "-c", "2", "-i", "0.05", "-W", "5", "10.0.0.2"), StringComparison.Ordinal);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, kernel.TryRun("ip", "link", "show", "tap7").Status);
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

    private static IHost Build(
        MemoryDevice? device, Action<SimBridgeOptions>? options = null, Action<IServiceCollection>? services = null, Dictionary<string, string?>? configuration = null)
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(configuration ?? []);
        builder.Services.AddSimBridge(o =>
        {
            o.Network = network =>
            {
                Assert.NotNull(network.Services.GetRequiredService<IHostApplicationLifetime>());
                BridgePort outside = AddServer(network.Simulation);
                if (device is not null)
                {
                    network.Attach(outside, device);
                }
            };
            options?.Invoke(o);
        });
        services?.Invoke(builder.Services);
        return builder.Build();
    }

    private static BridgePort AddServer(Simulation simulation)
    {
        BridgePort outside = simulation.AddBridgePort("outside");
        SimHost server = simulation.AddHost("server");
        HostInterface eth0 = server.AddInterface();
        eth0.AddAddress(IpAddress.Parse("10.0.0.2"), 24);
        simulation.AddLink(outside, eth0);
        server.Start(async h =>
        {
            SimTcpStream stream = await h.Listen(new IpEndpoint(IpAddress.AnyV4, 80)).AcceptAsync();
            await stream.CopyToAsync(stream);
        });
        return outside;
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

    /// <summary>Asks again and again, half a minute at most.</summary>
    private static async Task<T> Until<T>(Func<Task<T>> ask, Func<T, bool> wanted)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        T answer = await ask();
        while (!wanted(answer))
        {
            await Task.Delay(2, limit.Token);
            answer = await ask();
        }

        return answer;
    }

    private static string Key(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string key = instrument.Name["simnet.bridge.".Length..];
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            key += $" {tag.Value}";
        }

        return key;
    }

    private sealed class Messages : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel} {formatter(state, exception)}");
    }
}

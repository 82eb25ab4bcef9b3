using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Tests.Bridge;
using SimStack.Ip;

namespace SimNet.Hosting.Tests;

/// <summary>Programs with a bridge in them, and what they log and measure.</summary>
internal static class BridgeProgram
{
    /// <summary>A program whose simulated host 10.0.0.2 listens on port 80.</summary>
    /// <param name="device">Behind its port; null: the one of the configuration.</param>
    /// <param name="options">Changes them.</param>
    /// <param name="services">Adds further ones.</param>
    /// <param name="configuration">As in appsettings.json.</param>
    public static IHost Build(
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

    /// <summary>A port to the outside, and a host behind it that echoes what one connection brings.</summary>
    public static BridgePort AddServer(Simulation simulation)
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

    /// <summary>Asks again and again, half a minute at most.</summary>
    public static async Task<T> Until<T>(Func<Task<T>> ask, Func<T, bool> wanted)
    {
        long began = Stopwatch.GetTimestamp();
        T answer = await ask();
        while (!wanted(answer))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"not within 30 s: {answer}");
            await Task.Delay(2, TestContext.Current.CancellationToken);
            answer = await ask();
        }

        return answer;
    }

    public sealed class Messages : ILoggerProvider, ILogger
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

    /// <summary>The last value of every instrument, by its name without the meter's and the values of its tags.</summary>
    public sealed class Figures : IDisposable
    {
        private readonly ConcurrentDictionary<string, double> _values = new();
        private readonly MeterListener _listener;

        public Figures(IHost host)
        {
            _listener = new MeterListener
            {
                InstrumentPublished = (instrument, l) =>
                {
                    if (instrument.Meter.Name == "SimNet.Bridge" && instrument.Meter.Scope == host.Services.GetRequiredService<IMeterFactory>())
                    {
                        l.EnableMeasurementEvents(instrument);
                    }
                },
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Set(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Set(instrument, value, tags));
            _listener.Start();
        }

        /// <summary>Every tag that was seen.</summary>
        public ConcurrentDictionary<string, bool> Tags { get; } = new();

        /// <summary>The present value; null: there is none.</summary>
        public double? this[string key]
        {
            get
            {
                _listener.RecordObservableInstruments();
                return _values.TryGetValue(key, out double value) ? value : null;
            }
        }

        /// <summary>Waits for a value.</summary>
        public Task Is(string key, double wanted) => Until(() => Task.FromResult(this[key]), value => value == wanted);

        public void Dispose() => _listener.Dispose();

        private void Set(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string key = instrument.Name["simnet.bridge.".Length..];
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                key += $" {tag.Value}";
                Tags[$"{instrument.Name} {tag.Key}"] = true;
            }

            _values[key] = value;
        }
    }
}

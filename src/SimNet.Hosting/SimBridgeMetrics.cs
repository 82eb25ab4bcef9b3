using System.Diagnostics.Metrics;
using SimStack.Tcp;

namespace SimNet.Hosting;

/// <summary>
/// The meter <c>SimNet.Bridge</c> (System.Diagnostics.Metrics). All instruments are observed: they tell the figures of the last
/// <see cref="SimBridge.Snapshot"/>, which the session takes on its own thread.
/// </summary>
internal sealed class SimBridgeMetrics
{
    public const string MeterName = "SimNet.Bridge";
    private readonly SimBridge _bridge;

    public SimBridgeMetrics(IMeterFactory factory, SimBridge bridge)
    {
        _bridge = bridge;
        Meter meter = factory.Create(MeterName);
        // Names and attributes in the manner of OpenTelemetry's system.network metrics.
        meter.CreateObservableCounter("simnet.bridge.frame.count", () => ByDirection(d => (d.ReceivedFrames, d.SentFrames)), "{frame}", "Frames that went through a device.");
        meter.CreateObservableCounter("simnet.bridge.io", () => ByDirection(d => (d.ReceivedBytes, d.SentBytes)), "By", "Bytes that went through a device.");
        meter.CreateObservableCounter("simnet.bridge.frame.dropped", () => ByDirection(d => (d.ReceiveDropped, d.SendDropped)), "{frame}", "Frames that were lost at a device.");
        meter.CreateObservableCounter("simnet.bridge.frame.errors", Errors, "{frame}", "Frames from a device that could not be used.");
        Connections = meter.CreateObservableUpDownCounter("simnet.bridge.connection.count", ByState, "{connection}", "TCP sockets of the simulated hosts.");
        meter.CreateObservableCounter("simnet.bridge.application.exceptions", ByApplication, "{exception}", "Exceptions that left the code of simulated applications.");
        meter.CreateObservableGauge("simnet.bridge.lag.max", () => Seconds(s => s.LongestLag), "s", "The most that an event was behind the wall clock.");
        meter.CreateObservableGauge("simnet.bridge.stall.max", () => Seconds(s => s.LongestStall), "s", "The longest time in which no device was looked at.");
        meter.CreateObservableCounter("simnet.bridge.slipped", () => Seconds(s => s.Slipped), "s", "How long virtual time stood still, because the machine did not keep up.");
    }

    /// <summary>Counting connections takes a look at each: done only where somebody asks.</summary>
    public Instrument Connections { get; }

    private IEnumerable<Measurement<long>> ByDirection(Func<SimBridgeDeviceSnapshot, (long Received, long Sent)> of)
    {
        foreach (SimBridgeDeviceSnapshot device in _bridge.Snapshot?.Devices ?? [])
        {
            (long received, long sent) = of(device);
            yield return new Measurement<long>(received, Tags(device, "receive"));
            yield return new Measurement<long>(sent, Tags(device, "transmit"));
        }
    }

    private IEnumerable<Measurement<long>> Errors() =>
        (_bridge.Snapshot?.Devices ?? []).Select(device => new Measurement<long>(device.ReceiveErrors, Tags(device, "receive")));

    private IEnumerable<Measurement<long>> ByState() => (_bridge.Snapshot?.Connections ?? []).Select(c => new Measurement<long>(
        c.Count, new KeyValuePair<string, object?>("simnet.host", c.Host), new KeyValuePair<string, object?>("network.connection.state", NameOf(c.State))));

    private IEnumerable<Measurement<long>> ByApplication() => (_bridge.Snapshot?.ApplicationExceptions ?? []).Select(e => new Measurement<long>(
        e.Count, new KeyValuePair<string, object?>("simnet.application", e.Application), new KeyValuePair<string, object?>("error.type", e.Type)));

    private IEnumerable<Measurement<double>> Seconds(Func<SimBridgeSnapshot, TimeSpan> of) =>
        _bridge.Snapshot is { } snapshot ? [new Measurement<double>(of(snapshot).TotalSeconds)] : [];

    // syn_received, fin_wait_1…: RFC 9293's names as OpenTelemetry writes them.
    private static string NameOf(TcpState state) => state.ToRfcName().ToLowerInvariant().Replace('-', '_');

    private static KeyValuePair<string, object?>[] Tags(SimBridgeDeviceSnapshot device, string direction) =>
    [
        new("network.interface.name", device.Device),
        new("simnet.bridge.port", device.Port),
        new("network.io.direction", direction),
    ];
}

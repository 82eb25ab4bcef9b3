using Scenarios.CommandLine;
using SimNet;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Scripting.Model;

namespace Scenarios.Running;

/// <summary>The captures of one run: each point's frames go to a stream of its own while the run goes on.</summary>
internal sealed class CaptureFiles : IDisposable
{
    private readonly List<CaptureWriter> _writers = [];
    private readonly List<CaptureSession> _sessions = [];
    private readonly CaptureFormat _format;

    /// <summary>Opens the streams before anything runs, so that a folder that cannot be written is known at once.</summary>
    /// <param name="targets">Which points, and a stream for each; they are closed at the end.</param>
    /// <param name="format">Of all of them.</param>
    public CaptureFiles(IReadOnlyList<CaptureTarget> targets, CaptureFormat format)
    {
        _format = format;
        Targets = targets;
    }

    /// <summary>What is captured, and whereto.</summary>
    public IReadOnlyList<CaptureTarget> Targets { get; }

    /// <summary>What went wrong with a stream.</summary>
    public CaptureWriteException? Failure => _writers.Select(w => w.Failure).FirstOrDefault(f => f is not null);

    /// <summary>Begins to capture.</summary>
    public void Attach(Simulation simulation)
    {
        foreach (CaptureTarget target in Targets)
        {
            CaptureWriter writer = Writer(target.Stream);
            _writers.Add(writer);
            _sessions.Add(new CaptureSession(simulation, writer, [Port(simulation, target.Point)]));
        }
    }

    /// <summary>Frames written for a target.</summary>
    public long PacketCount(int target) => target < _writers.Count ? _writers[target].PacketCount : 0;

    /// <summary>Writes what is left and closes everything; a failure is in <see cref="Failure"/>.</summary>
    public void Dispose()
    {
        foreach (CaptureSession session in _sessions)
        {
            session.Dispose();
        }

        foreach (CaptureWriter writer in _writers)
        {
            writer.Dispose();
        }

        foreach (CaptureTarget target in Targets)
        {
            target.Stream.Dispose();
        }

        _sessions.Clear();
    }

    private static LinkPort Port(Simulation simulation, InterfaceName point)
    {
        if (simulation.Switches.FirstOrDefault(s => s.Name == point.Host) is { } device)
        {
            return device.Ports.First(p => p.ShortName == point.Interface);
        }

        if (simulation.BridgePorts.FirstOrDefault(b => b.Name == point.Host) is { } bridge)
        {
            return bridge;
        }

        SimHost host = simulation.Hosts.First(h => h.Name == point.Host);
        return host.Interfaces.FirstOrDefault(i => i.ShortName == point.Interface) ?? host.Loopback;
    }

    private CaptureWriter Writer(Stream stream) => _format == CaptureFormat.Pcap
        ? new PcapWriter(stream, new PcapOptions { LeaveOpen = true })
        : new PcapngWriter(stream, new PcapngOptions { Application = $"sim (Simulator {VersionAction.Version})", LeaveOpen = true });
}

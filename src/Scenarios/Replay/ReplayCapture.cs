using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet;
using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Links;
using SimNet.Scripting.Recording;
using SimNet.Scripting.Yaml;

namespace Scenarios.Replay;

/// <summary>The capture of a replay: NAME.replay.pcapng.</summary>
internal sealed class ReplayCapture : IDisposable
{
    private const string StandardOutput = "-";
    private readonly string _point;
    private readonly string? _path;
    private readonly Stream _stream;
    private readonly BridgeRecording? _recording;
    private PcapngWriter? _writer;
    private CaptureSession? _session;
    private Simulation? _simulation;
    private LinkPort[] _ports = [];

    /// <summary>Opens the file, so that a folder that cannot be written is known before anything runs.</summary>
    /// <param name="request">Where to capture.</param>
    /// <param name="recording">What makes a capture of the ports a recording of its own; null: nothing does.</param>
    /// <param name="console">For standard output.</param>
    /// <exception cref="SimException">The file cannot be written.</exception>
    public ReplayCapture(ReplayRequest request, BridgeRecording? recording, SimConsole console)
    {
        _point = request.Capture!;
        _recording = recording;
        if (_point == StandardOutput)
        {
            _stream = console.OpenOutput();
            return;
        }

        OutputFiles.CreateFolder(request.Out);
        _path = Path.Combine(request.Out, Path.GetFileNameWithoutExtension(request.File) + ".replay.pcapng");
        if (Path.GetFullPath(_path) == Path.GetFullPath(request.File))
        {
            throw SimException.BadRequest($"sim replay: {_path} is the capture that is replayed; choose another folder with --out DIR");
        }

        _stream = OutputFiles.Create(_path);
    }

    /// <summary>What went wrong with the file.</summary>
    public CaptureWriteException? Failure => _writer?.Failure;

    /// <summary>Begins to capture.</summary>
    /// <exception cref="SimException">There is no such point.</exception>
    public void Attach(Simulation simulation)
    {
        _simulation = simulation;
        bool atPorts = _point is StandardOutput or "ports";
        LinkPort[] all = [.. simulation.BridgePorts, .. simulation.Hosts.SelectMany(h => h.Interfaces), .. simulation.Switches.SelectMany(s => s.Ports)];
        LinkPort[] ports = atPorts ? [.. simulation.BridgePorts]
            : [.. all.Where(p => p.Name == _point).Concat(all.Where(p => p.Name.StartsWith(_point + ".", StringComparison.Ordinal))).Take(1)];
        if (ports.Length == 0)
        {
            throw SimException.BadRequest($"sim replay: --capture: there is no point `{_point}`" + Suggestions.For(_point, all.Select(p => p.Name).Append("ports"), "points"));
        }

        IReadOnlyList<string> comments = atPorts && _recording is not null ? _recording.ToComments() : [""];
        _writer = new PcapngWriter(_stream, new PcapngOptions
        {
            Application = $"sim (Simulator {VersionAction.Version})",
            Comment = comments[0],
            FurtherComments = [.. comments.Skip(1)],
            LeaveOpen = true,
        });
        _session = new CaptureSession(simulation, _writer, ports, withComments: !atPorts);
        _ports = ports;
    }

    /// <summary>Says what was written.</summary>
    public void Report(SimConsole console) => console.Error.WriteLine(
        $"sim: {_writer?.PacketCount ?? 0} {(_writer?.PacketCount == 1 ? "packet" : "packets")} at {_point} -> {_path ?? "standard output"}");

    public void Dispose()
    {
        _session?.Dispose();
        if (_writer is not null && _simulation is not null && _recording is not null)
        {
            long end = CaptureClock.StartingAt(_simulation.Options.Start).ToUnixNanoseconds(_simulation.Now);
            for (int i = 0; i < _ports.Length; i++)
            {
                _writer.SetStatistics(i, _ports[i] is BridgePort port ? port.Entered : 0, dropped: 0, end);
            }
        }

        _writer?.Dispose();
        _stream.Dispose();
    }
}

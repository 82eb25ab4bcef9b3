using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet;
using SimNet.Capture;
using SimNet.Links;
using SimNet.Scripting.Recording;
using SimNet.Scripting.Yaml;

namespace Scenarios.Bridge;

/// <summary>
/// The captures of a bridge session: the recording, which is what passes the ports to the real network, and further points in files of
/// their own. They are valid files at every moment.
/// </summary>
internal sealed class BridgeCaptures : IDisposable
{
    private readonly List<(string Point, string? Path, Stream Stream, CaptureWriter Writer, CaptureSession Session)> _captures = [];
    private readonly Simulation _simulation;

    /// <summary>Opens the files, so that a folder that cannot be written is known before anything runs.</summary>
    /// <exception cref="SimException">A file cannot be written, or there is no such point.</exception>
    public BridgeCaptures(Simulation simulation, BridgeRequest request, BridgeRecording recording, SimConsole console)
    {
        _simulation = simulation;
        if (request.Capture == "none")
        {
            return;
        }

        string extension = request.Format == CaptureFormat.Pcap ? ".pcap" : ".pcapng";
        string name = Path.Combine(request.Out, Path.GetFileNameWithoutExtension(recording.FileName));
        string outside = string.Join(", ", simulation.BridgePorts.Select(p => p.Name));
        LinkPort[] others = Points(simulation, request.Capture);
        Add(simulation, outside, request.CaptureToOutput ? null : name + extension, simulation.BridgePorts, request, recording, console);
        foreach (LinkPort other in others)
        {
            Add(simulation, other.Name, $"{name}.{other.Name}{extension}", [other], request, null, console);
        }
    }

    /// <summary>What went wrong with a file.</summary>
    public CaptureWriteException? Failure => _captures.Select(c => c.Writer.Failure).FirstOrDefault(f => f is not null);

    /// <summary>Brings everything so far into the files.</summary>
    public void Flush()
    {
        foreach ((_, _, _, CaptureWriter writer, _) in _captures)
        {
            writer.Flush();
        }
    }

    /// <summary>Says what was written.</summary>
    public void Report(BridgeRequest request, SimConsole console)
    {
        foreach ((string point, string? path, _, CaptureWriter writer, _) in request.Quiet ? [] : _captures)
        {
            console.Error.WriteLine($"sim: {writer.PacketCount} {(writer.PacketCount == 1 ? "packet" : "packets")} at {point} -> {path ?? "standard output"}");
        }
    }

    public void Dispose()
    {
        if (_captures is [{ Writer: PcapngWriter recording }, ..])
        {
            // A replay runs as far as the session did. Stopped in the midst of an instant, it has no end to run to.
            bool isWhole = _simulation.Loop.NextDue > _simulation.Now;
            long? end = isWhole ? CaptureClock.StartingAt(_simulation.Options.Start).ToUnixNanoseconds(_simulation.Now) : null;
            for (int i = 0; i < _simulation.BridgePorts.Count; i++)
            {
                recording.SetStatistics(i, _simulation.BridgePorts[i].Entered, dropped: 0, end);
            }
        }

        foreach ((_, _, Stream stream, CaptureWriter writer, CaptureSession session) in _captures)
        {
            session.Dispose();
            writer.Dispose();
            stream.Dispose();
        }
    }

    private static LinkPort[] Points(Simulation simulation, string? wanted)
    {
        if (wanted is null or "-")
        {
            return [];
        }

        LinkPort[] all = [.. simulation.Hosts.SelectMany(h => h.Interfaces), .. simulation.Switches.SelectMany(s => s.Ports)];
        LinkPort[] found = wanted == "all" ? all : [.. all.Where(p => p.Name == wanted).Concat(all.Where(p => p.Name.StartsWith(wanted + ".", StringComparison.Ordinal))).Take(1)];
        return found.Length > 0 || wanted == "all" || simulation.BridgePorts.Any(p => p.Name == wanted)
            ? found
            : throw SimException.BadRequest($"sim bridge: --capture: there is no point `{wanted}`" + Suggestions.For(wanted, all.Select(p => p.Name), "points"));
    }

    private void Add(
        Simulation simulation, string point, string? path, IReadOnlyList<LinkPort> ports, BridgeRequest request, BridgeRecording? recording, SimConsole console)
    {
        if (request.Format == CaptureFormat.Pcap && ports.Count > 1)
        {
            throw SimException.BadRequest("sim bridge: a capture of several ports needs pcapng; leave out --format pcap");
        }

        IReadOnlyList<string> comments = recording?.ToComments() ?? [""];
        Stream stream = path is null ? console.OpenOutput() : OutputFiles.Create(path);
        CaptureWriter writer = request.Format == CaptureFormat.Pcap
            ? new PcapWriter(stream, new PcapOptions { LeaveOpen = true })
            : new PcapngWriter(stream, new PcapngOptions
            {
                Application = $"sim (Simulator {VersionAction.Version})",
                Comment = comments[0],
                FurtherComments = [.. comments.Skip(1)],
                LeaveOpen = true,
            });
        _captures.Add((point, path, stream, writer, new CaptureSession(simulation, writer, ports, withComments: false)));
        writer.Flush();
    }
}

using System.Text;
using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Observe;
using SimStack;
using SimStack.Wire;

namespace SimNet.Capture;

/// <summary>
/// Feeds a capture writer with what hosts' interfaces, or switches' ports, see: what arrives before any processing delay, and what leaves for the link,
/// in the order of time. Comments tell the sender's changes of state and what the link does to the packet, as far as it is known
/// then.
/// </summary>
/// <remarks>
/// Loopback frames are written once, as they arrive, as libpcap does. The hosts, interfaces and addresses are those of the moment
/// of creation. Packets that stand for many segments (<see cref="Frame.SegmentSize"/>) have their size in a comment, and so has the first packet
/// at a bridge's port with offload, so that a replay can do the same.
/// </remarks>
public sealed class CaptureSession : PacketSink, IDisposable
{
    private readonly CaptureWriter _writer;
    private readonly SenderComments? _comments;
    private readonly long _start;
    private readonly List<Place> _places = [];
    private readonly List<IDisposable> _attachments = [];

    /// <summary>Begins to capture.</summary>
    /// <param name="simulation">The network; all its hosts' names go into the file.</param>
    /// <param name="writer">The file; stays open when the session ends.</param>
    /// <param name="interfaces">Where to capture; at least one: interfaces of hosts, ports of switches.</param>
    /// <param name="withComments">False: only the frames.</param>
    public CaptureSession(
        Simulation simulation, CaptureWriter writer, IReadOnlyList<LinkPort> interfaces, bool withComments = true)
    {
        if (interfaces.Count == 0)
        {
            throw new ArgumentException("name at least one interface to capture at", nameof(interfaces));
        }

        _writer = writer;
        _start = (simulation.Options.Start - DateTimeOffset.UnixEpoch).Ticks * 100;
        // Attached first, so that a packet's comment is there when this session sees the packet.
        _comments = withComments ? new SenderComments(simulation) : null;
        AddInterfaces(interfaces);
        AddNames(simulation);
    }

    /// <inheritdoc/>
    public override void OnFrame(
        Instant now, CapturePoint point, ReadOnlySpan<byte> frame, CaptureDirection direction, long frameId, string? comment) =>
        Write(now, point, frame, direction, frameId, comment, segmentSize: 0);

    /// <inheritdoc/>
    internal override void OnPacket(Instant now, CapturePoint point, Frame frame, CaptureDirection direction, string? comment) =>
        Write(now, point, frame.Bytes, direction, frame.Id, comment, frame.SegmentSize);

    /// <summary>Stops capturing; the writer stays open.</summary>
    public void Dispose()
    {
        foreach (IDisposable attachment in _attachments)
        {
            attachment.Dispose();
        }

        _attachments.Clear();
        _comments?.Dispose();
    }

    private void Write(
        Instant now, CapturePoint point, ReadOnlySpan<byte> frame, CaptureDirection direction, long frameId, string? comment, int segmentSize)
    {
        foreach (Place place in _places)
        {
            if (!ReferenceEquals(place.Point, point) || (place.IsLoopback && direction == CaptureDirection.Outbound))
            {
                continue;
            }

            string? text = _comments is null ? null : Join(_comments.Find(frameId), comment);
            PortOffload offload = place.Port?.Offload ?? PortOffload.None;
            if (segmentSize == 0 && offload == place.Told)
            {
                _writer.Write(place.Interface, _start + now.Nanoseconds, frame, direction, text.AsSpan());
                continue;
            }

            WriteMarked(place, _start + now.Nanoseconds, frame, direction, text, segmentSize, offload == place.Told ? null : offload);
            place.Told = offload;
        }
    }

    private void WriteMarked(
        Place place, long time, ReadOnlySpan<byte> frame, CaptureDirection direction, string? text, int segmentSize, PortOffload? offload)
    {
        Span<byte> mark = stackalloc byte[OffloadMarks.MostBytes];
        mark = mark[..OffloadMarks.Write(mark, segmentSize, offload)];
        if (text is null)
        {
            _writer.Write(place.Interface, time, frame, direction, mark);
        }
        else
        {
            _writer.Write(place.Interface, time, frame, direction, Join(text, Encoding.UTF8.GetString(mark)).AsSpan());
        }
    }

    private static string? Join(string? states, string? fate) =>
        states is null || fate is null ? states ?? fate : $"{states}; {fate}";

    private void AddInterfaces(IReadOnlyList<LinkPort> interfaces)
    {
        foreach (LinkPort port in interfaces)
        {
            int number = _writer.AddInterface(new CaptureInterface
            {
                Name = interfaces.Count == 1 ? port.ShortName : port.Name,
                Description = port.Name,
            });
            PacketTap tap = port.Observed ?? throw new ArgumentException($"{port.Name} can't be captured at", nameof(interfaces));
            _places.Add(new Place(tap.Point, number, port is HostInterface { IsLoopback: true }, port as BridgePort));
            _attachments.Add(tap.Attach(this));
        }
    }

    private void AddNames(Simulation simulation)
    {
        foreach (SimHost host in simulation.Hosts)
        {
            foreach (HostInterface port in host.Interfaces)
            {
                foreach (SimStack.Ip.IpAddress address in port.Addresses)
                {
                    _writer.AddName(address, host.Name);
                }
            }
        }
    }

    private sealed class Place(CapturePoint point, int number, bool isLoopback, BridgePort? port)
    {
        public CapturePoint Point { get; } = point;

        public int Interface { get; } = number;

        public bool IsLoopback { get; } = isLoopback;

        public BridgePort? Port { get; } = port;

        /// <summary>What the file says of the port so far.</summary>
        public PortOffload Told { get; set; }
    }
}

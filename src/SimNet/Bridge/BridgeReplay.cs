using System.Runtime.InteropServices;
using SimNet.Capture;
using SimNet.Observe;
using SimStack;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// Runs a simulation in virtual time with the frames that came in during a <see cref="BridgeSession"/>, at the instants at which they did,
/// and compares what leaves with what left then. A run depends on nothing but these frames, their instants and the seed, so that the same
/// network gives the same frames, byte for byte and nanosecond for nanosecond.
/// </summary>
/// <remarks>
/// What <see cref="BridgeSession.Post"/> brought into a session is in no recording, and a replay goes another way from there on.
/// </remarks>
public sealed class BridgeReplay : IDisposable
{
    // So many events run before somebody is asked whether to go on.
    private const int EventsAtOnce = 4096;
    private const int LongestFrame = TcpFrameLayout.Ip + TcpFrameLayout.MaxPacketLength;
    private readonly Simulation _simulation;
    private readonly IReadOnlyList<BridgePort> _ports;
    private readonly List<IDisposable> _attachments = [];
    private readonly Queue<ReplayedFrame> _recorded = [];
    private readonly Queue<ReplayedFrame> _replayed = [];
    private readonly List<Frame> _batch = [];
    private readonly bool _compares;
    private Instant _batchTime;
    private int _batchPort;
    private Instant _last;

    /// <summary>Begins; nothing has run yet.</summary>
    /// <param name="simulation">The network as the session had it, at its beginning.</param>
    /// <param name="ports">The ports, by the numbers of <see cref="Add(Instant, int, CaptureDirection, ReadOnlySpan{byte}, CancellationToken)"/>; null: all of the simulation.</param>
    /// <param name="compares">False: what leaves is counted, and no more.</param>
    public BridgeReplay(Simulation simulation, IReadOnlyList<BridgePort>? ports = null, bool compares = true)
    {
        _simulation = simulation;
        _ports = ports ?? simulation.BridgePorts;
        _compares = compares;
        foreach (BridgePort port in _ports)
        {
            _attachments.Add(port.Tap.Attach(new Departures(this)));
        }
    }

    /// <summary>Frames that came in so far.</summary>
    public long Entered { get; private set; }

    /// <summary>Frames that left so far in the replay.</summary>
    public long Left { get; private set; }

    /// <summary>Frames that left so far by the recording.</summary>
    public long RecordedLeft { get; private set; }

    /// <summary>Frames that left in both alike, up to the first difference.</summary>
    public long Identical { get; private set; }

    /// <summary>The first difference; null while there is none.</summary>
    public ReplayDifference? Difference { get; private set; }

    /// <summary>Replays what a reader still has to give, to its end.</summary>
    /// <param name="reader">A capture of a session's ports; its interfaces have the ports' names.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="CaptureFormatException">The file is damaged; what came before has been replayed.</exception>
    /// <exception cref="InvalidDataException">The file cannot be a session's: an interface that is no port, frames cut, out of order or without direction.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Run(CaptureReader reader, CancellationToken stop = default)
    {
        CaptureClock clock = CaptureClock.StartingAt(_simulation.Options.Start);
        var ports = new List<int>();
        while (reader.TryRead(out CapturedPacket packet))
        {
            stop.ThrowIfCancellationRequested();
            while (ports.Count <= packet.InterfaceId)
            {
                ports.Add(FindPort(reader.Interfaces[ports.Count].Name));
            }

            string? wrong = packet.IsCut ? "is cut off"
                : packet.Direction == CaptureDirection.Unknown ? "has no direction"
                : clock.ToInstant(packet.UnixNanoseconds) < Instant.Zero ? "is before the session's start"
                : null;
            if (wrong is not null)
            {
                throw new InvalidDataException(FormattableString.Invariant($"frame {reader.PacketCount} {wrong}: no recording of a session"));
            }

            int segmentSize = ReadMarks(packet.Comment, ports[packet.InterfaceId], reader.PacketCount);
            Add(clock.ToInstant(packet.UnixNanoseconds), ports[packet.InterfaceId], packet.Direction, packet.Data.Span, segmentSize, stop);
        }

        bool complete = reader.Truncation is null && reader.EndUnixNanoseconds is not null;
        Finish(complete ? clock.ToInstant(reader.EndUnixNanoseconds!.Value) : null, stop);
    }

    /// <summary>Takes the next frame of a recording, in its order: one that came in enters, one that left is compared.</summary>
    /// <param name="time">When it passed the port; not before the frame above it.</param>
    /// <param name="port">Index of the port.</param>
    /// <param name="direction">Inbound: it came in; outbound: it left.</param>
    /// <param name="frame">Ethernet header first.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="InvalidDataException">It is before the frame above it, or longer than any frame.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Add(Instant time, int port, CaptureDirection direction, ReadOnlySpan<byte> frame, CancellationToken stop = default) =>
        Add(time, port, direction, frame, segmentSize: 0, stop);

    /// <inheritdoc cref="Add(Instant, int, CaptureDirection, ReadOnlySpan{byte}, CancellationToken)"/>
    /// <param name="segmentSize">
    /// Of a packet that stands for many TCP segments, the bytes of data in each, 8 to 65,535 (<see cref="Frame.SegmentSize"/>); 0: it is a frame as on the wire.
    /// </param>
    public void Add(Instant time, int port, CaptureDirection direction, ReadOnlySpan<byte> frame, int segmentSize, CancellationToken stop = default)
    {
        _last = Instant.Max(_last, time);
        bool outbound = direction == CaptureDirection.Outbound;
        if (_batch.Count > 0 && (outbound || time != _batchTime || port != _batchPort))
        {
            EnterBatch();
        }

        if (outbound)
        {
            RecordedLeft++;
            if (_compares && Difference is null)
            {
                _recorded.Enqueue(new ReplayedFrame(time, _ports[port].Name, frame.ToArray()) { SegmentSize = segmentSize });
                Compare();
            }

            return;
        }

        string? wrong = time < _simulation.Now ? $"a frame of {time} comes behind one of {_simulation.Now}: frames must be in the order of their times"
            : frame.Length > LongestFrame ? FormattableString.Invariant($"a frame of {frame.Length} bytes; at most {LongestFrame} are possible")
            : segmentSize != 0 && !ReceivedPacket.IsMany(frame, segmentSize) ? FormattableString.Invariant($"the frame of {time} is no TCP packet of segments of {segmentSize} bytes")
            : null;
        if (wrong is not null)
        {
            throw new InvalidDataException(wrong);
        }

        if (_batch.Count == 0)
        {
            RunUntil(time, stop);
            // Up to here the recording has told everything that left before this frame came.
            CompareLeftOver();
            (_batchTime, _batchPort) = (time, port);
        }

        Frame entering = _simulation.FramePool.Copy(frame);
        entering.SegmentSize = segmentSize;
        _batch.Add(entering);
    }

    /// <summary>Runs to the end of the recording and compares what is left.</summary>
    /// <param name="end">
    /// When the session ended; null: the recording does not tell, being cut off, and then neither does it tell everything of its last instant.
    /// </param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Finish(Instant? end, CancellationToken stop = default)
    {
        EnterBatch();
        RunUntil(Instant.Max(end ?? _last, _simulation.Now), stop);
        if (end is null && _recorded.Count == 0)
        {
            _replayed.Clear();
        }

        CompareLeftOver();
    }

    /// <summary>Stops watching the ports.</summary>
    public void Dispose()
    {
        foreach (IDisposable attachment in _attachments)
        {
            attachment.Dispose();
        }

        _attachments.Clear();
    }

    /// <summary>What waited together at a device entered together.</summary>
    private void EnterBatch()
    {
        Entered += _batch.Count;
        _ports[_batchPort].Enter(_batchTime, CollectionsMarshal.AsSpan(_batch));
        _batch.Clear();
    }

    /// <summary>Sets the port as it was then; the size of the packet's segments, or 0.</summary>
    private int ReadMarks(string? comment, int port, long number)
    {
        if (comment is null)
        {
            return 0;
        }

        if (!OffloadMarks.TryRead(comment, out int segmentSize, out PortOffload? offload))
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"frame {number} has the comment `{comment}`, which should be like `sim-port-offload receive segmentation device; sim-segments 1448`"));
        }

        if (offload is { } set)
        {
            EnterBatch(); // It came in before that.
            _ports[port].Offload = set;
        }

        return segmentSize;
    }

    private void RunUntil(Instant time, CancellationToken stop)
    {
        while (!_simulation.Loop.RunUntil(time, EventsAtOnce))
        {
            stop.ThrowIfCancellationRequested();
        }
    }

    private int FindPort(string name)
    {
        for (int i = 0; i < _ports.Count; i++)
        {
            if (_ports[i].Name == name)
            {
                return i;
            }
        }

        throw new InvalidDataException($"interface `{name}` of the recording is no port of the network, whose ports are {string.Join(", ", _ports.Select(p => p.Name))}");
    }

    private void Leave(Instant now, CapturePoint point, ReadOnlySpan<byte> frame, int segmentSize)
    {
        Left++;
        if (_compares && Difference is null)
        {
            _replayed.Enqueue(new ReplayedFrame(now, point.Name, frame.ToArray()) { SegmentSize = segmentSize });
            Compare();
        }
    }

    private void Compare()
    {
        while (_recorded.Count > 0 && _replayed.Count > 0)
        {
            ReplayedFrame recorded = _recorded.Peek(), replayed = _replayed.Peek();
            if (recorded.Time != replayed.Time || recorded.Port != replayed.Port || recorded.SegmentSize != replayed.SegmentSize || !recorded.Bytes.Span.SequenceEqual(replayed.Bytes.Span))
            {
                Differ(recorded, replayed);
                return;
            }

            _recorded.Dequeue();
            _replayed.Dequeue();
            Identical++;
        }
    }

    private void CompareLeftOver()
    {
        if (_recorded.Count > 0 || _replayed.Count > 0)
        {
            Differ(_recorded.Count > 0 ? _recorded.Peek() : null, _replayed.Count > 0 ? _replayed.Peek() : null);
        }
    }

    private void Differ(ReplayedFrame? recorded, ReplayedFrame? replayed)
    {
        Difference ??= new ReplayDifference(Identical + 1, recorded, replayed);
        _recorded.Clear();
        _replayed.Clear();
    }

    private sealed class Departures(BridgeReplay replay) : PacketSink
    {
        public override void OnFrame(
            Instant now, CapturePoint point, ReadOnlySpan<byte> frame, CaptureDirection direction, long frameId, string? comment) =>
            Leave(now, point, frame, direction, segmentSize: 0);

        internal override void OnPacket(Instant now, CapturePoint point, Frame frame, CaptureDirection direction, string? comment) =>
            Leave(now, point, frame.Bytes, direction, frame.SegmentSize);

        private void Leave(Instant now, CapturePoint point, ReadOnlySpan<byte> frame, CaptureDirection direction, int segmentSize)
        {
            if (direction == CaptureDirection.Outbound)
            {
                replay.Leave(now, point, frame, segmentSize);
            }
        }
    }
}

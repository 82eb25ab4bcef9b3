using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Observe;
using SimStack;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// Where a simulated network meets a real one: what a device received enters the link here, and what comes over the link leaves. What
/// passes here is all that a run depends on besides its seed; captured, it can be replayed.
/// </summary>
public sealed class BridgePort : LinkPort
{
    private readonly FramePool _pool;
    private readonly ReceiveCoalescer _coalescer;
    private LinkDirection? _incoming;

    internal BridgePort(Simulation simulation, string name)
    {
        _pool = simulation.FramePool;
        _coalescer = new ReceiveCoalescer(_pool, Pass);
        Name = name;
        Tap = new PacketTap(new CapturePoint(CapturePointKind.BridgePort, name), simulation.Observe.PacketSource);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>What comes in from outside, and what leaves.</summary>
    public PacketTap Tap { get; }

    /// <inheritdoc/>
    public override PacketTap? Observed => Tap;

    /// <summary>Takes what leaves the simulation; null: nobody does, and it is dropped. The frame belongs to who takes it.</summary>
    public Action<Instant, Frame>? Leaving { get; set; }

    /// <summary>
    /// Joins TCP segments that came in together (generic receive offload, <c>ethtool -K … gro on</c>): the host works on many at once, and
    /// acknowledges them at once. Only before a host, over a link that does nothing to packets. Off unless set.
    /// </summary>
    public bool ReceiveOffload { get; set; }

    /// <summary>
    /// Cuts a host's long TCP packets here, as late as can be (generic segmentation offload, <c>ethtool -K … gso on</c>): stack and link work on one
    /// packet instead of its segments. Only behind a host, over a link that does nothing to packets; captures at the host then show the
    /// packets, those here what is on the wire. Off unless set.
    /// </summary>
    public bool SegmentationOffload { get; set; }

    /// <summary>The device behind it takes packets of many segments.</summary>
    internal bool HasOffloadDevice { get; set; }

    /// <summary>Packets of many segments may come here.</summary>
    internal bool TakesLongPackets => SegmentationOffload || HasOffloadDevice;

    /// <summary>All of it, as a recording tells it.</summary>
    internal PortOffload Offload
    {
        get => (ReceiveOffload ? PortOffload.Receive : PortOffload.None) | (SegmentationOffload ? PortOffload.Segmentation : PortOffload.None)
            | (HasOffloadDevice ? PortOffload.Device : PortOffload.None);
        set
        {
            ReceiveOffload = (value & PortOffload.Receive) != 0;
            SegmentationOffload = (value & PortOffload.Segmentation) != 0;
            HasOffloadDevice = (value & PortOffload.Device) != 0;
        }
    }

    /// <summary>Frames that came in from outside; a packet that is cut here counts as its segments.</summary>
    public long Entered { get; private set; }

    /// <summary>Frames that left; a packet that is cut here counts as its segments.</summary>
    public long Left { get; private set; }

    /// <inheritdoc/>
    protected internal override bool ObservesSending => false;

    /// <summary>A frame comes in from outside; it belongs to the port from now on.</summary>
    /// <param name="now">The present of the simulation.</param>
    /// <param name="frame">Of the simulation's pool.</param>
    public void Enter(Instant now, Frame frame) => Enter(now, new ReadOnlySpan<Frame>(in frame));

    /// <summary>Frames come in from outside that waited there together.</summary>
    /// <param name="now">The present of the simulation.</param>
    /// <param name="frames">Of the simulation's pool; they belong to the port from now on.</param>
    public void Enter(Instant now, ReadOnlySpan<Frame> frames)
    {
        bool whole = PassesWhole;
        bool joins = ReceiveOffload && whole;
        foreach (Frame frame in frames)
        {
            if (frame.SegmentSize > 0)
            {
                EnterLong(now, frame, whole);
                continue;
            }

            Entered++;
            Observe(now, frame, CaptureDirection.Inbound);
            if (joins)
            {
                _coalescer.Add(now, frame);
            }
            else
            {
                Pass(now, frame);
            }
        }

        if (joins)
        {
            _coalescer.Flush(now);
        }
    }

    /// <inheritdoc/>
    protected internal override void Arrive(Instant now, Frame frame)
    {
        if (frame.SegmentSize > 0 && !HasOffloadDevice)
        {
            SegmentCutter cutter = new(_pool, frame);
            while (cutter.TryCut(out Frame segment))
            {
                Leave(now, segment);
            }

            _pool.Return(frame);
            return;
        }

        // What a link did to one segment of a packet must be seen on the wire: the device is not to join them again.
        frame.GroupFollows &= (_incoming ??= Link!.AToB.To == this ? Link.AToB : Link.BToA).IsClear;
        Leave(now, frame);
    }

    private void Leave(Instant now, Frame frame)
    {
        Left++;
        Observe(now, frame, CaptureDirection.Outbound);
        if (Leaving is { } taker)
        {
            taker(now, frame);
        }
        else
        {
            _pool.Return(frame);
        }
    }

    /// <summary>What is behind the link takes packets of many segments, and the link does nothing to them.</summary>
    private bool PassesWhole => Outgoing is { IsClear: true, To: HostInterface { TakesJoinedSegments: true } };

    private void EnterLong(Instant now, Frame frame, bool whole)
    {
        if (whole)
        {
            if (IsLookedAt && TcpFrameLayout.TryParse(frame.Bytes, out TcpFrameLayout layout))
            {
                layout.WriteChecksum(frame.Bytes); // The system leaves it to its network card.
            }

            Entered++;
            Observe(now, frame, CaptureDirection.Inbound);
            Pass(now, frame);
            return;
        }

        SegmentCutter cutter = new(_pool, frame);
        while (cutter.TryCut(out Frame segment))
        {
            Entered++;
            Observe(now, segment, CaptureDirection.Inbound);
            Pass(now, segment);
        }

        _pool.Return(frame);
    }

    private bool IsLookedAt => Tap.IsObserved || Outgoing is { } line && (line.Tap.IsObserved || line.To.Observed is { IsObserved: true });

    private void Pass(Instant now, Frame frame)
    {
        if (Outgoing is { } link)
        {
            link.Send(now, frame);
        }
        else
        {
            _pool.Return(frame);
        }
    }

    private void Observe(Instant now, Frame frame, CaptureDirection direction)
    {
        if (Tap.IsObserved)
        {
            LinkVerdict verdict = new() { Effects = (LinkEffects)frame.Note };
            Tap.Publish(now, frame, direction, direction == CaptureDirection.Inbound ? PacketFate.Delivered : PacketFate.Sent, in verdict);
        }
    }
}

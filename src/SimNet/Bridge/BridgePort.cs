using SimNet.Capture;
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

    internal BridgePort(Simulation simulation, string name)
    {
        _pool = simulation.FramePool;
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

    /// <summary>Frames that came in from outside.</summary>
    public long Entered { get; private set; }

    /// <summary>Frames that left.</summary>
    public long Left { get; private set; }

    /// <inheritdoc/>
    protected internal override bool ObservesSending => false;

    /// <summary>A frame comes in from outside; it belongs to the port from now on.</summary>
    /// <param name="now">The present of the simulation.</param>
    /// <param name="frame">Of the simulation's pool.</param>
    public void Enter(Instant now, Frame frame)
    {
        Entered++;
        Observe(now, frame, CaptureDirection.Inbound);
        if (Outgoing is { } link)
        {
            link.Send(now, frame);
        }
        else
        {
            _pool.Return(frame);
        }
    }

    /// <inheritdoc/>
    protected internal override void Arrive(Instant now, Frame frame)
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

    private void Observe(Instant now, Frame frame, CaptureDirection direction)
    {
        if (Tap.IsObserved)
        {
            LinkVerdict verdict = new() { Effects = (LinkEffects)frame.Note };
            Tap.Publish(now, frame, direction, direction == CaptureDirection.Inbound ? PacketFate.Delivered : PacketFate.Sent, in verdict);
        }
    }
}

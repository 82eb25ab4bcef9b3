using SimNet.Capture;
using SimNet.Links;
using SimNet.Observe;
using SimStack;
using SimStack.Wire;

namespace SimNet.Devices;

/// <summary>A port of a switch: a place for a link, and one to capture at.</summary>
public sealed class SwitchPort : LinkPort
{
    internal SwitchPort(Switch device, int index, ObservableSource<PacketEvent> everywhere)
    {
        Switch = device;
        Index = index;
        ShortName = FormattableString.Invariant($"port{index + 1}");
        Name = $"{device.Name}.{ShortName}";
        Tap = new PacketTap(new CapturePoint(CapturePointKind.SwitchPort, Name), everywhere);
    }

    /// <summary>Whose it is.</summary>
    public Switch Switch { get; }

    /// <summary>With the switch's: <c>sw1.port1</c>.</summary>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string ShortName { get; }

    /// <summary>False: what arrives is dropped, and nothing leaves. See <see cref="SetUp"/>.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>What arrives at it and what leaves through it.</summary>
    public PacketTap Tap { get; }

    /// <inheritdoc/>
    public override PacketTap? Observed => Tap;

    /// <summary>What arrives at it and what leaves through it.</summary>
    public IObservable<PacketEvent> Packets => Tap.Packets;

    /// <summary>Its place among the switch's ports, from 0.</summary>
    internal int Index { get; }

    /// <summary>True when frames can leave through it.</summary>
    internal bool Forwards => IsUp && Outgoing is not null;

    /// <inheritdoc/>
    protected internal override bool ObservesSending => Tap.IsObserved;

    /// <summary>Takes the port up or down; either way the switch forgets who is behind it.</summary>
    public void SetUp(bool up)
    {
        IsUp = up;
        Switch.Flush(this);
    }

    /// <inheritdoc/>
    protected internal override void OnCarrier(Instant now, bool up) => SetUp(up);

    /// <inheritdoc/>
    protected internal override void OnSent(Instant now, Frame frame, in LinkVerdict verdict) => Tap.Publish(
        now,
        frame,
        CaptureDirection.Outbound,
        verdict.Reason == DropReason.None ? PacketFate.Sent : PacketFate.Dropped,
        in verdict);

    /// <inheritdoc/>
    protected internal override void Arrive(Instant now, Frame frame) => Switch.Receive(now, this, frame);
}

using SimNet.Capture;
using SimStack;
using SimStack.Wire;

namespace SimNet.Observe;

/// <summary>Sees packets without a copy; what capture writers are fed by.</summary>
public abstract class PacketSink
{
    /// <summary>Called for each packet in the order of time. Must not call into hosts or links.</summary>
    /// <param name="now">When.</param>
    /// <param name="point">Where.</param>
    /// <param name="frame">The bytes, Ethernet header first; valid during the call.</param>
    /// <param name="direction">Which way it goes; see <see cref="PacketEvent.Direction"/>.</param>
    /// <param name="frameId">See <see cref="PacketEvent.FrameId"/>.</param>
    /// <param name="comment">What the link does to it, when that is known here; else null.</param>
    public abstract void OnFrame(
        Instant now, CapturePoint point, ReadOnlySpan<byte> frame, CaptureDirection direction, long frameId, string? comment);

    /// <summary>The same for who needs to know more of a frame than its bytes; <see cref="OnFrame"/> unless overridden.</summary>
    internal virtual void OnPacket(Instant now, CapturePoint point, Frame frame, CaptureDirection direction, string? comment) =>
        OnFrame(now, point, frame.Bytes, direction, frame.Id, comment);
}

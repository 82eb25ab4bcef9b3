using SimNet.Capture;
using SimStack;
using SimStack.Wire;

namespace SimNet.Observe;

/// <summary>The observation of one point: its sinks, its subscribers, and those of the whole simulation.</summary>
public sealed class PacketTap
{
    private readonly ObservableSource<PacketEvent> _packets = new();
    private readonly ObservableSource<PacketEvent>? _everywhere;
    private PacketSink[] _sinks = [];

    /// <summary>A tap that nobody listens at.</summary>
    /// <param name="point">Where it is.</param>
    /// <param name="everywhere">The stream of all packets of the simulation, or null.</param>
    public PacketTap(CapturePoint point, ObservableSource<PacketEvent>? everywhere = null)
    {
        Point = point;
        _everywhere = everywhere;
    }

    /// <summary>Where it is.</summary>
    public CapturePoint Point { get; }

    /// <summary>Every packet at this point, with its fate.</summary>
    public IObservable<PacketEvent> Packets => _packets;

    /// <summary>True when raising events makes sense.</summary>
    internal bool IsObserved => _sinks.Length > 0 || _packets.HasObservers || _everywhere is { HasObservers: true };

    /// <summary>Feeds the sink with what passes here, until the result is disposed.</summary>
    public IDisposable Attach(PacketSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        _sinks = [.. _sinks, sink];
        return new Attachment(this, sink);
    }

    internal void Publish(Instant now, Frame frame, CaptureDirection direction, PacketFate fate, in LinkVerdict verdict)
    {
        foreach (PacketSink sink in _sinks)
        {
            sink.OnPacket(now, Point, frame, direction, verdict.Comment);
        }

        bool everywhere = _everywhere is { HasObservers: true };
        if (everywhere || _packets.HasObservers)
        {
            Instant due = fate is PacketFate.Sent or PacketFate.Queued ? verdict.Due : Instant.Never;
            PacketEvent packet = new(
                now, Point, direction, fate, verdict.Reason, verdict.Effects, due, frame.Id, frame.Bytes.ToArray());
            _packets.Publish(in packet);
            if (everywhere)
            {
                _everywhere!.Publish(in packet);
            }
        }
    }

    internal void Complete() => _packets.Complete();

    private sealed class Attachment(PacketTap tap, PacketSink sink) : IDisposable
    {
        public void Dispose() => tap._sinks = [.. tap._sinks.Where(attached => attached != sink)];
    }
}

using SimNet.Capture;
using SimNet.Links;
using SimNet.Observe;

namespace Scenarios.Fidelity;

/// <summary>Which frames of a direction were lost, by their numbers; those that its queue refused are not numbered, since no chance was drawn for them.</summary>
internal sealed class LossRecord
{
    private readonly List<int> _lost = [];

    /// <summary>Watches a direction from now on.</summary>
    public LossRecord(LinkDirection direction) => direction.Packets.Subscribe(packet =>
    {
        if (packet.Direction != CaptureDirection.Inbound)
        {
            return;
        }

        if (packet.Reason == DropReason.QueueFull)
        {
            Refused++;
            return;
        }

        Frames++;
        if (packet.Reason == DropReason.RandomLoss)
        {
            _lost.Add(Frames);
        }
    });

    /// <summary>Frames that chance was asked about.</summary>
    public int Frames { get; private set; }

    /// <summary>Frames that the queue had no room for.</summary>
    public int Refused { get; private set; }

    /// <summary>The numbers of those that were lost, from 1 on.</summary>
    public IReadOnlyList<int> Lost => _lost;

    /// <summary>Chance struck the same numbers, as far as both go.</summary>
    public bool AgreesWith(LossRecord other)
    {
        int common = Math.Min(Frames, other.Frames);
        return _lost.TakeWhile(n => n <= common).SequenceEqual(other._lost.TakeWhile(n => n <= common));
    }
}

using SimStack.Sockets;
using SimStack.Tcp.Congestion;

namespace SimStack.Tcp;

/// <summary>The delivery rate: what segments remember of their sending, and the sample that each ACK makes of it (Linux: tcp_rate.c).</summary>
internal sealed partial class TcpConnection
{
    private static long Microseconds(Instant when) => when.Nanoseconds / 1000;

    /// <summary>The sampler with the connection's counts of now.</summary>
    private ref DeliveryRate Rate
    {
        get
        {
            Recovery.LossRecovery recovery = Recovery;
            recovery.Rate.Delivered = _counts.Delivered;
            recovery.Rate.DeliveredCe = _counts.DeliveredCe;
            recovery.Rate.Lost = recovery.Lost;
            return ref recovery.Rate;
        }
    }

    /// <summary>A segment leaves, for the first time or again; it is in the ring already.</summary>
    private void NoteDeparture(ref SentSegment segment, bool again)
    {
        int before = SegmentsOut - (again ? 0 : 1);
        segment.Stamp = Rate.Sent(Microseconds(segment.SentAt), before, SegmentsInFlight);
    }

    /// <summary>A segment is acknowledged, or SACKed and stays.</summary>
    private void NoteDelivery(ref SentSegment segment, ref AckRound round)
    {
        Rate.Deliver(
            ref segment.Stamp, Microseconds(segment.SentAt), segment.End, segment.Has(SentFlags.Retransmitted), segment.Has(SentFlags.Sacked),
            ref round.Rate);
    }

    private void CompleteRateSample(Instant now, int delivered, int lost, ref AckRound round)
    {
        round.Rate.AckDelayed = round.Has(AckFlags.MaybeDelayed);
        Rate.Complete(Microseconds(now), delivered, lost, Recovery.Reneged, _rtt.LeastMicroseconds, ref round.Rate);
    }

    /// <summary>A send call begins: if less than a segment waits, the application was too slow for the network (tcp_rate_check_app_limited).</summary>
    private void CheckApplicationLimited(SendProgress? call)
    {
        if (_recovery is { } recovery && (call?.Taken ?? 0) == 0 && NotSent < BoundedMss && SegmentsInFlight < _congestion.Window
            && recovery.LostOut <= recovery.RetransmittedOut)
        {
            Rate.NoteApplicationLimited(SegmentsInFlight);
        }
    }
}

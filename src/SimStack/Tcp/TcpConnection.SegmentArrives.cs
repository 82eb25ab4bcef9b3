using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.7, SEGMENT ARRIVES: by state.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>What a check of §3.10.7.4 decides.</summary>
    private enum Check
    {
        Continue,
        Drop,
    }

    public void SegmentArrives(Instant now, ref TcpSegment segment)
    {
        _counts.SegmentsIn += (uint)segment.Parts;
        if (segment.Data.Length > 0)
        {
            _counts.DataSegmentsIn += (uint)segment.Parts;
        }

        switch (_state)
        {
            case TcpState.Closed:
                _tcp.ResetUnknown(now, segment, flow: this);
                return;
            case TcpState.SynSent when IsDeferred:
                SegmentArrivesWhileDeferred(now, segment);
                break;
            case TcpState.SynSent:
                SegmentArrivesInSynSent(now, ref segment);
                break;
            default:
                SegmentArrivesSynchronized(now, ref segment);
                break;
        }

        _tcp.Timers.Update(this);
    }

    /// <summary>
    /// A RST that answers an unacceptable acknowledgement: its sequence number is what the peer acknowledged (§3.10.7).
    /// </summary>
    private void SendResetFor(Instant now, scoped in TcpSegment segment)
    {
        if (!segment.Has(TcpFlags.Rst))
        {
            _tcp.ResetUnknown(now, segment, flow: this);
        }
    }

    /// <summary>The window that the segment offers; that of a SYN is not scaled (RFC 7323 §2.2).</summary>
    private int OfferedWindow(scoped in TcpSegment segment) =>
        segment.Has(TcpFlags.Syn) ? segment.Window : segment.Window << _sendScale;

    private int InBytes(int segments) => (int)Math.Min((long)segments * _maximumSegment, int.MaxValue);

    private void SampleWindows(Instant now)
    {
        HostObserver? observer = _tcp.Host.Observer;
        observer?.WindowSampled(new TcpWindowSample(
            now,
            Id,
            Local,
            Remote,
            InBytes(_congestion.Window),
            InBytes(_congestion.Threshold),
            _snd.InFlight,
            _snd.Wnd,
            _rcv.Remaining,
            Duration.FromMicroseconds(_rtt.SmoothedMicroseconds),
            CurrentRto));
    }
}

using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>What happened to a connection that its congestion control may want to know (Linux: enum tcp_ca_event).</summary>
internal enum CongestionEvent : byte
{
    /// <summary>First transmission with nothing in flight.</summary>
    TransmissionStart,

    /// <summary>The window was restarted after an idle time.</summary>
    WindowRestart,

    /// <summary>A congestion window reduction is complete.</summary>
    ReductionComplete,

    /// <summary>A retransmission timeout.</summary>
    Loss,

    /// <summary>Data without a CE mark arrived; with one.</summary>
    EcnNoCe,
    EcnIsCe,
}

/// <summary>What an ACK was, for <see cref="CongestionControl.AckArrived"/> (Linux: CA_ACK_*).</summary>
[Flags]
internal enum AckKind : byte
{
    None = 0,
    SlowPath = 1,
    WindowUpdate = 2,
    EcnEcho = 4,
}

/// <summary>
/// An algorithm, with what it remembers of one connection (Linux: struct tcp_congestion_ops). Made when the connection first sends data. It
/// says how far to reduce and how to grow; when to reduce is loss recovery's matter.
/// </summary>
internal abstract class CongestionControl
{
    /// <summary>Linux's name of it.</summary>
    public abstract string Name { get; }

    /// <summary>Data is sent as ECN-capable, and CE marks are reported one by one (TCP_CONG_NEEDS_ECN).</summary>
    public virtual bool NeedsEcn => false;

    /// <summary>It sets window and pacing rate itself at every ACK, by <see cref="Control"/>; PRR and slow start stay away (cong_control).</summary>
    public bool ControlsWindow { get; protected init; }

    /// <summary>It wants to be told of every ACK before that is processed: <see cref="AckArrived"/>.</summary>
    public bool SeesArrivals { get; protected init; }

    /// <summary><see cref="SegmentLost"/> is to be called.</summary>
    public virtual bool WantsLosses => false;

    /// <summary>The send buffer holds that many windows (sndbuf_expand).</summary>
    public virtual int SendBufferWindows => 2;

    public virtual void Initialize(ref CongestionState state, CongestionContext context)
    {
    }

    /// <summary>The threshold after a loss or mark, in segments (ssthresh).</summary>
    public abstract int ThresholdAfterLoss(ref CongestionState state, CongestionContext context);

    /// <summary>Grows the window for segments acknowledged (cong_avoid).</summary>
    public abstract void Avoid(ref CongestionState state, CongestionContext context, SequenceNumber ack, int acknowledged);

    /// <summary>After every ACK, in the place of all else (cong_control).</summary>
    public virtual void Control(ref CongestionState state, CongestionContext context, in RateSample sample)
    {
    }

    /// <summary>Before the phase changes (set_state).</summary>
    public virtual void PhaseChanges(ref CongestionState state, CongestionContext context, CongestionPhase next)
    {
    }

    /// <summary>cwnd_event.</summary>
    public virtual void Happened(ref CongestionState state, CongestionContext context, CongestionEvent happened)
    {
    }

    /// <summary>Before an ACK is processed further (in_ack_event); for whoever <see cref="SeesArrivals"/>.</summary>
    public virtual void AckArrived(ref CongestionState state, CongestionContext context, AckKind kind)
    {
    }

    /// <summary>Segments were taken off the queue (pkts_acked).</summary>
    public virtual void Acknowledged(ref CongestionState state, CongestionContext context, in AckSample sample)
    {
    }

    /// <summary>A segment is taken for lost, the first time or again; counted in <see cref="CongestionContext.Lost"/> already.</summary>
    public virtual void SegmentLost(ref CongestionState state, CongestionContext context, in LostSegment lost)
    {
    }

    /// <summary>The window after a reduction turned out to be a mistake (undo_cwnd).</summary>
    public virtual int WindowAfterUndo(ref CongestionState state, CongestionContext context) => Math.Max(state.Window, state.PriorWindow);

    /// <summary>TCP_CC_INFO: writes the algorithm's part of union tcp_cc_info, 20 bytes at most, and tells how many (get_info).</summary>
    public virtual int WriteInfo(Span<byte> to, CongestionContext context) => 0;

    /// <summary>Segments that an offload packet has at least (min_tso_segs).</summary>
    public virtual int LeastOffloadSegments(in CongestionState state, CongestionContext context, int setting) => setting;
}

using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// DCTCP (RFC 8257; Linux: tcp_dctcp.c): the window shrinks by half of the fraction of segments that were marked, which alpha is the moving
/// average of, in 1/1024. Marks are counted in segments, where the RFC counts bytes. Without ECN it is Reno.
/// </summary>
internal sealed class Dctcp : Reno
{
    private const uint FullAlpha = 1024;

    private uint _alpha;
    private uint _deliveredBefore, _deliveredCeBefore;
    private SequenceNumber _roundEnd;
    private SequenceNumber _receivedBefore;
    private int _windowAtLoss;
    private bool _lastMarked;
    private bool _withoutEcn;

    public Dctcp() => SeesArrivals = true;

    public override string Name => _withoutEcn ? "dctcp-reno" : "dctcp";

    public override bool NeedsEcn => !_withoutEcn;

    public override void Initialize(ref CongestionState state, CongestionContext context)
    {
        _withoutEcn = !context.EcnAgreed;
        if (_withoutEcn)
        {
            return;
        }

        _receivedBefore = context.ReceiveNext;
        _alpha = Math.Min((uint)context.Sysctls.DctcpAlphaOnInit, FullAlpha);
        _windowAtLoss = 0;
        _lastMarked = false;
        BeginRound(context);
    }

    /// <summary>RFC 8257 §3.3, step 9: (1 - alpha / 2) of the window.</summary>
    public override int ThresholdAfterLoss(ref CongestionState state, CongestionContext context)
    {
        if (_withoutEcn)
        {
            return Half(state.Window);
        }

        _windowAtLoss = state.Window;
        return (int)Math.Max((uint)state.Window - ((uint)state.Window * _alpha >> 11), 2);
    }

    /// <summary>Once a round trip: alpha follows the fraction that was marked (§3.3, steps 3 to 7).</summary>
    public override void AckArrived(ref CongestionState state, CongestionContext context, AckKind kind)
    {
        if (_withoutEcn || context.Una < _roundEnd)
        {
            return;
        }

        int gain = context.Sysctls.DctcpShiftG;
        uint marked = context.DeliveredCe - _deliveredCeBefore;
        uint step = _alpha >> gain;
        // What is too small for the shift goes at once, or alpha would never be 0.
        _alpha -= step == 0 ? _alpha : step;
        if (marked > 0)
        {
            uint share = unchecked(marked << (10 - gain)) / Math.Max(1, context.Delivered - _deliveredBefore);
            _alpha = Math.Min(_alpha + share, FullAlpha);
        }

        BeginRound(context);
    }

    /// <summary>A loss is none of alpha's business: half the window (§3.5).</summary>
    public override void PhaseChanges(ref CongestionState state, CongestionContext context, CongestionPhase next)
    {
        if (next is CongestionPhase.Recovery && state.Phase is not CongestionPhase.Recovery)
        {
            ReactToLoss(ref state);
        }
    }

    public override void Happened(ref CongestionState state, CongestionContext context, CongestionEvent happened)
    {
        switch (happened)
        {
            case CongestionEvent.EcnIsCe or CongestionEvent.EcnNoCe when !_withoutEcn:
                Echo(context, happened is CongestionEvent.EcnIsCe);
                break;
            case CongestionEvent.Loss:
                // At the timeout itself rather than at the change of phase, for one reduction in a round trip.
                ReactToLoss(ref state);
                break;
        }
    }

    public override int WindowAfterUndo(ref CongestionState state, CongestionContext context) =>
        _withoutEcn ? base.WindowAfterUndo(ref state, context) : Math.Max(state.Window, _windowAtLoss);

    public override int WriteInfo(Span<byte> to, CongestionContext context)
    {
        to[..16].Clear();
        if (!_withoutEcn)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(to[2..], (ushort)(_lastMarked ? 1 : 0));
            BinaryPrimitives.WriteUInt32LittleEndian(to[4..], _alpha);
            BinaryPrimitives.WriteUInt32LittleEndian(to[8..], unchecked((uint)context.Mss * (context.DeliveredCe - _deliveredCeBefore)));
            BinaryPrimitives.WriteUInt32LittleEndian(to[12..], unchecked((uint)context.Mss * (context.Delivered - _deliveredBefore)));
        }

        return 16;
    }

    /// <summary>RFC 8257 §3.2: an ACK tells of segments with one mark only; where the mark changes, two ACKs tell of the two sides.</summary>
    private void Echo(CongestionContext context, bool marked)
    {
        context.EchoOrder = new EcnEchoOrder { Echo = marked };
        if (marked != _lastMarked)
        {
            context.EchoOrder.AckFirst = context.AckDelayed;
            context.EchoOrder.FirstAck = _receivedBefore;
            context.EchoOrder.FirstEcho = _lastMarked;
            context.EchoOrder.AckNow = true;
        }

        _receivedBefore = context.ReceiveNext;
        _lastMarked = marked;
    }

    private void ReactToLoss(ref CongestionState state)
    {
        if (!_withoutEcn)
        {
            _windowAtLoss = state.Window;
            state.Threshold = Half(state.Window);
        }
    }

    private void BeginRound(CongestionContext context)
    {
        _roundEnd = context.Nxt;
        _deliveredBefore = context.Delivered;
        _deliveredCeBefore = context.DeliveredCe;
    }
}

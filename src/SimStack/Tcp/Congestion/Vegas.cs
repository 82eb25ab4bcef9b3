using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// Vegas (Brakmo and Peterson, 1995; Linux: tcp_vegas.c): once a round trip the window goes up or down by one so that between alpha and beta
/// segments wait in queues, told by how far the RTT lies above the least one.
/// </summary>
internal sealed class Vegas : Reno
{
    private const int NoRtt = int.MaxValue;
    private const int LeastSamples = 3;

    private SequenceNumber _roundEnd;
    private int _leastOfRound = NoRtt;
    private int _leastOfAll = NoRtt;
    private ushort _samples;
    private bool _active;

    public override string Name => "vegas";

    public override void Initialize(ref CongestionState state, CongestionContext context)
    {
        _leastOfAll = NoRtt;
        Begin(context);
    }

    public override void Acknowledged(ref CongestionState state, CongestionContext context, in AckSample sample)
    {
        if (sample.RttMicroseconds < 0)
        {
            return;
        }

        int rtt = (int)Math.Min(sample.RttMicroseconds + 1, NoRtt - 1);
        _leastOfAll = Math.Min(_leastOfAll, rtt);
        _leastOfRound = Math.Min(_leastOfRound, rtt);
        _samples++;
    }

    public override void PhaseChanges(ref CongestionState state, CongestionContext context, CongestionPhase next)
    {
        if (next is CongestionPhase.Open)
        {
            Begin(context);
        }
        else
        {
            _active = false;
        }
    }

    public override void Happened(ref CongestionState state, CongestionContext context, CongestionEvent happened)
    {
        // What was measured before a pause tells nothing.
        if (happened is CongestionEvent.WindowRestart or CongestionEvent.TransmissionStart)
        {
            Initialize(ref state, context);
        }
    }

    public override void Avoid(ref CongestionState state, CongestionContext context, SequenceNumber ack, int acknowledged)
    {
        if (!_active)
        {
            base.Avoid(ref state, context, ack, acknowledged);
            return;
        }

        if (ack <= _roundEnd)
        {
            if (state.InSlowStart)
            {
                state.SlowStart(acknowledged);
            }

            return;
        }

        _roundEnd = context.Nxt;
        if (_samples < LeastSamples)
        {
            // They may all be of delayed ACKs.
            base.Avoid(ref state, context, ack, acknowledged);
        }
        else
        {
            Adjust(ref state, context, acknowledged);
        }

        _samples = 0;
        _leastOfRound = NoRtt;
    }

    public override int WriteInfo(Span<byte> to, CongestionContext context)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, _active ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], _samples);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], _leastOfAll);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], _leastOfRound);
        return 16;
    }

    private void Adjust(ref CongestionState state, CongestionContext context, int acknowledged)
    {
        long target = (long)state.Window * _leastOfAll / _leastOfRound;
        uint waiting = unchecked((uint)state.Window * (uint)(_leastOfRound - _leastOfAll)) / (uint)_leastOfAll;
        if (state.InSlowStart)
        {
            if (waiting > context.Sysctls.VegasGamma)
            {
                // Out of slow start with the window that the measured rate needs, rounded up.
                state.Window = (int)Math.Min(state.Window, target + 1);
                state.Threshold = Math.Min(state.Threshold, state.Window);
            }
            else
            {
                state.SlowStart(acknowledged);
            }
        }
        else if (waiting > context.Sysctls.VegasBeta)
        {
            state.Window--;
            state.Threshold = Math.Min(state.Threshold, state.Window);
        }
        else if (waiting < context.Sysctls.VegasAlpha)
        {
            state.Window++;
        }

        state.Window = state.Window < 2 ? 2 : Math.Min(state.Window, state.Clamp);
        state.Threshold = state.ThresholdToKeep;
    }

    private void Begin(CongestionContext context)
    {
        _active = true;
        _roundEnd = context.Nxt;
        _samples = 0;
        _leastOfRound = NoRtt;
    }
}

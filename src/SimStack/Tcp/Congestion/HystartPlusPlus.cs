using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// HyStart++ (RFC 9406): when the RTT rises in slow start, the window grows at a quarter of the pace for five rounds, and back at full pace if it
/// was a mistake. By <c>sim.tcp_hystart_plusplus</c>; Linux does not have it.
/// </summary>
internal struct HystartPlusPlus
{
    // RFC 9406 §4.3, in microseconds.
    private const uint LeastRise = 4_000, MostRise = 16_000;
    private const int RiseDivisor = 8, SamplesOfRound = 8, GrowthDivisor = 4, ConservativeRounds = 5, MostUnpacedGrowth = 8;

    private SequenceNumber _roundEnd;
    private uint _leastOfRound;
    private uint _leastOfLastRound;
    private uint _baseline;
    private int _samples;
    private int _credit;
    private byte _conservativeRounds;
    private bool _inRound;
    private bool _conservative;

    /// <summary>The RTT of an ACK in slow start, in microseconds (§4.2).</summary>
    public void Measure(ref CongestionState state, CongestionContext context, long rtt)
    {
        if (!Applies(state))
        {
            return;
        }

        if (!_inRound || context.Una > _roundEnd)
        {
            BeginRound(ref state, context);
        }

        _leastOfRound = Math.Min(_leastOfRound, (uint)Math.Min(rtt, uint.MaxValue));
        _samples++;
        if (_samples < SamplesOfRound || _leastOfLastRound == uint.MaxValue)
        {
            return;
        }

        if (_conservative)
        {
            if (_leastOfRound < _baseline)
            {
                _conservative = false;
                _baseline = uint.MaxValue;
            }
        }
        else if (_leastOfRound >= _leastOfLastRound + Math.Clamp(_leastOfLastRound / RiseDivisor, LeastRise, MostRise))
        {
            _conservative = true;
            _conservativeRounds = 0;
            _baseline = _leastOfRound;
        }
    }

    /// <summary>Grows the window for segments acknowledged; in place of slow start.</summary>
    /// <returns>How many are left for congestion avoidance.</returns>
    public int Grow(ref CongestionState state, CongestionContext context, int acknowledged)
    {
        // Without pacing L is 8: what one ACK lets go at most.
        int counted = context.Paced ? acknowledged : Math.Min(acknowledged, MostUnpacedGrowth);
        if (!Applies(state))
        {
            return state.SlowStart(acknowledged);
        }

        if (!_conservative)
        {
            return state.SlowStart(counted);
        }

        _credit += counted;
        int step = _credit / GrowthDivisor;
        _credit -= step * GrowthDivisor;
        return state.SlowStart(step);
    }

    /// <summary>The first slow start only: a threshold that was set by a loss is trusted (§4.3).</summary>
    private static bool Applies(in CongestionState state) => state.Threshold == int.MaxValue;

    private void BeginRound(ref CongestionState state, CongestionContext context)
    {
        bool first = !_inRound;
        _inRound = true;
        _roundEnd = context.Nxt;
        _leastOfLastRound = first ? uint.MaxValue : _leastOfRound;
        _leastOfRound = uint.MaxValue;
        _samples = 0;
        if (!first && _conservative && ++_conservativeRounds >= ConservativeRounds)
        {
            state.Threshold = state.Window;
        }
    }
}

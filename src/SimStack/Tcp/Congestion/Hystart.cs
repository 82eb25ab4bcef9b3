using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// Linux's HyStart: leaves slow start when the ACKs of a round come as one train half a round trip long, or when the least RTT of a round
/// lies an eighth above the path's (Ha and Rhee, "Taming the Elephants: New TCP Slow Start"; hystart_update).
/// </summary>
internal struct Hystart
{
    private const int SamplesOfRound = 8;
    private const uint LeastRise = 4_000, MostRise = 16_000;
    private const int ByTrain = 1, ByDelay = 2;

    private SequenceNumber _roundEnd;
    private long _roundBegan;
    private long _trainUntil;
    private uint _leastOfRound;
    private byte _samples;

    /// <summary>The end of slow start was found; until the next loss of all nothing more is looked for.</summary>
    public bool Found;

    public void BeginRound(CongestionContext context)
    {
        _roundBegan = _trainUntil = context.Microseconds;
        _roundEnd = context.Nxt;
        _leastOfRound = uint.MaxValue;
        _samples = 0;
    }

    /// <summary>An ACK with an RTT came in slow start.</summary>
    /// <param name="state">The connection's.</param>
    /// <param name="context">The connection's.</param>
    /// <param name="delay">Its RTT in microseconds.</param>
    /// <param name="leastDelay">The least that was ever seen.</param>
    public void Look(ref CongestionState state, CongestionContext context, uint delay, uint leastDelay)
    {
        if (context.Una > _roundEnd)
        {
            BeginRound(context);
        }

        // In a small window a round ends by chance; rounds are counted there all the same (Linux since 6.14).
        if (state.Window < context.Sysctls.CubicHystartLowWindow)
        {
            return;
        }

        if ((context.Sysctls.CubicHystartDetect & ByTrain) != 0 && IsLongTrain(state, context, leastDelay))
        {
            Leave(ref state, context, SnmpCounter.TcpExtTCPHystartTrainDetect, SnmpCounter.TcpExtTCPHystartTrainCwnd);
        }

        if ((context.Sysctls.CubicHystartDetect & ByDelay) != 0 && IsDelayed(delay, leastDelay))
        {
            Leave(ref state, context, SnmpCounter.TcpExtTCPHystartDelayDetect, SnmpCounter.TcpExtTCPHystartDelayCwnd);
        }
    }

    private bool IsLongTrain(in CongestionState state, CongestionContext context, uint leastDelay)
    {
        long now = context.Microseconds;
        if (now - _trainUntil > context.Sysctls.CubicHystartAckDelta)
        {
            return false;
        }

        _trainUntil = now;
        long length = leastDelay + OffloadDelay(state, context);
        if (!context.Paced)
        {
            // Pacing may spread a round over half a round trip by itself; without it half of one tells enough.
            length >>= 1;
        }

        return now - _roundBegan > length;
    }

    private bool IsDelayed(uint delay, uint leastDelay)
    {
        _leastOfRound = Math.Min(_leastOfRound, delay);
        if (_samples < SamplesOfRound)
        {
            _samples++;
            return false;
        }

        return _leastOfRound > leastDelay + Math.Clamp(leastDelay >> 3, LeastRise, MostRise);
    }

    /// <summary>What large offload packets add on the shortest paths, 1 ms at most, in microseconds (hystart_ack_delay).</summary>
    private static long OffloadDelay(in CongestionState state, CongestionContext context) =>
        state.PacingRate <= 0 ? 0 : Math.Min(1000, context.MostOffloadBytes * 4_000_000L / state.PacingRate);

    private void Leave(ref CongestionState state, CongestionContext context, SnmpCounter found, SnmpCounter window)
    {
        Found = true;
        context.Count(found);
        context.Count(window, state.Window);
        state.Threshold = state.Window;
    }
}

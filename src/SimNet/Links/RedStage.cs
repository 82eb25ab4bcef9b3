using SimNet.Random;
using SimStack;

namespace SimNet.Links;

/// <summary>RED's average of a queue, and what it means for a packet that arrives.</summary>
internal sealed class RedStage(RandomEarlyDetection parameters, SimRandom random)
{
    private const int Fraction = 20;
    private const int TypicalBytes = 1000;

    private long _average;
    private long _since = -1;
    private long _emptyAt = -1;

    public bool MarksEcn => parameters.MarksEcn;

    /// <summary>True when the packet is to be marked or dropped.</summary>
    /// <param name="now">When it arrives.</param>
    /// <param name="packets">Packets before it.</param>
    /// <param name="busyUntil">When the line was or will be free of them.</param>
    /// <param name="rate">The line's rate.</param>
    public bool Signals(Instant now, int packets, Instant busyUntil, DataRate rate)
    {
        Average(now, packets, busyUntil, rate);
        long min = (long)parameters.MinPackets << Fraction, max = (long)parameters.MaxPackets << Fraction;
        if (_average < min)
        {
            _since = -1;
            return false;
        }

        if (_average >= max)
        {
            _since = 0;
            return true;
        }

        _since++;
        Int128 chance = (Int128)parameters.MaxProbability.Parts * (_average - min) / (max - min);
        // Evenly spread: the longer nothing happened, the likelier it is.
        Int128 rest = Probability.One - (_since * chance);
        bool strikes = rest <= 0 || random.Chance(Probability.FromParts((long)Int128.Min(chance * Probability.One / rest, Probability.One)));
        _since = strikes ? 0 : _since;
        return strikes;
    }

    private void Average(Instant now, int packets, Instant busyUntil, DataRate rate)
    {
        if (packets == 0)
        {
            long idle = now.Nanoseconds - Math.Max(busyUntil.Nanoseconds, _emptyAt);
            Decay(Math.Max(0, idle) / Math.Max(1, rate.TimeFor(TypicalBytes).Nanoseconds));
            _emptyAt = now.Nanoseconds;
        }

        _average += (((long)packets << Fraction) - _average) >> parameters.WeightShift;
    }

    /// <summary>While the line was idle so many small packets could have gone: the average falls as if it had seen them.</summary>
    private void Decay(long packets)
    {
        // (1 - weight) to the power of the packets, in 32 bits behind the point.
        ulong factor = (1UL << 32) - (1UL << (32 - parameters.WeightShift)), power = 1UL << 32;
        for (; packets > 0 && power > 0; packets >>= 1)
        {
            power = (packets & 1) != 0 ? (ulong)((UInt128)power * factor >> 32) : power;
            factor = factor * factor >> 32;
        }

        _average = (long)((Int128)_average * power >> 32);
    }
}

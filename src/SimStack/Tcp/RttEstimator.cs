using SimStack.Profiles;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// SRTT, RTTVAR and RTO (RFC 6298 §2), in microseconds. Two ways, by profile: the RFC's own formula with its 1 s minimum; and
/// Linux's, where the variance is the largest deviation within a round trip, never taken below the minimum RTO, and decays once a
/// round trip.
/// </summary>
internal struct RttEstimator
{
    private int _srtt8;
    private int _deviation4;
    private int _largestDeviation;
    private int _variance;
    private SequenceNumber _roundEnd;
    private WindowedMinimum _least;

    /// <summary>RTO in microseconds, before backoff.</summary>
    public int RtoMicroseconds;

    public readonly bool HasSample => _srtt8 != 0;
    public readonly int SmoothedMicroseconds => _srtt8 >> 3;

    /// <summary>Eight times SRTT, as it is kept.</summary>
    public readonly int Smoothed8 => _srtt8;

    /// <summary>Four times the mean deviation (Linux: mdev_us); by RFC 6298 four times RTTVAR.</summary>
    public readonly int Deviation4 => _deviation4 == 0 ? _variance << 2 : _deviation4;

    /// <summary>The mean deviation; by RFC 6298 RTTVAR.</summary>
    public readonly int DeviationMicroseconds =>
        _srtt8 == 0 ? RtoMicroseconds >> 2 : _deviation4 == 0 ? _variance : _deviation4 >> 2;

    /// <summary>The least sample of the last tcp_min_rtt_wlen seconds (Linux: tcp_min_rtt); the largest number before the first.</summary>
    public readonly uint LeastMicroseconds => _least.Least;

    public void Reset(Sysctls sysctls) => RtoMicroseconds = sysctls.InitialRtoMilliseconds * 1000;

    /// <summary>No sample from the handshake: 3 s until there is one (RFC 6298 §5.7).</summary>
    public void FallBack() => RtoMicroseconds = 3_000_000;

    /// <summary>A sample counts for the minimum.</summary>
    public void NoteLeast(Instant now, long microseconds, Sysctls sysctls) => _least.Add(
        (uint)sysctls.MinRttWindow * 1000, unchecked((uint)(now.Nanoseconds / 1_000_000)), (uint)Math.Clamp(microseconds, 1, uint.MaxValue - 1));

    /// <param name="sample">The measured round trip.</param>
    /// <param name="una">SND.UNA.</param>
    /// <param name="nxt">SND.NXT.</param>
    /// <param name="byRfc">Which formula.</param>
    /// <param name="least">The shortest RTO in microseconds.</param>
    /// <param name="most">The longest.</param>
    /// <param name="hz">The kernel's ticks per second; 0: none.</param>
    public void AddSample(Duration sample, SequenceNumber una, SequenceNumber nxt, bool byRfc, int least, Duration most, int hz)
    {
        int measured = (int)Math.Clamp(sample.Nanoseconds / 1000, 1, 100_000_000);
        if (byRfc)
        {
            AddRfcSample(measured);
            RtoMicroseconds = SmoothedMicroseconds + _variance * 4;
            RtoMicroseconds = Math.Max(RtoMicroseconds, least);
        }
        else
        {
            AddLinuxSample(measured, una, nxt, least);
            RtoMicroseconds = SmoothedMicroseconds + _variance;
        }

        Bound(most, hz);
    }

    /// <summary>What is measured changed by so much at once (tcp_enable_tx_delay): SRTT and RTO follow, and a least sample is none.</summary>
    public void Shift(int microseconds, uint milliseconds, Duration most, int hz)
    {
        _srtt8 = (int)Math.Clamp(_srtt8 + (microseconds * 8L), 1, int.MaxValue);
        RtoMicroseconds = SmoothedMicroseconds + _variance;
        Bound(most, hz);
        _least.Reset(milliseconds, uint.MaxValue);
    }

    // A kernel keeps its RTO in whole ticks, so that what one is rounded up by is doubled as well (__tcp_set_rto: usecs_to_jiffies).
    private void Bound(Duration most, int hz) =>
        RtoMicroseconds = (int)Math.Min(TimerWheel.WholeTicks(RtoMicroseconds, hz), most.Nanoseconds / 1000);

    private void AddRfcSample(int measured)
    {
        if (_srtt8 == 0)
        {
            _srtt8 = measured << 3;
            _variance = measured >> 1;
            return;
        }

        // RTTVAR before SRTT (RFC 6298 §2.3).
        int error = measured - (_srtt8 >> 3);
        _variance += (Math.Abs(error) - _variance) >> 2;
        _srtt8 = Math.Max(8, _srtt8 + error);
    }

    private void AddLinuxSample(int measured, SequenceNumber una, SequenceNumber nxt, int minimum)
    {
        if (_srtt8 == 0)
        {
            _srtt8 = measured << 3;
            _deviation4 = measured << 1;
            _variance = Math.Max(_deviation4, minimum);
            _largestDeviation = _variance;
            _roundEnd = nxt;
            return;
        }

        int error = measured - (_srtt8 >> 3);
        _srtt8 = Math.Max(1, _srtt8 + error);
        int change = Math.Abs(error) - (_deviation4 >> 2);
        if (error < 0 && change > 0)
        {
            // A round trip that suddenly gets shorter should not blow up the RTO.
            change >>= 3;
        }

        _deviation4 += change;
        if (_deviation4 > _largestDeviation)
        {
            _largestDeviation = _deviation4;
            _variance = Math.Max(_variance, _largestDeviation);
        }

        if (una > _roundEnd)
        {
            if (_largestDeviation < _variance)
            {
                _variance -= (_variance - _largestDeviation) >> 2;
            }

            _roundEnd = nxt;
            _largestDeviation = minimum;
        }
    }
}

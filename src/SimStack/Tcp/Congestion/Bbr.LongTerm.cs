namespace SimStack.Tcp.Congestion;

/// <summary>
/// A policer lets a burst pass and then drops all above its rate. Two intervals in a row with much loss and the same throughput give that rate
/// away; it is then kept to for 48 rounds.
/// </summary>
internal sealed partial class Bbr
{
    private const int IntervalRounds = 4;
    private const uint LossThreshold = 50;
    private const uint SameRatio = Unit / 8;
    private const ulong SameBytesPerSecond = 4000 / 8;
    private const int RoundsInUse = 48;

    private bool _samplesLongTerm;
    private bool _usesLongTerm;
    private byte _longTermRounds;
    private uint _longTermBandwidth;
    private uint _longTermDelivered;
    private uint _longTermLost;
    private uint _longTermMilliseconds;

    private static uint Milliseconds(CongestionContext context) => unchecked((uint)(DeliveredAt(context) / 1000));

    private void ResetLongTerm(CongestionContext context)
    {
        _longTermBandwidth = 0;
        _usesLongTerm = false;
        _samplesLongTerm = false;
        BeginInterval(context);
    }

    private void BeginInterval(CongestionContext context)
    {
        _longTermMilliseconds = Milliseconds(context);
        _longTermDelivered = context.Delivered;
        _longTermLost = context.Lost;
        _longTermRounds = 0;
    }

    private void SampleLongTerm(CongestionContext context, in RateSample sample)
    {
        if (_usesLongTerm)
        {
            if (_mode is BbrMode.ProbeBandwidth && _roundBegins && ++_longTermRounds >= RoundsInUse)
            {
                ResetLongTerm(context);
                BeginProbingBandwidth(context);
            }

            return;
        }

        if (!_samplesLongTerm)
        {
            // From the first loss on: before it the policer still has tokens.
            if (sample.Losses == 0)
            {
                return;
            }

            BeginInterval(context);
            _samplesLongTerm = true;
        }

        if (sample.ApplicationLimited)
        {
            ResetLongTerm(context);
            return;
        }

        _longTermRounds += (byte)(_roundBegins ? 1 : 0);
        if (_longTermRounds > 4 * IntervalRounds)
        {
            ResetLongTerm(context);
        }
        else if (_longTermRounds >= IntervalRounds && sample.Losses > 0)
        {
            EndInterval(context);
        }
    }

    /// <summary>Ends with a loss too, when the tokens are used up again.</summary>
    private void EndInterval(CongestionContext context)
    {
        uint lost = context.Lost - _longTermLost;
        uint delivered = context.Delivered - _longTermDelivered;
        if (delivered == 0 || unchecked(lost << 8 < LossThreshold * delivered))
        {
            return;
        }

        uint milliseconds = unchecked(Milliseconds(context) - _longTermMilliseconds);
        if ((int)milliseconds < 1)
        {
            return;
        }

        if (milliseconds >= uint.MaxValue / 1000)
        {
            ResetLongTerm(context);
            return;
        }

        Compare(context, (uint)((ulong)delivered * BandwidthUnit / (milliseconds * 1000)));
    }

    private void Compare(CongestionContext context, uint bandwidth)
    {
        if (_longTermBandwidth != 0)
        {
            uint difference = Math.Max(bandwidth, _longTermBandwidth) - Math.Min(bandwidth, _longTermBandwidth);
            if (unchecked(difference * Unit <= SameRatio * _longTermBandwidth)
                || BytesPerSecond(context, difference, Unit) <= SameBytesPerSecond)
            {
                _longTermBandwidth = unchecked(bandwidth + _longTermBandwidth) >> 1;
                _usesLongTerm = true;
                _pacingGain = Unit;
                _longTermRounds = 0;
                return;
            }
        }

        _longTermBandwidth = bandwidth;
        BeginInterval(context);
    }
}

using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// Slow start and congestion avoidance by RFC 5681, halving at a loss (Linux: tcp_reno). The recovery of RFC 6582 belongs to the connection.
/// </summary>
internal class Reno : CongestionControl
{
    private HystartPlusPlus _slowStart;

    public override string Name => "reno";

    public override int ThresholdAfterLoss(ref CongestionState state, CongestionContext context) => Half(state.Window);

    public override void Avoid(ref CongestionState state, CongestionContext context, SequenceNumber ack, int acknowledged)
    {
        if (!context.WindowLimited)
        {
            return;
        }

        if (state.InSlowStart)
        {
            acknowledged = context.Sysctls.HystartPlusPlus
                ? _slowStart.Grow(ref state, context, acknowledged)
                : state.SlowStart(acknowledged);
            if (acknowledged <= 0)
            {
                return;
            }
        }

        state.GrowOncePer(state.Window, acknowledged);
    }

    public override void Acknowledged(ref CongestionState state, CongestionContext context, in AckSample sample)
    {
        if (context.Sysctls.HystartPlusPlus && state.InSlowStart && sample.RttMicroseconds >= 0)
        {
            _slowStart.Measure(ref state, context, sample.RttMicroseconds);
        }
    }

    /// <summary>RFC 5681 §3.1, equation 4, of the window as Linux does, where the RFC says of what is in flight.</summary>
    public static int Half(int window) => Math.Max(window >> 1, 2);
}

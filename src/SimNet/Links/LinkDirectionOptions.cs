using SimNet.Random;
using SimStack;

namespace SimNet.Links;

/// <summary>
/// What one direction of a link does to packets. Unless set: no rate limit, no delay, no losses. Replaced as a whole during a run
/// (<c>direction.Options = direction.Options with { Loss = … }</c>); packets that are on their way keep what was decided for
/// them.
/// </summary>
public sealed record LinkDirectionOptions
{
    /// <summary>False: everything is dropped; what is queued or on its way when this becomes false is lost at that instant.</summary>
    public bool Up { get; init; } = true;

    /// <summary>
    /// Bits per second; a packet occupies the line for its length, Ethernet header included, and <see cref="OverheadBytes"/>.
    /// </summary>
    public DataRate Rate { get; init; }

    /// <summary>
    /// Bytes added to each packet's length for its transmission time; 24 stands for preamble, frame check sequence and gap of
    /// Ethernet.
    /// </summary>
    public int OverheadBytes { get; init; }

    /// <summary>Time from the end of transmission to arrival.</summary>
    public Duration Delay { get; init; }

    /// <summary>
    /// Makes the delay differ from packet to packet, as <see cref="JitterShape"/> says; unless said otherwise uniform from zero to
    /// this is added to <see cref="Delay"/>. What would be less than no delay is none.
    /// </summary>
    public Duration Jitter { get; init; }

    /// <summary>How the delays are distributed.</summary>
    public JitterShape JitterShape { get; init; }

    /// <summary>
    /// False: jitter and a shortened delay never let a packet overtake an earlier one; it arrives with it instead.
    /// </summary>
    public bool AllowReordering { get; init; }

    /// <summary>
    /// Probability that a packet is lost on the line, after it took its place in the queue and its transmission time.
    /// </summary>
    public Probability Loss { get; init; }

    /// <summary>Losses in bursts, besides those of <see cref="Loss"/>; null: none.</summary>
    public GilbertElliott? BurstLoss { get; init; }

    /// <summary>Probability that a packet is held back by <see cref="ReorderDelay"/>, so that later ones overtake it.</summary>
    public Probability Reorder { get; init; }

    /// <summary>By how much reordered packets arrive later.</summary>
    public Duration ReorderDelay { get; init; }

    /// <summary>Probability that a packet arrives twice.</summary>
    public Probability Duplicate { get; init; }

    /// <summary>Probability that one bit behind the Ethernet header changes.</summary>
    public Probability Corrupt { get; init; }

    /// <summary>The longest packet in bytes, Ethernet header not counted; null for no limit. Longer ones are dropped.</summary>
    public int? Mtu { get; init; }

    /// <summary>The most packets waiting or in transmission; null for no limit. Matters only with a <see cref="Rate"/>.</summary>
    public int? QueuePackets { get; init; }

    /// <summary>
    /// The most bytes waiting or in transmission, Ethernet headers included; null for no limit. Matters only with a <see
    /// cref="Rate"/>.
    /// </summary>
    public long? QueueBytes { get; init; }

    /// <summary>
    /// A packet that makes the queue longer than this many packets is marked "congestion experienced" if it is ECN-capable (RFC
    /// 3168 §5), as RED with both thresholds there would; null: never. Matters only with a <see cref="Rate"/>.
    /// </summary>
    public int? QueueMarkAbove { get; init; }

    /// <summary>Keeps the time in the queue short by marking and dropping; null: does not. Matters only with a <see cref="Rate"/>.</summary>
    public CoDel? QueueCoDel { get; init; }

    /// <summary>Marks and drops at random, by the queue's average length; null: does not. Matters only with a <see cref="Rate"/>.</summary>
    public RandomEarlyDetection? QueueRed { get; init; }

    /// <summary>Throws when a value makes no sense.</summary>
    /// <exception cref="LinkOptionsException">A value makes no sense.</exception>
    internal void Validate()
    {
        Check(Rate.BitsPerSecond >= 0, $"rate {Rate.BitsPerSecond} bit/s is negative; use 0 for no limit");
        Check(OverheadBytes >= 0, $"overhead of {OverheadBytes} bytes is negative");
        Check(Delay >= Duration.Zero, $"delay {Delay} is negative");
        Check(Jitter >= Duration.Zero, $"jitter {Jitter} is negative");
        Check(ReorderDelay >= Duration.Zero, $"reorder delay {ReorderDelay} is negative");
        Check(Mtu is null or >= 68, $"MTU {Mtu} is below 68 bytes, the least that IPv4 works with (RFC 791)");
        Check(QueuePackets is null or >= 1, $"a queue of {QueuePackets} packets can't hold the one in transmission; use 1 or more");
        Check(QueueMarkAbove is null or >= 0, $"a queue can't mark above {QueueMarkAbove} packets; use 0 or more");
        Check(QueueCoDel is null || (QueueCoDel.Target > Duration.Zero && QueueCoDel.Interval > Duration.Zero),
            $"CoDel's target and interval must be more than nothing, not {QueueCoDel?.Target} and {QueueCoDel?.Interval}");
        Check(QueueRed is null || (QueueRed.MinPackets >= 1 && QueueRed.MaxPackets > QueueRed.MinPackets),
            $"RED's thresholds must be 1 or more, the upper above the lower, not {QueueRed?.MinPackets} and {QueueRed?.MaxPackets}");
        Check(QueueRed is null or { WeightShift: >= 0 and <= 16 }, $"RED's weight must be 0 to 16, not {QueueRed?.WeightShift}");
        Check(QueueCoDel is null || QueueRed is null, $"a queue has CoDel or RED, not both");
        Check(QueueBytes is null or >= 1, $"a queue of {QueueBytes} bytes can't hold a packet");
    }

    private static void Check(bool holds, FormattableString message)
    {
        if (!holds)
        {
            throw new LinkOptionsException("link: " + FormattableString.Invariant(message));
        }
    }
}

using SimNet.Links;

namespace SimNet.Scripting.Model;

/// <summary>A full-duplex link between two interfaces.</summary>
public sealed class LinkDefinition
{
    /// <summary>One end.</summary>
    public required InterfaceName A { get; init; }

    /// <summary>The other end.</summary>
    public required InterfaceName B { get; init; }

    /// <summary>The direction from A to B.</summary>
    public LinkSettings AToB { get; init; } = new();

    /// <summary>The direction from B to A.</summary>
    public LinkSettings BToA { get; init; } = new();

    /// <summary>True: the ends see when the link goes down and up, as with a cable that is pulled out.</summary>
    public bool HasCarrier { get; init; }

    /// <summary>In order of time.</summary>
    public IReadOnlyList<LinkChange> Changes { get; init; } = [];

    /// <summary>Where the script describes the link.</summary>
    public SourcePosition Position { get; init; }
}

/// <summary>What a link does during a run from some moment on.</summary>
/// <param name="At">Since the start.</param>
/// <param name="AToB">What changes from A to B; null fields stay.</param>
/// <param name="BToA">What changes from B to A; null fields stay.</param>
public sealed record LinkChange(Duration At, LinkSettings AToB, LinkSettings BToA);

/// <summary>One direction of a link. Null means "not said": an ideal link, or in a change, as before.</summary>
public sealed record LinkSettings
{
    /// <summary>False: nothing gets through, and what is on its way is lost.</summary>
    public bool? Up { get; init; }

    /// <summary>Serialisation rate.</summary>
    public DataRate? Rate { get; init; }

    /// <summary>Propagation delay.</summary>
    public Duration? Delay { get; init; }

    /// <summary>Greatest random addition to the delay; with a shape that is not uniform, the standard deviation of the delay.</summary>
    public Duration? Jitter { get; init; }

    /// <summary>How the delays are distributed; null beside <see cref="Jitter"/>: uniformly.</summary>
    public JitterShape? JitterShape { get; init; }

    /// <summary>True: jitter may reorder; null beside <see cref="Jitter"/>: it does not.</summary>
    public bool? JitterReorders { get; init; }

    /// <summary>Probability that a frame is lost.</summary>
    public Probability? Loss { get; init; }

    /// <summary>Losses in bursts; null beside <see cref="Loss"/>: none.</summary>
    public GilbertElliott? BurstLoss { get; init; }

    /// <summary>Probability that a frame is held back so that later ones overtake it.</summary>
    public Probability? Reorder { get; init; }

    /// <summary>How long such a frame is held back.</summary>
    public Duration? ReorderDelay { get; init; }

    /// <summary>Probability that a frame arrives twice.</summary>
    public Probability? Duplicate { get; init; }

    /// <summary>Probability that a bit of a frame is flipped.</summary>
    public Probability? Corrupt { get; init; }

    /// <summary>Largest IP packet in bytes; larger ones are dropped.</summary>
    public int? Mtu { get; init; }

    /// <summary>Frames that may wait for the rate.</summary>
    public int? QueuePackets { get; init; }

    /// <summary>Bytes that may wait for the rate.</summary>
    public long? QueueBytes { get; init; }

    /// <summary>ECN-capable frames are marked when more than so many wait.</summary>
    public int? QueueMarkAbove { get; init; }

    /// <summary>Controlled delay; takes the place of <see cref="QueueRed"/>.</summary>
    public CoDel? QueueCoDel { get; init; }

    /// <summary>Random early detection; takes the place of <see cref="QueueCoDel"/>.</summary>
    public RandomEarlyDetection? QueueRed { get; init; }

    /// <summary>These settings with those of <paramref name="over"/> that are said in their place.</summary>
    public LinkSettings With(LinkSettings over) => new()
    {
        Up = over.Up ?? Up,
        Rate = over.Rate ?? Rate,
        Delay = over.Delay ?? Delay,
        Jitter = over.Jitter ?? Jitter,
        JitterShape = over.JitterShape ?? (over.Jitter is null ? JitterShape : null),
        JitterReorders = over.JitterReorders ?? (over.Jitter is null ? JitterReorders : null),
        Loss = over.Loss ?? Loss,
        BurstLoss = over.BurstLoss ?? (over.Loss is null ? BurstLoss : null),
        Reorder = over.Reorder ?? Reorder,
        ReorderDelay = over.ReorderDelay ?? ReorderDelay,
        Duplicate = over.Duplicate ?? Duplicate,
        Corrupt = over.Corrupt ?? Corrupt,
        Mtu = over.Mtu ?? Mtu,
        QueuePackets = over.QueuePackets ?? QueuePackets,
        QueueBytes = over.QueueBytes ?? QueueBytes,
        QueueMarkAbove = over.QueueMarkAbove ?? QueueMarkAbove,
        QueueCoDel = over.QueueCoDel ?? (over.QueueRed is null ? QueueCoDel : null),
        QueueRed = over.QueueRed ?? (over.QueueCoDel is null ? QueueRed : null),
    };
}

using SimNet.Observe;
using SimNet.Random;
using SimNet.Time;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>A full-duplex connection of two ports, each direction with its own effects.</summary>
public sealed class Link
{
    /// <summary>Attaches a new link to two ports.</summary>
    /// <param name="loop">The simulation's event loop.</param>
    /// <param name="pool">Where the link's copies of frames come from and dropped frames go to.</param>
    /// <param name="random">The simulation's root; the link takes a child stream by its name for each direction and
    /// effect.</param>
    /// <param name="a">First port.</param>
    /// <param name="b">Second port.</param>
    /// <param name="options">Both directions' effects.</param>
    /// <param name="everywhere">The stream of all packets of the simulation, or null.</param>
    /// <exception cref="LinkOptionsException">An option makes no sense.</exception>
    /// <exception cref="InvalidOperationException">A port has a link already.</exception>
    public Link(
        EventLoop loop,
        FramePool pool,
        SimRandom random,
        LinkPort a,
        LinkPort b,
        LinkOptions options,
        ObservableSource<PacketEvent>? everywhere = null)
    {
        Name = options.Name ?? $"{a.Name}-{b.Name}";
        HasCarrier = options.HasCarrier;
        SimRandom own = random.Child("link:" + Name);
        FlowTracker flows = new();
        AToB = new LinkDirection(this, LinkSide.AToB, loop, pool, own.Child("a-b"), a, b, options.AToB, flows, everywhere);
        BToA = new LinkDirection(this, LinkSide.BToA, loop, pool, own.Child("b-a"), b, a, options.BToA, flows, everywhere);
        a.Attach(this, AToB);
        b.Attach(this, BToA);
    }

    /// <summary>The link's name.</summary>
    public string Name { get; }

    /// <summary>From the first port to the second.</summary>
    public LinkDirection AToB { get; }

    /// <summary>From the second port to the first.</summary>
    public LinkDirection BToA { get; }

    /// <summary>
    /// True: hosts and switches see when a direction towards them goes down and up, as with a cable that is pulled out; false: they
    /// don't, as when something fails behind a device between.
    /// </summary>
    public bool HasCarrier { get; }

    /// <summary>Takes both directions up or down.</summary>
    public void SetUp(bool up)
    {
        AToB.Options = AToB.Options with { Up = up };
        BToA.Options = BToA.Options with { Up = up };
    }

    /// <summary>Applies a rule to both directions; the rule sees them as one sequence in time.</summary>
    public void AddRule(FaultRule rule)
    {
        AToB.AddRule(rule);
        BToA.AddRule(rule);
    }

    public override string ToString() => Name;
}

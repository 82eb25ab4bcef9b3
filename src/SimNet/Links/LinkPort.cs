using SimNet.Observe;
using SimStack;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>Where a link can be attached: a host's interface, a switch's port.</summary>
public abstract class LinkPort
{
    /// <summary>Unique in a simulation: <c>client.eth0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Unique on the host or device: <c>eth0</c>.</summary>
    public virtual string ShortName => Name;

    /// <summary>Where its packets can be looked at and captured; null when nowhere.</summary>
    public virtual PacketTap? Observed => null;

    /// <summary>The link; null while none is attached.</summary>
    public Link? Link { get; private set; }

    /// <summary>Where frames of this port go; null while no link is attached.</summary>
    public LinkDirection? Outgoing { get; private set; }

    /// <summary>Ethernet address of what is behind the port; null where there is no single one.</summary>
    public virtual MacAddress? HardwareAddress => null;

    /// <summary>A frame arrives, and belongs to the port from now on.</summary>
    protected internal abstract void Arrive(Instant now, Frame frame);

    /// <summary>True when <see cref="OnSent"/> is wanted.</summary>
    protected internal virtual bool ObservesSending => false;

    /// <summary>The link decided about a frame of this port. Called before the frame changes or ends.</summary>
    protected internal virtual void OnSent(Instant now, Frame frame, in LinkVerdict verdict)
    {
    }

    /// <summary>The link tells that it was cut, or mended; only links that have carrier do.</summary>
    protected internal virtual void OnCarrier(Instant now, bool up)
    {
    }

    internal void Attach(Link link, LinkDirection outgoing)
    {
        if (Link is not null)
        {
            throw new InvalidOperationException($"{Name} has a link already: {Link.Name}");
        }

        Link = link;
        Outgoing = outgoing;
    }
}

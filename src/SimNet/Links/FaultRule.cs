namespace SimNet.Links;

/// <summary>
/// A scripted fault. Rules see every packet that a link in state up gets and that isn't too long for it, before queue and chance;
/// the first rule that answers with an action decides, and later rules still see the packet.
/// </summary>
public abstract class FaultRule
{
    /// <summary>
    /// True when <see cref="Decide"/> looks at relative numbers or retransmissions, or injects by them: then the link follows the
    /// connections that pass it.
    /// </summary>
    public virtual bool NeedsFlows => false;

    /// <summary>What to do with the packet.</summary>
    public abstract FaultAction Decide(in FrameSummary frame);
}

namespace SimStack.Ip;

/// <summary>What is known of a neighbour (RFC 4861 §7.3.2; Linux's NUD states, used for ARP too).</summary>
public enum NeighbourState : byte
{
    /// <summary>Just made, nobody asked yet.</summary>
    None,

    /// <summary>Asked, no answer yet; frames wait.</summary>
    Incomplete,

    /// <summary>Known, and confirmed within the last 30 s.</summary>
    Reachable,

    /// <summary>Known, not confirmed lately; the next use starts a check.</summary>
    Stale,

    /// <summary>Used while stale: 5 s for the transport to confirm it.</summary>
    Delay,

    /// <summary>Being asked directly.</summary>
    Probe,

    /// <summary>Did not answer.</summary>
    Failed,

    /// <summary>Set by hand; never checked.</summary>
    Permanent,
}

namespace SimNet.Observe;

/// <summary>What became of a packet at a point.</summary>
public enum PacketFate
{
    /// <summary>A host's interface gave it to its link.</summary>
    Sent,

    /// <summary>A link took it and will deliver it.</summary>
    Queued,

    /// <summary>It ended here; <see cref="PacketEvent.Reason"/> says why.</summary>
    Dropped,

    /// <summary>It left a link, or arrived at a host's interface.</summary>
    Delivered,
}

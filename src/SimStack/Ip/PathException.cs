namespace SimStack.Ip;

/// <summary>What ICMP told about one destination, against the routing table (Linux: next-hop exception).</summary>
internal sealed class PathException
{
    /// <summary>See <see cref="IpLayer.ChangeOf"/>.</summary>
    internal int Change { get; set; }

    /// <summary>Path MTU in bytes; int.MaxValue: nothing known.</summary>
    internal int Mtu { get; private set; } = int.MaxValue;

    /// <summary>See <see cref="IpPath.IsMtuLocked"/>.</summary>
    internal bool IsMtuLocked { get; private set; }

    /// <summary>A better router by a redirect; null: none.</summary>
    internal IpAddress? NextHop { get; private set; }

    internal Instant MtuExpires { get; private set; } = Instant.Never;

    internal Instant NextHopExpires { get; private set; } = Instant.Never;

    /// <summary>When a path made from this is no longer right.</summary>
    internal Instant NextExpiry => Instant.Min(MtuExpires, NextHopExpires);

    internal bool IsEmpty => Mtu == int.MaxValue && NextHop is null;

    internal void SetMtu(int mtu, bool locked, Instant expires) => (Mtu, IsMtuLocked, MtuExpires) = (mtu, locked, expires);

    internal void SetNextHop(in IpAddress nextHop, Instant expires) => (NextHop, NextHopExpires) = (nextHop, expires);

    /// <summary>Forgets what has expired.</summary>
    internal void Expire(Instant now)
    {
        if (MtuExpires <= now)
        {
            SetMtu(int.MaxValue, false, Instant.Never);
        }

        if (NextHopExpires <= now)
        {
            (NextHop, NextHopExpires) = (null, Instant.Never);
        }
    }
}

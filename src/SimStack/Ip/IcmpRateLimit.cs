using SimStack.Profiles;

namespace SimStack.Ip;

/// <summary>
/// How many ICMP errors a host sends, as Linux limits them (icmp_global_allow, inet_peer_xrlim_allow): in all, and to each
/// destination. RFC 1812 §4.3.2.8 and RFC 4443 §2.4 (f) ask for limits and leave the way open.
/// </summary>
internal sealed class IcmpRateLimit(Sysctls sysctls)
{
    // A destination may have so many at once (XRLIM_BURST_FACTOR).
    private const int Burst = 6;

    // Beyond it what is known of destinations is forgotten: forged sources cost no memory, and the limit in all still holds.
    private const int MaxDestinations = 65_536;

    private readonly Dictionary<IpAddress, Bucket> _buckets = [];
    private Instant _refilled = new(long.MinValue / 2);
    private long _credit;

    /// <summary>
    /// icmp_msgs_per_sec and icmp_msgs_burst: true when there is credit. It is topped up every 20 ms at most, when it is used up.
    /// </summary>
    public bool HasCredit(Instant now)
    {
        if (_credit > 0)
        {
            return true;
        }

        long elapsed = Math.Min((now - _refilled).Nanoseconds, 1_000_000_000);
        long more = sysctls.IcmpMessagesPerSecond * elapsed / 1_000_000_000;
        if (elapsed < 20_000_000 || more == 0)
        {
            return false;
        }

        _refilled = now;
        _credit = Math.Min(_credit + more, sysctls.IcmpMessagesBurst);
        return true;
    }

    /// <summary>One message of all was sent. Linux takes 0, 1 or 2 at random, so that the limit tells nothing; here it is 1.</summary>
    public void Consume() => _credit--;

    /// <summary>A token bucket for each destination: one message each <paramref name="interval"/>, six at once.</summary>
    public bool Allows(Instant now, in IpAddress destination, Duration interval)
    {
        if (interval <= Duration.Zero)
        {
            return true;
        }

        long full = Burst * interval.Nanoseconds;
        long tokens = full;
        if (_buckets.TryGetValue(destination, out Bucket bucket))
        {
            tokens = Math.Min(full, bucket.Tokens + (now - bucket.At).Nanoseconds);
        }
        else if (_buckets.Count >= MaxDestinations)
        {
            _buckets.Clear();
        }

        bool allowed = tokens >= interval.Nanoseconds;
        _buckets[destination] = new Bucket(allowed ? tokens - interval.Nanoseconds : tokens, now);
        return allowed;
    }

    private readonly record struct Bucket(long Tokens, Instant At);
}

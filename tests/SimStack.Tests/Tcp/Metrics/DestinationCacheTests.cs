using SimStack.Ip;
using SimStack.Tcp.FastOpen;
using SimStack.Tcp.Metrics;
using Xunit;

namespace SimStack.Tests.Tcp.Metrics;

/// <summary>What a host remembers of its destinations.</summary>
public sealed class DestinationCacheTests
{
    private static readonly IpAddress Own = IpAddress.FromV4(10, 0, 0, 1);

    [Fact]
    public void An_entry_is_for_two_addresses()
    {
        DestinationCache cache = new();
        DestinationMetrics entry = cache.Renew(default, Own, Peer(1), null);
        Assert.Same(entry, cache.Find(default, Own, Peer(1), null));
        Assert.Same(entry, cache.Renew(default, Own, Peer(1), null));
        Assert.Null(cache.Find(default, Own, Peer(2), null));
        Assert.Null(cache.Find(default, Peer(9), Peer(1), null));
    }

    [Fact]
    public void Beyond_the_limit_the_one_not_renewed_for_longest_goes()
    {
        DestinationCache cache = new();
        for (uint i = 0; i < 16_384; i++)
        {
            cache.Renew(default, Own, Peer(i), null);
        }

        cache.Renew(default, Own, Peer(0), null);
        cache.Renew(default, Own, Peer(20_000), null);
        Assert.Equal(16_384, cache.Count);
        Assert.NotNull(cache.Find(default, Own, Peer(0), null));
        Assert.Null(cache.Find(default, Own, Peer(1), null));
    }

    [Fact]
    public void Flushing_forgets_one_or_all()
    {
        DestinationCache cache = new();
        cache.Renew(default, Own, Peer(1), null);
        cache.Renew(default, Peer(8), Peer(1), null);
        cache.Renew(default, Own, Peer(2), null);
        Assert.False(cache.Flush(Peer(3)));
        Assert.True(cache.Flush(Peer(1)));
        Assert.Equal(1, cache.Count);
        Assert.True(cache.Flush(null));
        Assert.Equal(0, cache.Count);
    }

    /// <summary>Linux: tcp_fastopen_cache_set.</summary>
    [Fact]
    public void A_syn_ack_is_remembered()
    {
        DestinationMetrics entry = new(default);
        Instant now = Instant.Zero + Duration.FromSeconds(5);
        entry.NoteSynAck(now, 1460, default, synLost: false, nextTry: 1);
        Assert.Equal((1460, 1, 0), (entry.FastOpenMss, entry.FastOpenTry, entry.SynLosses));
        entry.NoteSynAck(now, 0, FastOpenCookie.Own(7), synLost: true, nextTry: 0);
        entry.NoteSynAck(now, 900, default, synLost: true, nextTry: 2);
        Assert.Equal((900, 1, 2), (entry.FastOpenMss, entry.FastOpenTry, entry.SynLosses));
        Assert.Equal(now, entry.LastSynLoss);
        Assert.True(entry.FastOpenCookie.Matches(FastOpenCookie.Own(7)));
        entry.NoteSynAck(now, 0, FastOpenCookie.Request(isExperimental: true), synLost: false, nextTry: 0);
        Assert.Equal(0, entry.SynLosses);
        Assert.True(entry.FastOpenCookie.HasCookie);
    }

    private static IpAddress Peer(uint number) => IpAddress.FromV4(0x0A01_0000 + number);
}

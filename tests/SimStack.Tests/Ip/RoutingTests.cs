using SimStack.Ip;
using SimStack.Tests.Wire;
using Xunit;
using static SimStack.Tests.Ip.IpBench;

namespace SimStack.Tests.Ip;

public sealed class RoutingTests
{
    // The definition itself: of all routes that match, the longest, then the smallest metric, then the first.
    private static Route? Naive(IReadOnlyList<Route> routes, IpAddress destination)
    {
        Route? best = null;
        foreach (Route route in routes)
        {
            bool match = route.Prefix.IsV4 == destination.IsV4 && route.Interface.IsUp;
            string a = Bits(route.Prefix);
            string b = Bits(destination);
            match = match && a[..route.PrefixLength] == b[..route.PrefixLength];
            if (match && (best is null || route.PrefixLength > best.PrefixLength
                || (route.PrefixLength == best.PrefixLength && route.Metric < best.Metric)))
            {
                best = route;
            }
        }

        return best;
    }

    private static string Bits(IpAddress address)
    {
        byte[] bytes = new byte[16];
        int length = address.WriteTo(bytes);
        return string.Concat(bytes.Take(length).Select(b => Convert.ToString(b, 2).PadLeft(8, '0')));
    }

    [Fact]
    public void LongestPrefixMatchEqualsTheDefinition()
    {
        for (ulong seed = 0; seed < 60; seed++)
        {
            Gen gen = new(seed);
            IpBench bench = new();
            NetworkInterface second = bench.Ip.AddInterface("eth1", new(0x0200_0000_0010));
            List<Route> removable = [];
            for (int i = 0; i < 40; i++)
            {
                bool v4 = gen.Coin();
                // Few distinct bits, so that prefixes nest.
                IpAddress prefix = v4 ? IpAddress.FromV4((uint)gen.Below(8) << 29 | (uint)gen.Below(4) << 20) : new IpAddress((ulong)gen.Below(8) << 61, (ulong)gen.Below(4) << 40);
                Route route = new(prefix, gen.Below(v4 ? 33 : 129), null, gen.Coin() ? bench.Eth : second, gen.Below(3));
                bench.Ip.Routes.Add(route);
                removable.Add(route);
            }

            bench.Ip.SetUp(second, gen.Coin());
            for (int i = 0; i < 5; i++)
            {
                Assert.True(bench.Ip.Routes.Remove(removable[i * 7]));
            }

            for (int i = 0; i < 200; i++)
            {
                IpAddress destination = gen.Coin()
                    ? IpAddress.FromV4((uint)gen.Below(8) << 29 | (uint)gen.Below(4) << 20 | (uint)gen.Below(3))
                    : new IpAddress((ulong)(uint)gen.Below(8) << 61 | (uint)gen.Below(2), (ulong)gen.Below(4) << 40);
                Assert.Equal(Naive(bench.Ip.Routes.Routes, destination), bench.Ip.Routes.Find(destination));
            }
        }
    }

    [Fact]
    public void PathKnowsSourceNextHopAndMtu()
    {
        IpBench bench = new();
        Assert.Null(bench.Ip.FindPath(IpAddress.Parse("192.0.2.1"), default));
        IpPath onLink = bench.Ip.FindPath(Peer, default)!;
        Assert.Equal((Own, Peer, 1500, 34), (onLink.Source, onLink.NextHop, onLink.Mtu, onLink.TransportOffset));
        IpAddress router = IpAddress.Parse("10.0.0.254");
        bench.Ip.Routes.AddDefault(router, bench.Eth);
        Assert.False(onLink.IsValid);
        IpPath far = bench.Ip.FindPath(IpAddress.Parse("192.0.2.1"), default)!;
        Assert.Equal((Own, router), (far.Source, far.NextHop));
        Assert.Same(far, bench.Ip.FindPath(IpAddress.Parse("192.0.2.1"), IpAddress.AnyV4));
        Assert.True(far.IsValid);
        bench.Ip.SetMtu(bench.Eth, 1400);
        Assert.False(far.IsValid);
        Assert.Equal(1400, bench.Ip.FindPath(Peer, default)!.Mtu);
        Assert.Equal(54, bench.Ip.FindPath(Peer6, default)!.TransportOffset);
        Assert.Null(bench.Ip.FindPath(Peer, Peer));
        Assert.Null(bench.Ip.FindPath(Peer, Own6));
        Assert.Null(bench.Ip.FindPath(Peer, IpAddress.LoopbackV4));
        bench.Ip.SetUp(bench.Eth, false);
        Assert.Null(bench.Ip.FindPath(Peer, default));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.3.2.1", "127.0.0.1")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("fd00::1", "fd00::1")]
    public void OwnAddressesLeadToLoopback(string destination, string source)
    {
        IpBench bench = new();
        IpPath path = bench.Ip.FindPath(IpAddress.Parse(destination), default)!;
        Assert.True(path.IsLoopback);
        Assert.Equal(IpAddress.Parse(source), path.Source);
        bench.Send(At(0), IpAddress.Parse(destination));
        byte[] frame = Assert.Single(bench.Sent(bench.Ip.Loopback));
        Assert.All(frame.Take(12), b => Assert.Equal(0, b));
        bench.Ip.Receive(At(0), bench.Ip.Loopback, frame);
        Assert.StartsWith($"tcp {source} {destination} 20", Assert.Single(bench.Transport.Log), StringComparison.Ordinal);
    }

    [Fact]
    public void SourceOfIpv6FitsScopeThenPrefix()
    {
        IpBench bench = new();
        bench.Ip.AddAddress(bench.Eth, IpAddress.Parse("fe80::1"), 64);
        bench.Ip.AddAddress(bench.Eth, IpAddress.Parse("2001:db8::1"), 64);
        bench.Ip.Routes.AddDefault(IpAddress.Parse("fe80::fe"), bench.Eth);
        Assert.Equal("fe80::1", bench.Ip.FindPath(IpAddress.Parse("fe80::2"), default)!.Source.ToString());
        Assert.Equal("2001:db8::1", bench.Ip.FindPath(IpAddress.Parse("2001:db8:1::2"), default)!.Source.ToString());
        Assert.Equal("fd00::1", bench.Ip.FindPath(IpAddress.Parse("fd00:1::2"), default)!.Source.ToString());
    }

    [Fact]
    public void AddressesComeAndGoWithTheirRoute()
    {
        IpBench bench = new();
        Assert.Throws<ArgumentException>(() => bench.Ip.AddAddress(bench.Eth, Own, 24));
        Assert.Throws<ArgumentException>(() => bench.Ip.AddAddress(bench.Eth, IpAddress.Parse("224.0.0.1"), 24));
        Assert.True(bench.Ip.RemoveAddress(bench.Eth, Own));
        Assert.False(bench.Ip.RemoveAddress(bench.Eth, Own));
        Assert.Null(bench.Ip.FindPath(Peer, default));
        Assert.False(bench.Ip.IsOwnAddress(Own));
    }

    [Fact]
    public void BroadcastAndMulticastNeedNoQuestion()
    {
        IpBench bench = new();
        foreach ((string to, string mac) in new[]
        {
            ("10.0.0.255", "ffffffffffff"), ("255.255.255.255", "ffffffffffff"), ("224.129.2.3", "01005e010203"), ("ff02::1:2", "333300010002"),
        })
        {
            bench.Send(At(0), IpAddress.Parse(to));
            Assert.StartsWith(mac, Convert.ToHexStringLower(bench.SentOne()), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void SendingAllocatesNothing()
    {
        IpBench bench = new();
        bench.Eth.Neighbours.SetPermanent(Peer, PeerMac);
        void Round()
        {
            bench.Send(At(0), Peer);
            bench.Eth.TryDequeue(out SimStack.Wire.Frame? frame);
            bench.Pool.Return(frame!);
        }

        for (int i = 0; i < 100; i++)
        {
            Round();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Round();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}

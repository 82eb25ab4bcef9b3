using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Ip.IpBench;

namespace SimStack.Tests.Ip;

/// <summary>Path MTU (RFC 1191, RFC 8201), fragments of own datagrams, redirects that are received.</summary>
public sealed class PathMtuTests
{
    private static readonly IpAddress Far = IpAddress.Parse("192.0.2.1");
    private static readonly IpAddress Far6 = IpAddress.Parse("2001:db8::1");
    private readonly Sysctls _sysctls = new();
    private readonly IpBench _bench;

    public PathMtuTests()
    {
        _bench = new IpBench(_sysctls);
        _bench.Eth.Neighbours.SetPermanent(Peer, PeerMac);
        _bench.Eth.Neighbours.SetPermanent(Peer6, PeerMac);
        _bench.Ip.Routes.AddDefault(Peer, _bench.Eth);
        _bench.Ip.Routes.AddDefault(Peer6, _bench.Eth);
    }

    private IpPath Path(IpAddress to) => _bench.Ip.FindPath(to, default)!;

    [Theory]
    [InlineData(1400, 1400, false)]
    [InlineData(552, 552, false)]
    [InlineData(551, 552, true)] // min_pmtu, without DF
    [InlineData(68, 552, true)]
    [InlineData(0, 552, true)] // a router older than RFC 1191
    [InlineData(1500, 1500, false)]
    [InlineData(9000, 1500, false)]
    public void MessageLowersThePath(int told, int mtu, bool locked)
    {
        IpPath before = Path(Far);
        Assert.Equal(mtu < 1500, _bench.Ip.LowerPathMtu(At(1), Far, told));
        Assert.Equal((mtu, locked), (Path(Far).Mtu, Path(Far).IsMtuLocked));
        Assert.Equal(mtu == 1500, before.IsValid);
        Assert.Equal(1500, Path(IpAddress.Parse("192.0.2.2")).Mtu);
    }

    [Theory]
    [InlineData(1400u, 1400)]
    [InlineData(1280u, 1280)]
    [InlineData(1279u, 1500)] // RFC 8201 §4: not believed
    [InlineData(0u, 1500)]
    [InlineData(1u << 31, 1500)]
    public void PacketTooBigLowersThePath6(uint told, int mtu)
    {
        // From the wire: about an echo request, which IP itself has sent.
        byte[] quoted = new byte[48];
        Ipv6Writer.Write(quoted, Own6, Far6, IpProtocol.IcmpV6, 1460);
        quoted[40] = 128;
        byte[] message = new byte[56];
        Icmpv6Writer.WriteError(message, Peer6, Own6, Icmpv6Type.PacketTooBig, 0, told, quoted);
        _bench.Receive(At(0), V6(IpProtocol.IcmpV6, message));
        Assert.Equal(mtu, Path(Far6).Mtu);
    }

    [Fact]
    public void LoweredPathExpires()
    {
        _bench.Ip.LowerPathMtu(At(1), Far, 1400);
        _bench.Ip.LowerPathMtu(At(1), Far6, 1400);
        _bench.Ip.LowerPathMtu(At(1), Far, 1300); // again, lower
        _bench.Ip.LowerPathMtu(At(301), Far6, 1400); // the same again lasts longer
        IpPath path = Path(Far);
        Assert.True(_bench.Ip.NextDeadline.IsNever); // nothing to be done then
        _bench.Ip.Advance(At(600.9));
        Assert.Equal((true, 1300), (path.IsValid, Path(Far).Mtu));
        _bench.Ip.Advance(At(601));
        Assert.Equal((false, 1500, 1400), (path.IsValid, Path(Far).Mtu, Path(Far6).Mtu));
        _bench.Ip.Advance(At(901));
        Assert.Equal(1500, Path(Far6).Mtu);
    }

    [Fact]
    public void NumberOfDestinationsIsBounded()
    {
        for (uint i = 0; i < 10_000; i++)
        {
            _bench.Ip.LowerPathMtu(At(0), IpAddress.FromV4(0xC000_0000 + i), 1400);
        }

        Assert.Equal(4096, _bench.Ip.PathExceptionCount);
        Assert.Equal((1500, 1400), (Path(IpAddress.FromV4(0xC000_0000)).Mtu, Path(IpAddress.FromV4(0xC000_0000 + 9_999)).Mtu));
    }

    [Theory]
    [InlineData(1, 552)]
    [InlineData(2, 1500)]
    public void NoPathMtuDiscovery(int setting, int mtu)
    {
        _sysctls.NoPathMtuDiscovery = setting;
        _bench.Ip.LowerPathMtu(At(0), Far, 1400);
        Assert.Equal(mtu, Path(Far).Mtu);
    }

    [Theory]
    [InlineData(false, 1500, 1472 + 1)]
    [InlineData(false, 1500, 65_507)]
    [InlineData(false, 1400, 1380)]
    [InlineData(false, 552, 4000)]
    [InlineData(true, 1500, 1453)]
    [InlineData(true, 1280, 65_507)]
    public void OwnFragmentsReassembleToTheWhole(bool v6, int mtu, int payload)
    {
        IpAddress to = v6 ? Far6 : Far;
        _bench.Ip.LowerPathMtu(At(0), to, mtu);
        byte[] data = new Wire.Gen(5).Bytes(payload);
        Assert.True(_bench.Ip.SendEcho(At(0), to, 1, 2, data));
        List<byte[]> sent = _bench.Sent();
        Assert.Equal(sent.Count, _bench.Counters[v6 ? SnmpCounter.Ip6FragCreates : SnmpCounter.IpFragCreates]);
        Assert.Equal(1, _bench.Counters[v6 ? SnmpCounter.Ip6FragOKs : SnmpCounter.IpFragOKs]);
        Assert.Equal(1, _bench.Counters[v6 ? SnmpCounter.Ip6OutRequests : SnmpCounter.IpOutRequests]);
        Assert.All(sent, f => Assert.InRange(f.Length, 35, 14 + mtu));
        Assert.All(sent[..^1], f => Assert.InRange(f.Length, 14 + mtu - 7, 14 + mtu));
        Assert.Equal(0, _bench.Pool.Outstanding);

        // Another host takes them for one request, and sends the same data back.
        IpBench far = new();
        far.Ip.RemoveAddress(far.Eth, v6 ? Own6 : Own);
        far.Ip.AddAddress(far.Eth, to, v6 ? 64 : 24);
        far.Ip.Routes.AddDefault(v6 ? Own6 : Own, far.Eth);
        far.Eth.Neighbours.SetPermanent(v6 ? Own6 : Own, Mac);
        foreach (byte[] frame in sent)
        {
            Mac.WriteTo(frame);
            far.Receive(At(0), frame);
        }

        foreach (byte[] frame in far.Sent())
        {
            Mac.WriteTo(frame);
            _bench.Receive(At(1), frame);
        }

        Assert.Equal([$"reply {to} 1 2 {Convert.ToHexStringLower(data)}"], _bench.Transport.Log);
    }

    [Fact]
    public void IdentificationsOfFragmentsDiffer()
    {
        HashSet<(int, uint)> seen = [];
        for (int i = 0; i < 50; i++)
        {
            _bench.Ip.SendEcho(At(0), Far, 1, 2, new byte[2000]);
            _bench.Ip.SendEcho(At(0), Far6, 1, 2, new byte[2000]);
            // A path found anew goes on counting.
            _bench.Ip.LowerPathMtu(At(0), Far, 1400 - i);
            foreach (byte[] frame in _bench.Sent())
            {
                bool v6 = frame[14] >> 4 == 6;
                uint id = v6
                    ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(58))
                    : System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(18));
                seen.Add((v6 ? 6 : 4, id));
            }
        }

        Assert.Equal(100, seen.Count);
    }

    private byte[] Redirect(string from, string to, IpAddress about)
    {
        byte[] quoted = new byte[28];
        Ipv4Writer.Write(quoted, Own, about, IpProtocol.Udp, 8);
        byte[] message = new byte[36];
        IcmpWriter.WriteError(message, IcmpType.Redirect, 1, IpAddress.Parse(to).V4, quoted);
        return V4(IpProtocol.Icmp, message, IpAddress.Parse(from));
    }

    [Theory]
    [InlineData("10.0.0.2", "10.0.0.77", true)]
    [InlineData("10.0.0.3", "10.0.0.77", false)] // not from the router in use
    [InlineData("10.0.0.2", "192.0.2.9", false)] // not on the link
    [InlineData("10.0.0.2", "10.0.0.1", false)] // itself
    [InlineData("10.0.0.2", "10.0.0.255", false)]
    public void RedirectIsObeyedOnceTheNewRouterIsKnown(string from, string to, bool obeyed)
    {
        _bench.Receive(At(0), Redirect(from, to, Far));
        Assert.Equal(Peer, Path(Far).NextHop);
        Assert.Equal(obeyed ? 1 : 0, _bench.Sent().Count); // ARP
        if (obeyed)
        {
            _bench.Receive(At(0), Arp(ArpOperation.Reply, new MacAddress(0x0200_0000_0077), IpAddress.Parse(to), Own, Mac));
        }

        _bench.Receive(At(1), Redirect(from, to, Far));
        Assert.Equal(IpAddress.Parse(obeyed ? to : "10.0.0.2"), Path(Far).NextHop);
        _bench.Ip.Advance(At(301));
        Assert.Equal(Peer, Path(Far).NextHop);
    }

    [Fact]
    public void RedirectsCanBeIgnored()
    {
        _sysctls.AcceptRedirects = false;
        _bench.Eth.Neighbours.SetPermanent(IpAddress.Parse("10.0.0.77"), PeerMac);
        _bench.Receive(At(0), Redirect("10.0.0.2", "10.0.0.77", Far));
        Assert.Equal(Peer, Path(Far).NextHop);
    }

    [Fact]
    public void APathThatIsNoLongerCachedHearsOfItToo()
    {
        // More destinations than are cached: connections keep their paths all the same.
        IpPath kept = Path(Far);
        IpPath another = Path(IpAddress.Parse("192.0.2.2"));
        for (uint i = 0; i < 5000; i++)
        {
            Path(IpAddress.FromV4(0x0B00_0000 + i));
        }

        Assert.True(kept.IsValid);
        Assert.True(_bench.Ip.LowerPathMtu(At(1), Far, 1400));
        Assert.False(kept.IsValid);
        Assert.Equal(1400, Path(Far).Mtu);
        Assert.True(another.IsValid);
        // When there is no more room for it, the interface's MTU counts again.
        IpPath lowered = Path(Far);
        for (uint i = 0; i < 4096; i++)
        {
            _bench.Ip.LowerPathMtu(At(1), IpAddress.FromV4(0x0B00_0000 + i), 1400);
        }

        Assert.False(lowered.IsValid);
        Assert.Equal(1500, Path(Far).Mtu);
    }
}

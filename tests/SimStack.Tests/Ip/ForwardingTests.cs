using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Tests.Wire;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Ip.IpBench;

namespace SimStack.Tests.Ip;

/// <summary>RFC 1812 §5 and RFC 8200 as Linux has them: what a router passes on, and what it says of what it does not.</summary>
public sealed class ForwardingTests
{
    private static readonly MacAddress FarMac = new(0x0200_0000_0009);
    private static readonly IpAddress Far = IpAddress.Parse("10.0.1.9");
    private static readonly IpAddress Far6 = IpAddress.Parse("fd01::9");
    private readonly Sysctls _sysctls = new() { IpForward = true, Ip6Forwarding = true };
    private readonly IpBench _bench;
    private readonly NetworkInterface _other;

    public ForwardingTests()
    {
        _bench = new IpBench(_sysctls);
        _other = _bench.Ip.AddInterface("eth1", new MacAddress(0x0200_0000_0011), 1400);
        _bench.Ip.AddAddress(_other, IpAddress.Parse("10.0.1.1"), 24);
        _bench.Ip.AddAddress(_other, IpAddress.Parse("fd01::1"), 64);
        _bench.Eth.Neighbours.SetPermanent(Peer, PeerMac);
        _bench.Eth.Neighbours.SetPermanent(Peer6, PeerMac);
        _bench.Eth.Neighbours.SetPermanent(IpAddress.Parse("fe80::2"), PeerMac);
        _other.Neighbours.SetPermanent(Far, FarMac);
        _other.Neighbours.SetPermanent(Far6, FarMac);
    }

    private static byte[] Packet(
        string from = "10.0.0.2", string to = "10.0.1.9", int data = 100, byte ttl = 64, bool df = true, int offset = 0, bool more = false,
        IpProtocol protocol = IpProtocol.Udp)
    {
        byte[] frame = V4(protocol, new Gen(9).Bytes(data), IpAddress.Parse(from), IpAddress.Parse(to));
        Ipv4Writer.Write(
            frame.AsSpan(14), IpAddress.Parse(from), IpAddress.Parse(to), protocol, data, ttl, 0, 0x1234, df, offset, more);
        return frame;
    }

    private static byte[] Packet6(string from = "fd00::2", string to = "fd01::9", int data = 100, byte hops = 64) =>
        V6(IpProtocol.Udp, new Gen(9).Bytes(data), IpAddress.Parse(from), IpAddress.Parse(to), null, hops);

    [Fact]
    public void PacketGoesOnAsItIsButForItsTtl()
    {
        // Transport checksums are wrong here, and stay so.
        byte[] packet = Packet();
        _bench.Receive(At(0), packet);
        byte[] sent = Assert.Single(_bench.Sent(_other));
        Assert.Equal("020000000009" + "020000000011" + "0800", Convert.ToHexStringLower(sent.AsSpan(0, 14)));
        Assert.Equal(63, sent[22]);
        Assert.True(Ipv4View.TryParse(sent.AsSpan(14), out _, out _));
        sent[22] = 64;
        packet.AsSpan(24, 2).CopyTo(sent.AsSpan(24));
        Assert.Equal(packet[14..], sent[14..]);

        packet = Packet6();
        _bench.Receive(At(0), packet);
        sent = Assert.Single(_bench.Sent(_other));
        Assert.Equal(63, sent[21]--);
        packet[21] = 62;
        Assert.Equal(packet[14..], sent[14..]);
        Assert.Equal((1L, 1L), (_bench.Counters[SnmpCounter.IpForwDatagrams], _bench.Counters[SnmpCounter.Ip6OutForwDatagrams]));
        Assert.Equal((0L, 1L), (_bench.Counters[SnmpCounter.IpOutRequests], _bench.Counters[SnmpCounter.IpOutTransmits]));
        Assert.Empty(_bench.Sent());
    }

    [Fact]
    public void HeaderChecksumFollowsForEveryTtlAndId()
    {
        for (int i = 0; i < 66_000; i += 7)
        {
            byte[] packet = Packet(ttl: (byte)(2 + i % 254));
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(18), (ushort)i);
            packet.AsSpan(24, 2).Clear();
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), InternetChecksum.Compute(packet.AsSpan(14, 20)));
            _bench.Receive(At(0), packet);
            Assert.True(Ipv4View.TryParse(Assert.Single(_bench.Sent(_other)).AsSpan(14), out _, out _));
        }
    }

    /// <summary>What comes in, the ICMP type and code that go back (empty: none), what is counted.</summary>
    public static TheoryData<string, string, SnmpCounter> Refused => new()
    {
        { "ttl 1", "0b00", SnmpCounter.IpInHdrErrors },
        { "no route", "0300", SnmpCounter.IpExtInNoRoutes },
        { "unreachable", "0301", SnmpCounter.IpInDiscards },
        { "prohibit", "030d", SnmpCounter.IpInDiscards },
        { "blackhole", "", SnmpCounter.IpInDiscards },
        { "too big", "0304", SnmpCounter.IpFragFails },
        { "directed broadcast", "", SnmpCounter.IpInAddrErrors },
        { "zero net", "", SnmpCounter.IpInAddrErrors },
        { "to zero net", "", SnmpCounter.IpInAddrErrors },
        { "loopback source", "", SnmpCounter.IpInAddrErrors },
        { "multicast source", "", SnmpCounter.IpInAddrErrors },
        { "own source", "", SnmpCounter.IpInAddrErrors },
        { "group frame", "", SnmpCounter.IpInAddrErrors },
        { "icmp error", "", SnmpCounter.IpInHdrErrors },
        { "later fragment", "", SnmpCounter.IpInHdrErrors },
        { "ttl 1 of v6", "0300", SnmpCounter.Ip6InHdrErrors },
        { "no route of v6", "0100", SnmpCounter.Ip6InNoRoutes },
        { "prohibit of v6", "0101", SnmpCounter.Ip6InNoRoutes },
        { "blackhole of v6", "", SnmpCounter.Ip6InDiscards },
        { "too big of v6", "0200", SnmpCounter.Ip6InTooBigErrors },
        { "from link-local", "0102", SnmpCounter.Ip6InAddrErrors },
        { "to link-local", "", SnmpCounter.Ip6InAddrErrors },
    };

    private static byte[] Make(string kind)
    {
        switch (kind)
        {
            case "ttl 1": return Packet(ttl: 1);
            case "no route": return Packet(to: "192.0.2.1");
            case "unreachable": return Packet(to: "10.7.1.1");
            case "prohibit": return Packet(to: "10.7.2.1");
            case "blackhole": return Packet(to: "10.7.3.1");
            case "too big": return Packet(data: 1381);
            case "directed broadcast": return Packet(to: "10.0.1.255");
            case "zero net": return Packet(from: "0.1.2.3");
            case "to zero net": return Packet(to: "0.1.2.3");
            case "loopback source": return Packet(from: "127.0.0.1");
            case "multicast source": return Packet(from: "224.0.0.1");
            case "own source": return Packet(from: "10.0.1.1");
            case "group frame":
                byte[] group = Packet();
                group.AsSpan(0, 6).Fill(0xFF);
                return group;
            case "icmp error":
                byte[] error = Packet(ttl: 1, protocol: IpProtocol.Icmp);
                error[34] = 3;
                return error;
            case "later fragment": return Packet(ttl: 1, df: false, offset: 800);
            case "ttl 1 of v6": return Packet6(hops: 1);
            case "no route of v6": return Packet6(to: "2001:db8::1");
            case "prohibit of v6": return Packet6(to: "fd07:2::1");
            case "blackhole of v6": return Packet6(to: "fd07:3::1");
            case "too big of v6": return Packet6(data: 1361);
            case "from link-local": return Packet6(from: "fe80::2");
            case "to link-local": return Packet6(to: "fe80::77");
            default: throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void RefusedPacketIsCountedAndReported(string kind, string error, SnmpCounter counter)
    {
        AddRefusingRoutes();
        _bench.Ip.AddAddress(_bench.Eth, IpAddress.Parse("fe80::1"), 64);
        byte[] packet = Make(kind);
        _bench.Receive(At(0), packet);
        Assert.Equal(1, _bench.Counters[counter]);
        Assert.Empty(_bench.Sent(_other));
        List<byte[]> sent = _bench.Sent();
        Assert.Equal(error.Length > 0 ? 1 : 0, sent.Count);
        if (sent.Count > 0)
        {
            bool v6 = packet[14] >> 4 == 6;
            int at = v6 ? 54 : 34;
            Assert.Equal(error, Convert.ToHexStringLower(sent[0].AsSpan(at, 2)));
            Assert.Equal(kind.StartsWith("too big", StringComparison.Ordinal) ? 1400u : 0, BinaryPrimitives.ReadUInt32BigEndian(sent[0].AsSpan(at + 4)));
            // The packet as it came, TTL and all; as much as the error may carry.
            Assert.Equal(packet[14..Math.Min(packet.Length, 14 + (v6 ? 1232 : 548))], sent[0][(at + 8)..]);
        }

        Assert.Equal(0, _bench.Pool.Outstanding);
    }

    private void AddRefusingRoutes()
    {
        foreach ((string v4, string v6, RouteType type) in (ReadOnlySpan<(string, string, RouteType)>)
            [("10.7.1.0", "fd07:1::", RouteType.Unreachable), ("10.7.2.0", "fd07:2::", RouteType.Prohibit), ("10.7.3.0", "fd07:3::", RouteType.Blackhole)])
        {
            _bench.Ip.Routes.Add(new Route(IpAddress.Parse(v4), 24, null, _bench.Ip.Loopback) { Type = type });
            _bench.Ip.Routes.Add(new Route(IpAddress.Parse(v6), 32, null, _bench.Ip.Loopback) { Type = type });
        }
    }

    [Theory]
    [InlineData("10.7.1.1", Sockets.Errno.EHOSTUNREACH)]
    [InlineData("10.7.2.1", Sockets.Errno.EACCES)]
    [InlineData("10.7.3.1", Sockets.Errno.EINVAL)]
    [InlineData("192.0.2.1", Sockets.Errno.ENETUNREACH)]
    public void OwnPacketsAreRefusedToo(string to, Sockets.Errno error)
    {
        AddRefusingRoutes();
        Assert.Null(_bench.Ip.FindPath(IpAddress.Parse(to), default));
        Assert.Equal(error, _bench.Ip.WhyNoPath(IpAddress.Parse(to)));
    }

    [Fact]
    public void HostsDoNotForward()
    {
        (_sysctls.IpForward, _sysctls.Ip6Forwarding) = (false, false);
        _bench.Receive(At(0), Packet());
        _bench.Receive(At(0), Packet6());
        Assert.Equal((1L, 1L), (_bench.Counters[SnmpCounter.IpInAddrErrors], _bench.Counters[SnmpCounter.Ip6InAddrErrors]));
        Assert.Empty(_bench.Sent(_other));
        Assert.Empty(_bench.Sent());
    }

    [Theory]
    [InlineData(1381, 0, false, "0-1376+ 1376-1381.")]
    [InlineData(1480, 0, true, "0-1376+ 1376-1480+")]
    [InlineData(1480, 2960, false, "2960-4336+ 4336-4440.")]
    [InlineData(2757, 0, false, "0-1376+ 1376-2752+ 2752-2757.")]
    [InlineData(2756, 0, false, "0-1376+ 1376-2756.")] // the last one fills the MTU
    public void PacketsWithoutDfAreFragmentedOnTheWay(int data, int offset, bool more, string fragments)
    {
        byte[] packet = Packet(data: data, df: false, offset: offset, more: more);
        _bench.Receive(At(0), packet);
        List<byte[]> sent = _bench.Sent(_other);
        List<string> found = [];
        foreach (byte[] frame in sent)
        {
            Assert.True(Ipv4View.TryParse(frame.AsSpan(14), out Ipv4View view, out _));
            Assert.Equal((0x1234, 63, IpProtocol.Udp), (view.Id, view.Ttl, view.Protocol));
            found.Add($"{view.FragmentOffset}-{view.FragmentOffset + view.Payload.Length}{(view.MoreFragments ? '+' : '.')}");
        }

        Assert.Equal(fragments, string.Join(' ', found));
        Assert.Equal(Convert.ToHexString(packet.AsSpan(34)), string.Concat(sent.Select(f => Convert.ToHexString(f.AsSpan(34)))));
        Assert.Equal((1L, (long)sent.Count), (_bench.Counters[SnmpCounter.IpFragOKs], _bench.Counters[SnmpCounter.IpFragCreates]));
        Assert.Equal(0, _bench.Pool.Outstanding);
    }

    [Fact]
    public void OnlyCopiedOptionsStandInLaterFragments()
    {
        byte[] plain = Packet(data: 1400, df: false);
        // Record route (7, not copied) and stream id (0x88, copied).
        byte[] options = [7, 7, 4, 0, 0, 0, 0, 0x88, 4, 1, 2, 0];
        byte[] packet = [.. plain[..34], .. options, .. plain[34..]];
        packet[14] = 0x48;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(16), 1432);
        packet.AsSpan(24, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), InternetChecksum.Compute(packet.AsSpan(14, 32)));
        _bench.Receive(At(0), packet);
        List<byte[]> sent = _bench.Sent(_other);
        Assert.Equal(["070704000000008804010200", "010101010101018804010200"], sent.Select(f => Convert.ToHexStringLower(f.AsSpan(34, 12))));
        Assert.All(sent, f => Assert.True(Ipv4View.TryParse(f.AsSpan(14), out _, out _)));
    }

    [Theory]
    [InlineData(1, "10.0.0.2", true)]
    [InlineData(1, "10.0.1.77", false)]
    [InlineData(2, "10.0.1.77", true)]
    [InlineData(2, "192.0.2.1", false)]
    [InlineData(0, "192.0.2.1", true)]
    public void ReversePathFilter(int mode, string source, bool passes)
    {
        _sysctls.ReversePathFilter = mode;
        _bench.Receive(At(0), Packet(from: source));
        Assert.Equal(passes ? 1 : 0, _bench.Sent(_other).Count);
        Assert.Equal(passes ? 0 : 1, _bench.Counters[SnmpCounter.TcpExtIPReversePathFilter]);
    }

    [Fact]
    public void SenderIsToldWhenTheNeighbourDoesNotAnswer()
    {
        byte[] packet = Packet(to: "10.0.1.50");
        byte[] packet6 = Packet6(to: "fd01::50");
        _bench.Receive(At(0), packet);
        _bench.Receive(At(0), packet6);
        for (int i = 1; i <= 3; i++)
        {
            _bench.Ip.Advance(At(i));
        }

        List<byte[]> sent = _bench.Sent();
        Assert.Equal(["0301", "0103"], sent.Select(f => Convert.ToHexStringLower(f.AsSpan(f[14] >> 4 == 6 ? 54 : 34, 2))));
        Assert.Equal("0a000001" + "0a000002", Convert.ToHexStringLower(sent[0].AsSpan(26, 8)));
        _bench.Sent(_other);
        Assert.Equal(0, _bench.Pool.Outstanding);
    }

    [Fact]
    public void ShorterWayOnTheSameLinkIsToldAtFallingRate()
    {
        _bench.Ip.Routes.Add(new Route(IpAddress.Parse("10.9.0.0"), 16, IpAddress.Parse("10.0.0.77"), _bench.Eth));
        _bench.Eth.Neighbours.SetPermanent(IpAddress.Parse("10.0.0.77"), FarMac);
        int told = 0;
        for (int i = 0; i < 1000; i++)
        {
            _bench.Receive(At(i * 0.05), Packet(to: "10.9.1.1"));
            foreach (byte[] frame in _bench.Sent())
            {
                if (frame[34] == 5 && frame[23] == 1)
                {
                    told++;
                    Assert.Equal("0501" + "0a00004d", Convert.ToHexStringLower(frame.AsSpan(34, 2)) + Convert.ToHexStringLower(frame.AsSpan(38, 4)));
                }
            }
        }

        Assert.Equal(9, told);
        _sysctls.SendRedirects = false;
        _bench.Receive(At(200), Packet(to: "10.9.1.1"));
        Assert.Single(_bench.Sent());
    }

    [Fact]
    public void ForwardingAllocatesNothing()
    {
        byte[] packet = Packet();
        byte[] packet6 = Packet6();
        long before = 0;
        for (int i = 0; i < 2000; i++)
        {
            if (i == 1000)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            _bench.Ip.Receive(At(1), _bench.Eth, packet);
            _bench.Ip.Receive(At(1), _bench.Eth, packet6);
            while (_other.TryDequeue(out Frame? frame))
            {
                _bench.Pool.Return(frame);
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void RandomPacketsThrowNothing()
    {
        Gen gen = new(12);
        AddRefusingRoutes();
        string[] kinds = [.. Refused.Select(row => row.Data.Item1)];
        for (int i = 0; i < 30_000; i++)
        {
            byte[] frame = Make(kinds[gen.Below(kinds.Length)]);
            for (int flips = gen.Below(4); flips > 0; flips--)
            {
                frame[gen.Below(Math.Min(frame.Length, 80))] = (byte)gen.Next();
            }

            if (gen.Coin() && frame[14] >> 4 == 4 && (frame[14] & 15) >= 5)
            {
                frame.AsSpan(24, 2).Clear();
                int header = Math.Min((frame[14] & 15) * 4, frame.Length - 14);
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(24), InternetChecksum.Compute(frame.AsSpan(14, header)));
            }

            _bench.Receive(At(i * 0.01), frame);
            _bench.Ip.Advance(At(i * 0.01));
            _bench.Sent();
            _bench.Sent(_other);
        }

        for (int i = 0; i < 100; i++)
        {
            _bench.Ip.Advance(At(1000 + i));
        }

        _bench.Sent();
        _bench.Sent(_other);
        _bench.Sent(_bench.Ip.Loopback);
        Assert.Equal(0, _bench.Pool.Outstanding);
    }

    [Theory]
    [InlineData("10.0.0.255")]
    [InlineData("10.0.1.255")] // of the other link
    [InlineData("255.255.255.255")]
    public void ABroadcastAddressIsNoSource(string from)
    {
        byte[] echo = new byte[12];
        IcmpWriter.WriteEcho(echo, false, 1, 2, [1, 2, 3, 4]);
        _bench.Receive(At(0), V4(IpProtocol.Icmp, echo, IpAddress.Parse(from)));
        _bench.Receive(At(0), Packet(from));
        Assert.Equal(2, _bench.Counters[SnmpCounter.IpInAddrErrors]);
        Assert.Empty(_bench.Sent());
        Assert.Empty(_bench.Sent(_other));
        // An address that comes later makes one of what was none.
        _bench.Receive(At(0), Packet("10.0.0.127"));
        Assert.Single(_bench.Sent(_other));
        _bench.Ip.AddAddress(_other, IpAddress.Parse("10.0.0.126"), 25);
        _bench.Receive(At(0), Packet("10.0.0.127"));
        Assert.Equal(3, _bench.Counters[SnmpCounter.IpInAddrErrors]);
    }

    [Fact]
    public void TheUnspecifiedAddressIsNoDestination()
    {
        _bench.Ip.Routes.AddDefault(Far6, _other);
        _bench.Receive(At(0), Packet6(to: "::"));
        Assert.Empty(_bench.Sent(_other));
        Assert.Equal(1, _bench.Counters[SnmpCounter.Ip6InAddrErrors]);
    }
}

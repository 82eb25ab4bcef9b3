using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Tests.Wire;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Ip.IpBench;

namespace SimStack.Tests.Ip;

/// <summary>RFC 791 §3.2, RFC 1122 §3.3.2, RFC 8200 §4.5, RFC 5722, RFC 6946, as Linux has them.</summary>
public sealed class ReassemblyTests
{
    private readonly IpBench _bench = new();

    private long Count(bool v6, SnmpCounter v4Counter, SnmpCounter v6Counter) => _bench.Counters[v6 ? v6Counter : v4Counter];

    private long Oks(bool v6) => Count(v6, SnmpCounter.IpReasmOKs, SnmpCounter.Ip6ReasmOKs);

    private long Fails(bool v6) => Count(v6, SnmpCounter.IpReasmFails, SnmpCounter.Ip6ReasmFails);

    /// <summary>
    /// Fragments of an echo of 48 bytes, how many datagrams come out, how many reassemblies fail, of these by overlap, how many
    /// datagrams still wait. A Linux 6.18 kernel that was sent these fragments over a TAP device counted the same.
    /// </summary>
    public static TheoryData<string, int, int, int, int> Table => new()
    {
        { "0-16+ 16-32+ 32-48.", 1, 0, 0, 0 },
        { "32-48. 16-32+ 0-16+", 1, 0, 0, 0 },
        { "16-32+ 32-48. 0-16+", 1, 0, 0, 0 },
        { "0-8+ 8-16+ 16-24+ 24-32+ 32-40+ 40-48.", 1, 0, 0, 0 },
        { "0-16+ 0-16+ 16-32+ 32-48.", 1, 0, 0, 0 },
        { "32-48. 32-48. 0-32+", 1, 0, 0, 0 },
        { "0-16+ 16-32+ 8-24+ 32-48.", 1, 0, 0, 0 },
        { "0-32+ 8-16+ 32-48.", 1, 0, 0, 0 },
        { "0-16+ 16-32+ 32-48. 0-16+", 1, 0, 0, 1 },
        { "0-16+ 8-24+ 24-48.", 0, 1, 1, 1 },
        { "16-32+ 0-16+ 8-24+ 32-48.", 0, 1, 1, 1 },
        { "8-16+ 0-24+", 0, 1, 1, 0 },
        { "0-16+ 24-32+ 8-40+", 0, 1, 1, 0 },
        { "32-48. 24-40.", 0, 1, 0, 0 },
        { "32-48. 32-56.", 0, 1, 0, 0 },
        { "32-48. 48-56+", 0, 1, 0, 0 },
        { "32-56+ 8-48.", 0, 1, 0, 0 },
        { "16-16+", 0, 1, 0, 0 },
        { "0-16+ 16-16.", 0, 1, 0, 0 },
        { "0-16+ 32-48.", 0, 0, 0, 1 },
        { "16-32+ 32-48.", 0, 0, 0, 1 },
        { "0-16+ 16-32+", 0, 0, 0, 1 },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void FragmentsOfOneDatagram(string fragments, int datagrams, int fails, int overlaps, int waiting)
    {
        foreach (bool v6 in (bool[])[false, true])
        {
            byte[] message = Fragments.Message(v6, 48);
            _bench.Transport.Log.Clear();
            foreach (byte[] frame in Fragments.Parse(v6, message, fragments))
            {
                _bench.Receive(At(1), frame);
            }

            Assert.Equal(Enumerable.Repeat(Fragments.LogOf(v6, message), datagrams), _bench.Transport.Log);
            Assert.Equal((datagrams, fails), (Oks(v6), Fails(v6)));
            Assert.Equal(fragments.Split(' ').Length, Count(v6, SnmpCounter.IpReasmReqds, SnmpCounter.Ip6ReasmReqds));
        }

        Assert.Equal(overlaps, _bench.Counters[SnmpCounter.IpExtReasmOverlaps]);
        Assert.Equal(2 * waiting, _bench.Ip.IncompleteDatagrams);
        Assert.Equal(waiting > 0, _bench.Ip.FragmentMemory > 0);
        Assert.Empty(_bench.Sent());
        Assert.Equal(0, _bench.Pool.Outstanding);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LongestDatagram(bool v6)
    {
        int whole = v6 ? 65_535 : 65_515;
        byte[] message = Fragments.Message(v6, whole);
        _bench.Receive(At(0), Fragments.Make(v6, message, 60_000, whole, more: false));
        _bench.Receive(At(0), Fragments.Make(v6, message, 0, 60_000, more: true));
        Assert.Equal([Fragments.LogOf(v6, message)], _bench.Transport.Log);

        // IPv4: the fields would take more, though no packet can be that long. IPv6: the fragment itself is refused.
        _bench.Receive(At(0), Fragments.Make(v6, message, 0, 60_000, more: true));
        _bench.Receive(At(0), Fragments.Make(v6, message, 60_000, whole + 8, more: false));
        Assert.Equal((1L, v6 ? 0L : 1L), (Oks(v6), Fails(v6)));
        Assert.Equal(v6 ? 1 : 0, _bench.Ip.IncompleteDatagrams);
        Assert.Equal(v6 ? 1 : 0, _bench.Counters[SnmpCounter.Ip6InHdrErrors]);
        Assert.Equal(v6 ? [0x0400_0000_002Aul] : [], _bench.Sent().Select(Icmpv6Head));
    }

    // Type, code and the second word of an ICMPv6 message after neighbor discovery has been left out.
    private static ulong Icmpv6Head(byte[] frame) =>
        (ulong)frame[54] << 40 | (ulong)frame[55] << 32 | System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(58));

    public ReassemblyTests()
    {
        _bench.Eth.Neighbours.SetPermanent(Peer, PeerMac);
        _bench.Eth.Neighbours.SetPermanent(Peer6, PeerMac);
    }

    [Fact]
    public void OddLengthBeforeTheEnd()
    {
        // IPv4: cut down to a multiple of 8 (Linux). IPv6: a parameter problem that points at the payload length (RFC 8200 §4.5).
        byte[] message = Fragments.Message(false, 48);
        _bench.Receive(At(0), Fragments.Make(false, message, 0, 19, more: true));
        _bench.Receive(At(0), Fragments.Make(false, message, 16, 48, more: false));
        Assert.Equal([Fragments.LogOf(false, message)], _bench.Transport.Log);
        _bench.Receive(At(0), Fragments.Make(true, Fragments.Message(true, 48), 0, 19, more: true));
        Assert.Equal([0x0400_0000_0004ul], _bench.Sent().Select(Icmpv6Head));
        Assert.Equal(0, _bench.Ip.IncompleteDatagrams);
    }

    [Theory]
    [InlineData(6, "0001020304050607 0001020304050607", true)] // TCP needs 20 bytes
    [InlineData(6, "0001020304050607 0001020304050607 0001020304050607", false)]
    [InlineData(17, "0001020304050607", false)]
    [InlineData(60, "3A00010400000000", true)] // destination options and nothing behind
    [InlineData(60, "3A00010400000000 8100000000000000", false)]
    [InlineData(60, "3A01010400000000", true)] // options that go on elsewhere
    [InlineData(99, "0001020304050607", false)]
    [InlineData(59, "0001020304050607", false)]
    public void FirstFragmentHasAllHeaders(byte next, string data, bool refused)
    {
        byte[] bytes = Convert.FromHexString(data.Replace(" ", "", StringComparison.Ordinal));
        _bench.Receive(At(0), V6(IpProtocol.Fragment, [next, 0, 0, 1, 0, 0, 0, 9, .. bytes]));
        Assert.Equal(refused ? [0x0403_0000_0000ul] : [], _bench.Sent().Select(Icmpv6Head));
        Assert.Equal(refused ? 0 : 1, _bench.Ip.IncompleteDatagrams);
    }

    [Fact]
    public void AtomicFragmentIsWholeBesideOthersOfItsId()
    {
        byte[] message = Fragments.Message(true, 48);
        _bench.Receive(At(0), Fragments.Make(true, message, 0, 16, more: true));
        _bench.Receive(At(0), Fragments.Make(true, message, 0, 48, more: false));
        Assert.Equal([Fragments.LogOf(true, message)], _bench.Transport.Log);
        Assert.Equal((1L, 1, 2L), (Oks(true), _bench.Ip.IncompleteDatagrams, _bench.Counters[SnmpCounter.Ip6ReasmReqds]));
    }

    [Fact]
    public void HeadersBeforeTheFragmentHeaderStay()
    {
        byte[] message = Fragments.Message(true, 48);
        byte[] First(int from, int to, byte more) =>
            V6(IpProtocol.DestinationOptions, [44, 0, 1, 4, 0, 0, 0, 0, 58, 0, 0, (byte)(from | more), 0, 0, 0, 3, .. message[from..to]]);
        _bench.Receive(At(0), First(0, 32, 1));
        _bench.Receive(At(0), First(32, 48, 0));
        Assert.Equal([Fragments.LogOf(true, message)], _bench.Transport.Log);
    }

    [Fact]
    public void FragmentsWithinFragmentsAreRefused()
    {
        byte[] inner = [58, 0, 0, 0, 0, 0, 0, 1, .. Fragments.Message(true, 48)];
        foreach ((int from, int to) in ((int, int)[])[(0, 32), (32, 56)])
        {
            _bench.Receive(At(0), V6(IpProtocol.Fragment, [44, 0, 0, (byte)(from | (to < 56 ? 1 : 0)), 0, 0, 0, 3, .. inner[from..to]]));
        }

        Assert.Equal((1L, 1L), (Oks(true), _bench.Counters[SnmpCounter.Ip6InHdrErrors]));
        Assert.Empty(_bench.Transport.Log);
    }

    [Theory]
    [InlineData(false, 30)]
    [InlineData(true, 60)]
    public void WhatStaysIncompleteIsGivenUp(bool v6, int seconds)
    {
        byte[] message = Fragments.Message(v6, 48);
        byte[] first = Fragments.Make(v6, message, 0, 16, more: true, id: 1);
        _bench.Receive(At(1), first);
        _bench.Receive(At(2), Fragments.Make(v6, message, 16, 48, more: false, id: 2));
        _bench.Receive(At(9), Fragments.Make(v6, message, 16, 24, more: true, id: 1));
        Assert.Equal(At(1 + seconds), _bench.Ip.NextDeadline);
        _bench.Ip.Advance(At(1 + seconds - 0.001));
        Assert.Equal(2, _bench.Ip.IncompleteDatagrams);
        _bench.Ip.Advance(At(1 + seconds));

        // RFC 792: the sender is told, quoting the first fragment; without that nothing is sent.
        byte[] error = _bench.SentOne();
        int at = v6 ? 54 : 34;
        Assert.Equal(v6 ? "0301" : "0b01", Convert.ToHexStringLower(error.AsSpan(at, 2)));
        Assert.Equal(Convert.ToHexStringLower(first.AsSpan(14)), Convert.ToHexStringLower(error.AsSpan(at + 8)));
        Assert.Equal(At(2 + seconds), _bench.Ip.NextDeadline);
        _bench.Ip.Advance(At(2 + seconds));
        Assert.Empty(_bench.Sent());
        Assert.Equal((2L, 2L), (Fails(v6), Count(v6, SnmpCounter.IpReasmTimeout, SnmpCounter.Ip6ReasmTimeout)));
        Assert.Equal((0, 0L, 0L), (_bench.Ip.IncompleteDatagrams, _bench.Ip.FragmentMemory, _bench.Pool.Outstanding));
        Assert.True(_bench.Ip.NextDeadline.IsNever);
    }

    /// <summary>RFC 3168 §5.3 and Linux's table: codepoints of two fragments, and of the datagram; -1: dropped.</summary>
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(3, 3, 3)]
    [InlineData(2, 3, 3)]
    [InlineData(3, 1, 3)]
    [InlineData(2, 1, 2)]
    [InlineData(0, 3, -1)]
    [InlineData(2, 0, -1)]
    [InlineData(1, 0, -1)]
    public void CongestionMarksAreCombined(byte first, byte second, int whole)
    {
        foreach (bool v6 in (bool[])[false, true])
        {
            // The class shows in the answer to an echo request.
            byte[] request = new byte[48];
            _ = v6
                ? Icmpv6Writer.WriteEcho(request, Peer6, Own6, false, 1, 2, new byte[40])
                : IcmpWriter.WriteEcho(request, false, 1, 2, new byte[40]);
            _bench.Receive(At(0), Fragments.Make(v6, request, 24, 48, more: false, traffic: (byte)(0x28 | second)));
            _bench.Receive(At(0), Fragments.Make(v6, request, 0, 24, more: true, traffic: (byte)(0x28 | first)));
            List<byte[]> sent = _bench.Sent();
            Assert.Equal(whole < 0 ? [] : [0x28 | whole], sent.Select(f => v6 ? f[14] << 4 & 0xF0 | f[15] >> 4 : f[15]));
            Assert.Equal(whole < 0 ? 1 : 0, Fails(v6));
        }
    }

    [Theory]
    [InlineData(64, 0)]
    [InlineData(65, 1)]
    public void AnIdentificationThatCameRoundIsANewDatagram(int others, int fails)
    {
        // Linux: ipfrag_max_dist, 64 fragments of the same source in between.
        byte[] message = Fragments.Message(false, 48);
        _bench.Receive(At(0), Fragments.Make(false, message, 0, 16, more: true));
        for (uint id = 100; id < 100 + others - 1; id++)
        {
            _bench.Receive(At(0), Fragments.Make(false, message, 0, 16, more: true, id));
        }

        _bench.Receive(At(0), Fragments.Make(false, message, 16, 48, more: false));
        Assert.Equal((1L - fails, (long)fails), (Oks(false), Fails(false)));
    }

    [Theory]
    [InlineData(false, 1480)]
    [InlineData(true, 1448)]
    [InlineData(false, 8)]
    [InlineData(true, 8)]
    public void EndlessFirstFragmentsTakeBoundedMemory(bool v6, int length)
    {
        byte[] message = Fragments.Message(v6, 2000);
        for (int i = 0; i < 20_000; i++)
        {
            _bench.Receive(At(i * 0.0001), Fragments.Make(v6, message, 0, length, more: true, (uint)i));
        }

        Assert.InRange(_bench.Ip.FragmentMemory, 4 << 20, (4 << 20) + 4096);
        Assert.Equal(20_000 - _bench.Ip.IncompleteDatagrams, Fails(v6));
        for (int i = 0; i < 700; i++)
        {
            _bench.Ip.Advance(At(2 + i * 0.1));
            _bench.Sent();
        }

        Assert.Equal((0, 0L, 0L), (_bench.Ip.IncompleteDatagrams, _bench.Ip.FragmentMemory, _bench.Pool.Outstanding));
        byte[] whole = Fragments.Message(v6, 48);
        foreach (byte[] frame in Fragments.Parse(v6, whole, "0-16+ 16-48."))
        {
            _bench.Receive(At(100), frame);
        }

        Assert.Equal([Fragments.LogOf(v6, whole)], _bench.Transport.Log);
    }

    [Fact]
    public void NoMemoryForFragmentsRefusesAll()
    {
        Sysctls sysctls = new();
        IpBench bench = new(sysctls);
        Assert.True(sysctls.TrySet("net.ipv4.ipfrag_high_thresh", "0", out _));
        foreach (byte[] frame in Fragments.Parse(false, Fragments.Message(false, 48), "0-16+ 16-48."))
        {
            bench.Receive(At(0), frame);
        }

        Assert.Equal((2L, 0), (bench.Counters[SnmpCounter.IpReasmFails], bench.Ip.IncompleteDatagrams));
    }

    /// <summary>Any cut in any order with duplicates comes out whole; with other fragments in between it comes out whole or not at all.</summary>
    [Fact]
    public void AnyCutInAnyOrderGivesTheSameDatagramOrNothing()
    {
        Gen gen = new(77);
        for (int round = 0; round < 3000; round++)
        {
            bool v6 = gen.Coin();
            byte[] message = Fragments.Message(v6, 9 + gen.Below(gen.Below(10) == 0 ? 60_000 : 400));
            List<(int From, int To)> cuts = [];
            for (int at = 0; at < message.Length;)
            {
                int length = Math.Min(8 * (1 + gen.Below(Math.Max(message.Length / 24, 3))), message.Length - at);
                cuts.Add((at, at + length));
                at += length;
            }

            List<(int From, int To)> order = [.. cuts];
            bool hostile = gen.Below(3) == 0;
            for (int i = gen.Below(4); i > 0; i--)
            {
                order.Add(cuts[gen.Below(cuts.Count)]);
                if (hostile)
                {
                    int from = 8 * gen.Below(message.Length / 8 + 1);
                    order.Add((from, from + 8 * gen.Below(5)));
                }
            }

            for (int i = order.Count - 1; i > 0; i--)
            {
                int other = gen.Below(i + 1);
                (order[i], order[other]) = (order[other], order[i]);
            }

            _bench.Transport.Log.Clear();
            foreach ((int from, int to) in order.Where(_ => cuts.Count > 1))
            {
                _bench.Receive(At(round * 100), Fragments.Make(v6, message, from, to, to != message.Length, (uint)round));
            }

            Assert.All(_bench.Transport.Log, line => Assert.Equal(Fragments.LogOf(v6, message), line));
            Assert.True(hostile || cuts.Count < 2 || _bench.Transport.Log.Count > 0);
            _bench.Ip.Advance(At(round * 100 + 99));
            _bench.Sent();
        }

        Assert.Equal((0, 0L, 0L), (_bench.Ip.IncompleteDatagrams, _bench.Ip.FragmentMemory, _bench.Pool.Outstanding));
    }

    [Fact]
    public void MangledFragmentsThrowNothing()
    {
        Gen gen = new(4);
        for (int i = 0; i < 30_000; i++)
        {
            bool v6 = gen.Coin();
            int from = 8 * gen.Below(gen.Coin() ? 10 : 8192);
            byte[] frame = Fragments.Make(
                v6, Fragments.Message(v6, 200), from, from + gen.Below(100), gen.Coin(), (uint)gen.Below(4), (byte)gen.Below(4));
            for (int flips = gen.Below(3); flips > 0; flips--)
            {
                frame[Math.Min(frame.Length - 1, (v6 ? 54 : 34) + gen.Below(Math.Max(frame.Length - (v6 ? 54 : 34), 1)))] = (byte)gen.Next();
            }

            _bench.Receive(At(i * 0.1), frame);
            _bench.Ip.Advance(At(i * 0.1));
            _bench.Sent();
        }

        _bench.Ip.Advance(At(10_000));
        _bench.Sent();
        Assert.Equal((0, 0L, 0L), (_bench.Ip.IncompleteDatagrams, _bench.Ip.FragmentMemory, _bench.Pool.Outstanding));
    }
}

using SimStack.Ip;
using SimStack.Tests.Wire;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Ip.IpBench;

namespace SimStack.Tests.Ip;

public sealed class ReceiveTests
{
    private readonly IpBench _bench = new();

    private static byte[] Changed(byte[] frame, params (int At, byte Value)[] changes)
    {
        foreach ((int at, byte value) in changes)
        {
            frame[at] = value;
        }

        return frame;
    }

    public static TheoryData<string, SnmpCounter> Bad => new()
    {
        { "short", SnmpCounter.IpInHdrErrors },
        { "checksum", SnmpCounter.IpExtInCsumErrors },
        { "version", SnmpCounter.IpInHdrErrors },
        { "ihl", SnmpCounter.IpInHdrErrors },
        { "cut", SnmpCounter.IpExtInTruncatedPkts },
        { "other", SnmpCounter.IpInAddrErrors },
        { "martian", SnmpCounter.IpInAddrErrors },
        { "spoofed", SnmpCounter.IpInAddrErrors },
        { "multicast source", SnmpCounter.IpInAddrErrors },
        { "group frame", SnmpCounter.IpInAddrErrors },
        { "fragment", SnmpCounter.IpReasmReqds },
        { "short6", SnmpCounter.Ip6InHdrErrors },
        { "cut6", SnmpCounter.Ip6InTruncatedPkts },
        { "other6", SnmpCounter.Ip6InAddrErrors },
        { "other group6", SnmpCounter.Ip6InAddrErrors },
        { "fragment6", SnmpCounter.Ip6ReasmReqds },
        { "routing6", SnmpCounter.Ip6InHdrErrors },
        { "icmp checksum", SnmpCounter.IcmpInCsumErrors },
        { "icmp short", SnmpCounter.IcmpInErrors },
        { "icmp quote", SnmpCounter.IcmpInErrors },
        { "icmp6 checksum", SnmpCounter.Icmp6InCsumErrors },
    };

    private static byte[] Make(string kind)
    {
        byte[] tcp = new byte[20];
        byte[] echo = new byte[12];
        IcmpWriter.WriteEcho(echo, false, 1, 2, [1, 2, 3, 4]);
        byte[] quote = new byte[16];
        IcmpWriter.WriteError(quote, IcmpType.DestinationUnreachable, 1, 0, new byte[8]);
        switch (kind)
        {
            case "short": return V4(IpProtocol.Tcp, tcp)[..30];
            case "checksum": return Changed(V4(IpProtocol.Tcp, tcp), (22, 1));
            case "version": return Changed(V4(IpProtocol.Tcp, tcp), (14, 0x55));
            case "ihl": return Changed(V4(IpProtocol.Tcp, tcp), (14, 0x44));
            case "cut": return V4(IpProtocol.Tcp, tcp)[..50];
            case "other": return V4(IpProtocol.Tcp, tcp, to: IpAddress.Parse("10.0.0.9"));
            case "martian": return V4(IpProtocol.Tcp, tcp, from: IpAddress.LoopbackV4);
            case "spoofed": return V4(IpProtocol.Tcp, tcp, from: Own);
            case "multicast source": return V4(IpProtocol.Tcp, tcp, from: IpAddress.Parse("224.0.0.1"));
            case "group frame": return V4(IpProtocol.Tcp, tcp, mac: MacAddress.Broadcast);
            case "fragment":
                byte[] fragment = V4(IpProtocol.Tcp, tcp);
                Ipv4Writer.Write(fragment.AsSpan(14), Peer, Own, IpProtocol.Tcp, 20, dontFragment: false, moreFragments: true);
                return fragment;
            case "short6": return V6(IpProtocol.Tcp, tcp)[..40];
            case "cut6": return V6(IpProtocol.Tcp, tcp)[..60];
            case "other6": return V6(IpProtocol.Tcp, tcp, to: IpAddress.Parse("fd00::9"));
            case "other group6": return V6(IpProtocol.Tcp, tcp, to: IpAddress.Parse("ff02::99"), mac: new(0x3333_0000_0099));
            case "fragment6": return V6(IpProtocol.Fragment, [6, 0, 0, 1, 0, 0, 0, 5, .. tcp, 1, 2, 3, 4]);
            case "routing6": return V6(IpProtocol.Routing, [6, 0, 0, 1, 0, 0, 0, 5, .. tcp]);
            case "icmp checksum": return V4(IpProtocol.Icmp, Changed(echo, (3, 0xAA)));
            case "icmp short": return V4(IpProtocol.Icmp, echo[..7]);
            case "icmp quote": return V4(IpProtocol.Icmp, quote);
            case "icmp6 checksum": return V6(IpProtocol.IcmpV6, [128, 0, 1, 2, 0, 0, 0, 0]);
            default: throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void BadPacketIsCountedByKindAndDropped(string kind, SnmpCounter counter)
    {
        _bench.Receive(At(0), Make(kind));
        Assert.Equal(1, _bench.Counters[counter]);
        Assert.Empty(_bench.Transport.Log);
        Assert.Empty(_bench.Transport.Errors);
        Assert.Empty(_bench.Sent());
    }

    [Fact]
    public void EthernetFilter()
    {
        byte[] good = V4(IpProtocol.Tcp, new byte[20], traffic: 3);
        _bench.Receive(At(0), good);
        _bench.Receive(At(0), Changed(V4(IpProtocol.Tcp, new byte[20]), (5, 9)));
        _bench.Receive(At(0), good[..13]);
        _bench.Receive(At(0), Changed(V4(IpProtocol.Tcp, new byte[20]), (12, 0x99)));
        Assert.Equal((4L, 1L, 1L, 1L), (_bench.Eth.RxPackets, _bench.Eth.RxOtherHost, _bench.Eth.RxErrors, _bench.Eth.RxDropped));
        Assert.Equal(["tcp 10.0.0.2 10.0.0.1 20 tc=3 ttl=64 many=False"], _bench.Transport.Log);
        Assert.Equal((1L, 0L), (_bench.Counters[SnmpCounter.IpExtInCEPkts], _bench.Counters[SnmpCounter.IpExtInNoECTPkts]));
    }

    [Fact]
    public void LinkPaddingIsCutOff()
    {
        byte[] padded = new byte[60];
        V4(IpProtocol.Tcp, new byte[20]).CopyTo(padded, 0);
        _bench.Receive(At(0), padded);
        Assert.StartsWith("tcp 10.0.0.2 10.0.0.1 20 ", Assert.Single(_bench.Transport.Log), StringComparison.Ordinal);
    }

    [Fact]
    public void MalformedFramesByTheThousandChangeNothingButCounters()
    {
        Gen gen = new(33);
        string[] kinds = [.. Bad.Select(row => row.Data.Item1)];
        for (int i = 0; i < 50_000; i++)
        {
            byte[] frame = Make(kinds[gen.Below(kinds.Length)]);
            if (i % 5 == 0)
            {
                frame = Arp(gen.Coin() ? ArpOperation.Request : ArpOperation.Reply, PeerMac, Peer, Own);
            }

            for (int flips = gen.Below(4); flips > 0; flips--)
            {
                frame[gen.Below(frame.Length)] = (byte)gen.Next();
            }

            _bench.Receive(At(i * 0.001), frame.AsSpan(0, gen.Coin() ? frame.Length : gen.Below(frame.Length + 1)).ToArray());
            _bench.Ip.Advance(At(i * 0.001));
            _bench.Sent();
        }

        Assert.Equal(50_000, _bench.Eth.RxPackets);
        _bench.Ip.Advance(At(100_000));
        for (int i = 0; i < 20; i++)
        {
            _bench.Ip.Advance(At(100_000 + i));
        }

        _bench.Sent();
        Assert.Equal(0, _bench.Pool.Outstanding);
    }

    [Fact]
    public void InterfaceGoingDownDropsWhatWaits()
    {
        _bench.Send(At(0), Peer);
        _bench.Ip.SetUp(_bench.Eth, false);
        Assert.Equal((0L, 0, 0), (_bench.Pool.Outstanding, _bench.Eth.OutgoingCount, _bench.Eth.Neighbours.Entries.Count));
        Assert.True(_bench.Ip.NextDeadline.IsNever);
        _bench.Receive(At(1), V4(IpProtocol.Tcp, new byte[20]));
        Assert.Empty(_bench.Transport.Log);
        _bench.Ip.SetUp(_bench.Eth, true);
        _bench.Send(At(2), Peer);
        Assert.Equal(42, _bench.SentOne().Length);
    }

    [Fact]
    public void TooLongForTheInterfaceIsCounted()
    {
        _bench.Send(At(0), Peer, 1481);
        Assert.Equal((1L, 0L), (_bench.Counters[SnmpCounter.IpFragFails], _bench.Pool.Outstanding));
    }
}

using SimStack.Ip;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Ip.IpBench;

namespace SimStack.Tests.Ip;

public sealed class ArpTests
{
    private readonly IpBench _bench = new();

    private static string Hex(byte[] frame) => Convert.ToHexStringLower(frame);

    [Fact]
    public void ResolvesThenSendsWhatWaited()
    {
        _bench.Send(At(0), Peer);
        _bench.Send(At(0.1), Peer, 30);
        // Byte for byte as a Linux kernel asks.
        Assert.Equal(
            "ffffffffffff020000000001" + "0806" + "0001080006040001" + "0200000000010a000001" + "0000000000000a000002",
            Hex(_bench.SentOne()));
        Assert.Equal(NeighbourState.Incomplete, _bench.Eth.Neighbours.Find(Peer)!.State);

        _bench.Receive(At(0.2), Arp(ArpOperation.Reply, PeerMac, Peer, Own));
        List<byte[]> sent = _bench.Sent();
        Assert.Equal([54, 64], sent.Select(f => f.Length));
        Assert.All(sent, f => Assert.StartsWith("020000000002020000000001" + "0800", Hex(f), StringComparison.Ordinal));
        Assert.Equal(NeighbourState.Reachable, _bench.Eth.Neighbours.Find(Peer)!.State);
        Assert.True(_bench.Ip.NextDeadline.IsNever);
        Assert.Equal(0, _bench.Pool.Outstanding);
    }

    [Fact]
    public void AsksThreeTimesASecondApartThenFails()
    {
        _bench.Send(At(0), Peer);
        _bench.Sent();
        foreach (int second in new[] { 1, 2 })
        {
            Assert.Equal(At(second), _bench.Ip.NextDeadline);
            _bench.Ip.Advance(At(second));
            Assert.Equal(EtherType.Arp, EtherTypeOf(_bench.SentOne()));
        }

        _bench.Ip.Advance(At(3) - Duration.FromNanoseconds(1));
        Assert.Empty(_bench.Transport.Log);
        _bench.Ip.Advance(At(3));
        Assert.Equal(["failed 10.0.0.2 at 3.000000000"], _bench.Transport.Log);
        Assert.Empty(_bench.Sent());
        Assert.Equal(NeighbourState.Failed, _bench.Eth.Neighbours.Find(Peer)!.State);
        Assert.True(_bench.Ip.NextDeadline.IsNever);
        Assert.Equal(0, _bench.Pool.Outstanding);

        // The next use asks again.
        _bench.Send(At(4), Peer);
        Assert.Equal(EtherType.Arp, EtherTypeOf(_bench.SentOne()));
    }

    private static EtherType EtherTypeOf(byte[] frame) => EthernetView.TryParse(frame, out EthernetView view, out _) ? view.EtherType : 0;

    [Fact]
    public void OldestOf102WaitingFramesIsDropped()
    {
        for (int i = 0; i < 102; i++)
        {
            _bench.Send(At(0), Peer, 20 + i);
        }

        _bench.Sent();
        Assert.Equal(1, _bench.Eth.Neighbours.Dropped);
        _bench.Receive(At(0.2), Arp(ArpOperation.Reply, PeerMac, Peer, Own));
        List<byte[]> sent = _bench.Sent();
        Assert.Equal(Enumerable.Range(21, 101), sent.Select(f => f.Length - 34));
    }

    [Fact]
    public void AnswersWhoHasAndLearnsTheAsker()
    {
        _bench.Receive(At(0), Arp(ArpOperation.Request, PeerMac, Peer, Own));
        Assert.Equal(
            "020000000002020000000001" + "0806" + "0001080006040002" + "0200000000010a000001" + "0200000000020a000002",
            Hex(_bench.SentOne()));
        Assert.Equal(NeighbourState.Stale, _bench.Eth.Neighbours.Find(Peer)!.State);

        // Not for us: nothing said, nobody learned.
        IpAddress third = IpAddress.Parse("10.0.0.3");
        _bench.Receive(At(0), Arp(ArpOperation.Request, new(0x0200_0000_0003), third, Peer));
        Assert.Empty(_bench.Sent());
        Assert.Null(_bench.Eth.Neighbours.Find(third));
    }

    [Fact]
    public void GratuitousArpChangesKnownEntriesOnly()
    {
        MacAddress moved = new(0x0200_0000_0009);
        _bench.Receive(At(0), Arp(ArpOperation.Request, PeerMac, Peer, Peer));
        Assert.Null(_bench.Eth.Neighbours.Find(Peer));
        _bench.Receive(At(1), Arp(ArpOperation.Request, PeerMac, Peer, Own));
        _bench.Receive(At(1.1), Arp(ArpOperation.Request, moved, Peer, Peer));
        Assert.Equal(moved, _bench.Eth.Neighbours.Find(Peer)!.MacAddress);
    }

    [Fact]
    public void SecondDifferentAnswerWithinASecondIsIgnored()
    {
        _bench.Send(At(0), Peer);
        _bench.Receive(At(0.1), Arp(ArpOperation.Reply, PeerMac, Peer, Own));
        _bench.Receive(At(0.2), Arp(ArpOperation.Reply, new(0x0200_0000_0009), Peer, Own));
        Assert.Equal(PeerMac, _bench.Eth.Neighbours.Find(Peer)!.MacAddress);
        _bench.Receive(At(1.2), Arp(ArpOperation.Reply, new(0x0200_0000_0009), Peer, Own));
        Assert.Equal(new(0x0200_0000_0009), _bench.Eth.Neighbours.Find(Peer)!.MacAddress);
    }

    [Fact]
    public void StaleEntryIsUsedDelayedProbedAndGivenUp()
    {
        _bench.Receive(At(0), Arp(ArpOperation.Request, PeerMac, Peer, Own));
        _bench.Sent();
        NeighbourEntry entry = _bench.Eth.Neighbours.Find(Peer)!;
        _bench.Send(At(1), Peer);
        Assert.Equal(54, _bench.SentOne().Length);
        Assert.Equal((NeighbourState.Delay, At(6)), (entry.State, _bench.Ip.NextDeadline));
        for (int second = 6; second <= 8; second++)
        {
            _bench.Ip.Advance(At(second));
            Assert.Equal(NeighbourState.Probe, entry.State);
            // Direct questions, to its Ethernet address.
            Assert.StartsWith("020000000002" + "020000000001" + "0806", Hex(_bench.SentOne()), StringComparison.Ordinal);
        }

        _bench.Ip.Advance(At(9));
        Assert.Equal(NeighbourState.Failed, entry.State);
    }

    [Fact]
    public void ProbeAnswerOrTransportProgressConfirms()
    {
        _bench.Receive(At(0), Arp(ArpOperation.Request, PeerMac, Peer, Own));
        NeighbourEntry entry = _bench.Eth.Neighbours.Find(Peer)!;
        _bench.Send(At(1), Peer);
        _bench.Ip.FindPath(Peer, default)!.Confirm(At(3));
        _bench.Sent();
        _bench.Ip.Advance(At(6));
        Assert.Equal(NeighbourState.Reachable, entry.State);
        Assert.Empty(_bench.Sent());

        // 30 s after the confirmation it is stale again, and a probe's answer makes it reachable.
        _bench.Send(At(33.1), Peer);
        Assert.Equal(NeighbourState.Delay, entry.State);
        _bench.Ip.Advance(At(38.1));
        Assert.Equal(NeighbourState.Probe, entry.State);
        _bench.Receive(At(38.2), Arp(ArpOperation.Reply, PeerMac, Peer, Own));
        Assert.Equal(NeighbourState.Reachable, entry.State);
        Assert.True(_bench.Ip.NextDeadline.IsNever);
    }

    [Fact]
    public void PermanentEntryIsNeverAskedNorChanged()
    {
        _bench.Eth.Neighbours.SetPermanent(Peer, PeerMac);
        _bench.Send(At(0), Peer);
        Assert.Equal(54, _bench.SentOne().Length);
        _bench.Receive(At(5), Arp(ArpOperation.Request, new(0x0200_0000_0009), Peer, Peer));
        Assert.Equal(PeerMac, _bench.Eth.Neighbours.Find(Peer)!.MacAddress);
        Assert.True(_bench.Ip.NextDeadline.IsNever);
    }

    [Fact]
    public void FailureOfARouterIsReportedForEachDestination()
    {
        _bench.Ip.Routes.AddDefault(IpAddress.Parse("10.0.0.254"), _bench.Eth);
        _bench.Send(At(0), IpAddress.Parse("192.0.2.1"));
        _bench.Send(At(0), IpAddress.Parse("192.0.2.2"));
        for (int second = 1; second <= 3; second++)
        {
            _bench.Ip.Advance(At(second));
        }

        Assert.Equal(["failed 192.0.2.1 at 3.000000000", "failed 192.0.2.2 at 3.000000000"], _bench.Transport.Log);
    }

    [Fact]
    public void TableHoldsNoMoreThan1024()
    {
        _bench.Ip.AddAddress(_bench.Eth, IpAddress.Parse("10.1.0.1"), 16);
        for (int i = 0; i < 1100; i++)
        {
            _bench.Send(At(0), IpAddress.FromV4(10, 1, (byte)(1 + i / 250), (byte)(1 + i % 250)));
        }

        Assert.Equal(1024, _bench.Eth.Neighbours.Entries.Count);
        Assert.Equal(1100 - 1024, _bench.Counters[SnmpCounter.IpOutDiscards]);
        for (int second = 1; second <= 3; second++)
        {
            _bench.Ip.Advance(At(second));
        }

        _bench.Send(At(4), Peer);
        Assert.Equal(NeighbourState.Incomplete, _bench.Eth.Neighbours.Find(Peer)!.State);
        Assert.Equal(1024, _bench.Eth.Neighbours.Entries.Count);
    }

    [Fact]
    public void FullQueueDropsAndCounts()
    {
        _bench.Eth.Neighbours.SetPermanent(Peer, PeerMac);
        for (int i = 0; i < 1005; i++)
        {
            _bench.Send(At(0), Peer);
        }

        Assert.Equal((1000, 5L), (_bench.Eth.OutgoingCount, _bench.Eth.TxDropped));
        Assert.Equal(1000, _bench.Sent().Count);
        Assert.Equal(0, _bench.Pool.Outstanding);
    }
}

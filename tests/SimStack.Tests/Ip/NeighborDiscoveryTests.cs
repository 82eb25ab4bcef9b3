using SimStack.Ip;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Ip.IpBench;

namespace SimStack.Tests.Ip;

public sealed class NeighborDiscoveryTests
{
    private readonly IpBench _bench = new();

    private static byte[] Advertisement(MacAddress mac, bool solicited, bool overrides, byte hops = 255)
    {
        byte[] message = new byte[32];
        Icmpv6Writer.WriteAdvertisement(message, Peer6, Own6, Peer6, mac, false, solicited, overrides);
        return V6(IpProtocol.IcmpV6, message, hops: hops);
    }

    private static byte[] Solicitation(IpAddress from, IpAddress to, IpAddress asked)
    {
        byte[] message = new byte[32];
        int length = Icmpv6Writer.WriteSolicitation(message, from, to, asked, PeerMac);
        return V6(IpProtocol.IcmpV6, message[..length], from, to, to.IsMulticast ? new(0x3333_FF00_0001) : Mac, 255);
    }

    [Fact]
    public void ResolvesBySolicitedNodeGroup()
    {
        _bench.Send(At(0), Peer6);
        byte[] asked = _bench.SentOne();
        // To 33:33:ff:00:00:02, ff02::1:ff00:2, hop limit 255, type 135, own Ethernet address as option.
        string hex = Convert.ToHexStringLower(asked);
        Assert.StartsWith("3333ff000002020000000001" + "86dd" + "600000000020" + "3aff", hex, StringComparison.Ordinal);
        Assert.EndsWith("00000000" + "fd000000000000000000000000000002" + "0101020000000001", hex, StringComparison.Ordinal);
        Assert.Equal("ff0200000000000000000001ff000002" + "8700", hex.Substring(76, 36));

        _bench.Receive(At(0.1), Advertisement(PeerMac, solicited: true, overrides: true));
        Assert.StartsWith("020000000002", Convert.ToHexStringLower(_bench.SentOne()), StringComparison.Ordinal);
        Assert.Equal(NeighbourState.Reachable, _bench.Eth.Neighbours.Find(Peer6)!.State);
    }

    [Fact]
    public void AnswersASolicitationAndLearnsTheAsker()
    {
        _bench.Receive(At(0), Solicitation(Peer6, IpLayer.SolicitedNode(Own6), Own6));
        byte[] answer = _bench.SentOne();
        Assert.True(Ipv6View.TryParse(answer.AsSpan(14), out Ipv6View packet, out _));
        Assert.Equal((Own6, Peer6, (byte)255), (packet.Source, packet.Destination, packet.HopLimit));
        Assert.True(Icmpv6View.TryParse(packet.Payload, Own6, Peer6, out Icmpv6View message, out _));
        Assert.True(NeighborView.TryParse(message.Bytes, out NeighborView advertisement, out _));
        Assert.Equal((Own6, Mac, true, true), (advertisement.Target, advertisement.LinkLayer, advertisement.IsSolicited, advertisement.IsOverride));
        // Learned as stale; the answer itself is its first use.
        Assert.Equal((NeighbourState.Delay, PeerMac), (_bench.Eth.Neighbours.Find(Peer6)!.State, _bench.Eth.Neighbours.Find(Peer6)!.MacAddress));
    }

    // A kernel asks so when its own address was not ready as the first packet waited for the answer.
    [Fact]
    public void AnswersALinkLocalAskerWithoutARouteThere()
    {
        IpAddress asker = IpAddress.Parse("fe80::2");
        _bench.Receive(At(0), Solicitation(asker, IpLayer.SolicitedNode(Own6), Own6));
        byte[] answer = _bench.SentOne();
        Assert.StartsWith("020000000002", Convert.ToHexStringLower(answer), StringComparison.Ordinal);
        Assert.True(Ipv6View.TryParse(answer.AsSpan(14), out Ipv6View packet, out _));
        Assert.Equal((Own6, asker, (byte)255), (packet.Source, packet.Destination, packet.HopLimit));
        Assert.True(Icmpv6View.TryParse(packet.Payload, Own6, asker, out Icmpv6View message, out _));
        Assert.True(NeighborView.TryParse(message.Bytes, out NeighborView advertisement, out _));
        Assert.Equal((Own6, Mac, true, true), (advertisement.Target, advertisement.LinkLayer, advertisement.IsSolicited, advertisement.IsOverride));
    }

    [Fact]
    public void DuplicateAddressDetectionIsAnsweredToAllNodes()
    {
        _bench.Receive(At(0), Solicitation(IpAddress.AnyV6, IpLayer.SolicitedNode(Own6), Own6));
        byte[] answer = _bench.SentOne();
        Assert.StartsWith("333300000001", Convert.ToHexStringLower(answer), StringComparison.Ordinal);
        Assert.Empty(_bench.Eth.Neighbours.Entries);
    }

    [Fact]
    public void PassedOnByARouterIsRefused()
    {
        _bench.Send(At(0), Peer6);
        _bench.Receive(At(0.1), Advertisement(PeerMac, true, true, hops: 254));
        Assert.Equal(NeighbourState.Incomplete, _bench.Eth.Neighbours.Find(Peer6)!.State);
        Assert.Equal(1, _bench.Counters[SnmpCounter.Icmp6InErrors]);
    }

    [Fact]
    public void WithoutOverrideAnotherAddressMakesStaleOnly()
    {
        _bench.Send(At(0), Peer6);
        _bench.Receive(At(0.1), Advertisement(PeerMac, true, true));
        _bench.Receive(At(0.2), Advertisement(new(0x0200_0000_0009), false, false));
        NeighbourEntry entry = _bench.Eth.Neighbours.Find(Peer6)!;
        Assert.Equal((NeighbourState.Stale, PeerMac), (entry.State, entry.MacAddress));
        _bench.Receive(At(0.3), Advertisement(new(0x0200_0000_0009), false, true));
        Assert.Equal(new(0x0200_0000_0009), entry.MacAddress);
    }

    [Fact]
    public void UnsolicitedMakesNoEntryAndFailureIsReported()
    {
        _bench.Receive(At(0), Advertisement(PeerMac, false, true));
        Assert.Empty(_bench.Eth.Neighbours.Entries);
        _bench.Send(At(0), Peer6);
        for (int second = 1; second <= 3; second++)
        {
            _bench.Ip.Advance(At(second));
        }

        Assert.Equal(["failed fd00::2 at 3.000000000"], _bench.Transport.Log);
        Assert.Equal(3, _bench.Sent().Count);
    }
}

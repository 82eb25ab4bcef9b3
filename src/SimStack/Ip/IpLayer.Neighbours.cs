using SimStack.Wire;

namespace SimStack.Ip;

public sealed partial class IpLayer
{
    private const byte NeighborHopLimit = 255;
    private static readonly IpAddress AllNodes = new(0xFF02_0000_0000_0000, 1);

    /// <summary>The solicited-node multicast address (RFC 4291 §2.7.1): ff02::1:ff00:0 and the last 24 bits.</summary>
    internal static IpAddress SolicitedNode(in IpAddress address) =>
        new(0xFF02_0000_0000_0000, 0x0000_0001_FF00_0000 | address.Low & 0xFF_FFFF);

    /// <summary>Asks who has the entry's address: everybody (or its group), or its known Ethernet address when direct.</summary>
    internal void SendSolicitation(NetworkInterface through, NeighbourEntry entry, bool direct)
    {
        IpAddress from = SourceFor(through, entry);
        if (entry.Address.IsV4)
        {
            SendArp(
                through, ArpOperation.Request, direct ? entry.MacAddress : MacAddress.Broadcast, from, default, entry.Address);
            return;
        }

        IpAddress to = direct ? entry.Address : SolicitedNode(entry.Address);
        MacAddress mac = direct ? entry.MacAddress : GroupMac(through, to)!.Value;
        Frame frame = Pool.Rent(128);
        int length = Icmpv6Writer.WriteSolicitation(frame.Buffer.AsSpan(54), from, to, entry.Address, through.MacAddress);
        _counters[SnmpCounter.Icmp6OutNeighborSolicits]++;
        SendNeighborMessage(through, frame, length, from, to, mac);
    }

    /// <summary>
    /// Tells everybody on the link an own address and its Ethernet address (RFC 5227 §3 announcement, RFC 4861 §7.2.6).
    /// </summary>
    public void Announce(NetworkInterface through, IpAddress own)
    {
        if (own.IsV4)
        {
            SendArp(through, ArpOperation.Request, MacAddress.Broadcast, own, default, own);
        }
        else
        {
            SendAdvertisement(through, own, AllNodes, MacAddressOfAllNodes, solicited: false);
        }
    }

    private static MacAddress MacAddressOfAllNodes => new(0x3333_0000_0001);

    // Linux: the source of what waits, if it is an own address of this link; else the address nearest to the target.
    private static IpAddress SourceFor(NetworkInterface through, NeighbourEntry entry)
    {
        foreach (InterfaceAddress own in through.AddressList)
        {
            if (own.Address == entry.AskFrom)
            {
                return own.Address;
            }
        }

        IpAddress best = Best(through.AddressList, entry.Address, entry.Address);
        return best != default ? best : entry.Address.IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6;
    }

    private void ReceiveArp(Instant now, NetworkInterface through, ReadOnlySpan<byte> bytes, bool group)
    {
        if (!ArpView.TryParse(bytes, out ArpView arp, out _))
        {
            through.RxDropped++;
            return;
        }

        IpAddress sender = arp.SenderAddress;
        IpAddress target = arp.TargetAddress;
        MacAddress mac = arp.SenderMac;
        bool nobody = target.IsMulticast || target.IsLoopback || sender.IsMulticast || sender.IsLoopback;
        if (nobody || mac.IsGroup || mac == through.MacAddress)
        {
            through.RxDropped++;
            return;
        }

        // RFC 826: the asker is learned from a question to us; from anything else only who is known already.
        bool forUs = arp.Operation == ArpOperation.Request && !target.IsUnspecified && IsOwnAddress(target);
        if (forUs)
        {
            if (!sender.IsUnspecified && !IsOwnAddress(sender) && through.Neighbours.FindOrAdd(sender, now) is { } asker)
            {
                through.Neighbours.Update(now, asker, mac, NeighbourState.Stale, replace: true, weak: false);
            }

            SendArp(through, ArpOperation.Reply, mac, target, mac, sender);
        }
        else if (through.Neighbours.Find(sender) is { } known)
        {
            bool gratuitous = sender == target;
            bool answer = arp.Operation == ArpOperation.Reply && !group;
            bool replace = gratuitous || NeighbourTable.IsUnlocked(now, known);
            through.Neighbours.Update(
                now, known, mac, answer ? NeighbourState.Reachable : NeighbourState.Stale, replace, weak: false);
        }
    }

    private void SendArp(
        NetworkInterface through, ArpOperation operation, MacAddress to, in IpAddress sender, MacAddress targetMac,
        in IpAddress target)
    {
        Frame frame = Pool.Rent(EthernetView.HeaderLength + ArpView.MessageLength);
        EthernetWriter.Write(frame.Buffer, to, through.MacAddress, EtherType.Arp);
        ArpWriter.Write(frame.Buffer.AsSpan(EthernetView.HeaderLength), operation, through.MacAddress, sender, targetMac, target);
        through.Enqueue(frame);
    }

    private void ReceiveNeighborMessage(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> bytes)
    {
        NetworkInterface through = ip.Interface;
        // RFC 4861 §7.1: a hop limit of 255 shows that no router passed it on.
        if (ip.Ttl != NeighborHopLimit || through.IsLoopback || !NeighborView.TryParse(bytes, out NeighborView message, out _)
            || (message.HasLinkLayer && message.LinkLayer.IsGroup))
        {
            _counters[SnmpCounter.Icmp6InErrors]++;
        }
        else if (message.IsSolicitation)
        {
            ReceiveSolicitation(now, ip, message);
        }
        else if (!(message.IsSolicited && ip.IsMulticastOrBroadcast))
        {
            ReceiveAdvertisement(now, through, message);
        }
        else
        {
            _counters[SnmpCounter.Icmp6InErrors]++;
        }
    }

    // RFC 4861 §7.2.3, §7.2.4.
    private void ReceiveSolicitation(Instant now, in IpPacketInfo ip, in NeighborView message)
    {
        NetworkInterface through = ip.Interface;
        bool probing = ip.Source.IsUnspecified;
        if (probing && (message.HasLinkLayer || ip.Destination != SolicitedNode(message.Target)))
        {
            _counters[SnmpCounter.Icmp6InErrors]++;
            return;
        }

        if (message.Target.IsLoopback || !IsOwnAddress(message.Target))
        {
            return;
        }

        if (probing)
        {
            SendAdvertisement(through, message.Target, AllNodes, MacAddressOfAllNodes, solicited: false);
            return;
        }

        if (message.HasLinkLayer && through.Neighbours.FindOrAdd(ip.Source, now) is { } asker)
        {
            through.Neighbours.Update(now, asker, message.LinkLayer, NeighbourState.Stale, replace: true, weak: false);
        }

        if (FindPath(ip.Source, message.Target) is not { IsLoopback: false } path || path.Interface != through)
        {
            // On the link by definition (RFC 4861 §5.1), and answered by a host that has no such address itself (Linux: ndisc_send_skb asks no route).
            if (ip.Source.IsLinkLocalV6 && message.HasLinkLayer)
            {
                SendAdvertisement(through, message.Target, ip.Source, message.LinkLayer, solicited: true);
            }

            return;
        }

        Frame frame = Pool.Rent(128);
        int length = Icmpv6Writer.WriteAdvertisement(
            frame.Buffer.AsSpan(54), message.Target, ip.Source, message.Target, through.MacAddress, router: _sysctls.Ip6Forwarding,
            solicited: true, overrides: true);
        _counters[SnmpCounter.Icmp6OutMsgs]++;
        _counters[SnmpCounter.Icmp6OutNeighborAdvertisements]++;
        Send(now, path, message.Target, ip.Source, frame, length, IpProtocol.IcmpV6, 0, NeighborHopLimit, true, 0);
    }

    // RFC 4861 §7.2.5.
    private static void ReceiveAdvertisement(Instant now, NetworkInterface through, in NeighborView message)
    {
        if (through.Neighbours.Find(message.Target) is not { } entry || entry.State == NeighbourState.Failed)
        {
            return;
        }

        MacAddress? mac = message.HasLinkLayer ? message.LinkLayer : null;
        NeighbourState state = message.IsSolicited ? NeighbourState.Reachable : NeighbourState.Stale;
        entry.IsRouter = message.IsRouter;
        through.Neighbours.Update(now, entry, mac, state, message.IsOverride, weak: true);
    }

    private void SendAdvertisement(NetworkInterface through, in IpAddress own, in IpAddress to, MacAddress mac, bool solicited)
    {
        Frame frame = Pool.Rent(128);
        int length = Icmpv6Writer.WriteAdvertisement(
            frame.Buffer.AsSpan(54), own, to, own, through.MacAddress, router: _sysctls.Ip6Forwarding, solicited, overrides: true);
        _counters[SnmpCounter.Icmp6OutNeighborAdvertisements]++;
        SendNeighborMessage(through, frame, length, own, to, mac);
    }

    private void SendNeighborMessage(
        NetworkInterface through, Frame frame, int length, in IpAddress from, in IpAddress to, MacAddress mac)
    {
        EthernetWriter.Write(frame.Buffer, mac, through.MacAddress, EtherType.Ipv6);
        Ipv6Writer.Write(frame.Buffer.AsSpan(EthernetView.HeaderLength), from, to, IpProtocol.IcmpV6, length, NeighborHopLimit);
        frame.Length = EthernetView.HeaderLength + Ipv6View.HeaderLength + length;
        _counters[SnmpCounter.Icmp6OutMsgs]++;
        _counters[SnmpCounter.Ip6OutRequests]++;
        through.Enqueue(frame);
    }
}

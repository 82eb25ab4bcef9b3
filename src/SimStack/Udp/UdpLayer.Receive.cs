using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Udp;

/// <summary>Datagrams and errors in: validation and demultiplexing.</summary>
internal sealed partial class UdpLayer
{
    /// <summary>
    /// A datagram arrives. A UDP length below the IP payload's cuts it off (Linux; RFC 768 says nothing), one above is an error.
    /// </summary>
    public void Receive(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> bytes)
    {
        bool v4 = ip.Source.IsV4;
        if (!UdpView.TryParse(bytes, out UdpView datagram, out _, mayHaveNoLength: !v4))
        {
            Counters[v4 ? SnmpCounter.UdpInErrors : SnmpCounter.Udp6InErrors]++;
            return;
        }

        // Linux looks at the checksum of a long datagram only when it is read; nobody would see the difference but the counters.
        if (!datagram.VerifyChecksum(ip.Source, ip.Destination))
        {
            Counters[v4 ? SnmpCounter.UdpInCsumErrors : SnmpCounter.Udp6InCsumErrors]++;
            Counters[v4 ? SnmpCounter.UdpInErrors : SnmpCounter.Udp6InErrors]++;
            return;
        }

        if (ip.IsMulticastOrBroadcast)
        {
            if (!DeliverToAll(now, ip, datagram.SourcePort, datagram.DestinationPort, datagram.Payload))
            {
                Counters[v4 ? SnmpCounter.UdpIgnoredMulti : SnmpCounter.Udp6IgnoredMulti]++;
            }

            return;
        }

        UdpSocket? socket = Find(ip.Destination, datagram.DestinationPort, ip.Source, datagram.SourcePort);
        if (socket is not null)
        {
            Deliver(now, socket, ip, datagram.SourcePort, datagram.Payload);
            return;
        }

        Counters[v4 ? SnmpCounter.UdpNoPorts : SnmpCounter.Udp6NoPorts]++;
        Ip.RefusePort();
    }

    /// <summary>Gives a group's datagram to every socket that matches; false when there is none.</summary>
    public bool DeliverToAll(Instant now, in IpPacketInfo ip, ushort fromPort, ushort toPort, ReadOnlySpan<byte> payload)
    {
        if (!_byPort.TryGetValue(toPort, out List<UdpSocket>? sockets))
        {
            return false;
        }

        bool any = false;
        IpEndpoint from = new(ip.Source, fromPort);
        foreach (UdpSocket socket in sockets)
        {
            if (Covers(socket.LocalEndpoint.Address, socket.V6Only, ip.Destination)
                && (!socket.IsConnected || socket.RemoteEndpoint == from))
            {
                Deliver(now, socket, ip, fromPort, payload);
                any = true;
            }
        }

        return any;
    }

    /// <summary>An ICMP error about a datagram that this host is said to have sent.</summary>
    public void ReceiveIcmpError(Instant now, in IcmpErrorInfo error, ReadOnlySpan<byte> quoted)
    {
        UdpSocket? socket = Find(error.Source, error.SourcePort, error.Destination, error.DestinationPort);
        if (socket is null)
        {
            Counters[error.IsV4 ? SnmpCounter.IcmpInErrors : SnmpCounter.Icmp6InErrors]++;
            return;
        }

        socket.IcmpArrives(now, error, quoted[Math.Min(UdpView.HeaderLength, quoted.Length)..]);
    }

    /// <summary>
    /// The socket for a datagram: a connected one, else one bound to the address, else one bound to any, IPv4 before IPv6; of those that share
    /// the name by SO_REUSEPORT the one that the 4-tuple belongs to.
    /// </summary>
    private UdpSocket? Find(in IpAddress local, ushort localPort, in IpAddress remote, ushort remotePort)
    {
        UdpSocket? found = FindAny(local, localPort, remote, remotePort);
        return found?.Group is { Count: > 1 } group
            ? group.Select((uint)_secret.Compute(local.High, local.Low, remote.High, remote.Low, (uint)localPort << 16 | remotePort))
            : found;
    }

    private UdpSocket? FindAny(in IpAddress local, ushort localPort, in IpAddress remote, ushort remotePort)
    {
        if (_byName.TryGetValue((new(local, localPort), new(remote, remotePort)), out UdpSocket? found)
            || _byName.TryGetValue((new(local, localPort), default), out found)
            || (local.IsV4 && _byName.TryGetValue((new(IpAddress.AnyV4, localPort), default), out found)))
        {
            return found;
        }

        _byName.TryGetValue((new(IpAddress.AnyV6, localPort), default), out found);
        while (found is not null && local.IsV4 && found.V6Only)
        {
            found = found.NextSame;
        }

        return found;
    }

    private void Deliver(Instant now, UdpSocket socket, in IpPacketInfo ip, ushort fromPort, ReadOnlySpan<byte> payload)
    {
        if (!socket.Deliver(now, ip, fromPort, payload, UdpView.HeaderLength + payload.Length))
        {
            bool v4 = ip.Source.IsV4;
            Counters[v4 ? SnmpCounter.UdpRcvbufErrors : SnmpCounter.Udp6RcvbufErrors]++;
            Counters[v4 ? SnmpCounter.UdpInErrors : SnmpCounter.Udp6InErrors]++;
        }
    }
}

using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>send(2) and sendto(2).</summary>
public abstract partial class DatagramSocket
{
    /// <summary>Sends a datagram to the peer.</summary>
    /// <returns>Its length; otherwise as <see cref="SendTo"/>, and EDESTADDRREQ without a peer.</returns>
    public SocketResult Send(Instant now, ReadOnlySpan<byte> data, MessageFlags flags = MessageFlags.None) =>
        SendMessage(now, data, null, flags);

    /// <summary>Sends a datagram; connected or not. It leaves at once: SO_SNDBUF never holds one back.</summary>
    /// <returns>Its length; a pending error once, without sending; EMSGSIZE for what no datagram carries or the path may not;
    /// ENETUNREACH; EACCES for a broadcast address without SO_BROADCAST; EINVAL for port 0; EAFNOSUPPORT; EPIPE after SHUT_WR;
    /// EAGAIN when no port is free.</returns>
    public SocketResult SendTo(
        Instant now, ReadOnlySpan<byte> data, IpEndpoint destination, MessageFlags flags = MessageFlags.None) =>
        SendMessage(now, data, destination, flags);

    /// <summary>Checks what the protocol asks of a message before anything else is done.</summary>
    private protected abstract Errno CheckMessage(ReadOnlySpan<byte> data, IpEndpoint destination);

    /// <summary>What becomes of so much data with the protocol's header, in bytes.</summary>
    private protected abstract int MessageLength(int data);

    /// <summary>Writes header and payload with the checksum, and counts the message.</summary>
    private protected abstract void WriteMessage(
        Span<byte> bytes, in IpAddress source, IpEndpoint destination, ReadOnlySpan<byte> data);

    /// <summary>The message went to a group that this host belongs to.</summary>
    private protected virtual void SentToGroup(Instant now, in IpPacketInfo ip, ushort port, ReadOnlySpan<byte> data)
    {
    }

    private SocketResult SendMessage(Instant now, ReadOnlySpan<byte> data, IpEndpoint? to, MessageFlags flags)
    {
        Errno error = Prepare(data, to, flags, out IpEndpoint destination, out IpPath? path);
        if (error is Errno.OK)
        {
            error = CheckLength(now, MessageLength(data.Length), destination, path!);
        }

        if (error is Errno.OK)
        {
            error = _writeShut ? Errno.EPIPE : TakeError();
        }

        if (error is not Errno.OK)
        {
            return SocketResult.Fail(error);
        }

        Transmit(now, path!, destination, data);
        return SocketResult.Ok(data.Length);
    }

    private Errno Prepare(
        ReadOnlySpan<byte> data, IpEndpoint? to, MessageFlags flags, out IpEndpoint destination, out IpPath? path)
    {
        path = null;
        destination = to ?? _remote;
        if (IsClosed)
        {
            return Errno.EBADF;
        }

        if ((flags & (MessageFlags.MSG_OOB | MessageFlags.MSG_MORE)) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (to is null && !IsConnected)
        {
            return Errno.EDESTADDRREQ;
        }

        if (!Suits(destination.Address))
        {
            return Errno.EAFNOSUPPORT;
        }

        destination = destination with { Address = Named(destination.Address) };
        if (CheckMessage(data, destination) is not Errno.OK and var refused)
        {
            return refused;
        }

        return EnsureName() ? FindPath(destination.Address, out path) : Errno.EAGAIN;
    }

    private Errno CheckLength(Instant now, int length, IpEndpoint destination, IpPath path)
    {
        bool v4 = destination.Address.IsV4;
        int header = path.TransportOffset - EthernetView.HeaderLength;
        // IPv4's total length includes its header, IPv6's payload length does not.
        int most = v4 ? ushort.MaxValue - header : ushort.MaxValue;
        int mtu = PathMtu(path);
        bool mayNotFragment = _pathMtuDiscovery is PathMtuDiscovery.IP_PMTUDISC_DO or PathMtuDiscovery.IP_PMTUDISC_PROBE
            or PathMtuDiscovery.IP_PMTUDISC_INTERFACE;
        return length > most ? Errno.EMSGSIZE
            : mayNotFragment && length > mtu - header ? TooLong(now, destination, mtu)
            : Errno.OK;
    }

    private int PathMtu(IpPath path) =>
        _pathMtuDiscovery < PathMtuDiscovery.IP_PMTUDISC_PROBE ? path.Mtu : path.Interface.Mtu;

    private void Transmit(Instant now, IpPath path, IpEndpoint destination, ReadOnlySpan<byte> data)
    {
        IpAddress source = _local.Address.IsUnspecified || Host.Ip.IsGroup(_local.Address) ? path.Source : _local.Address;
        int length = MessageLength(data.Length);
        Frame frame = Host.Ip.Pool.Rent(path.TransportOffset + length);
        WriteMessage(frame.Buffer.AsSpan(path.TransportOffset), source, destination, data);
        bool fits = path.TransportOffset - EthernetView.HeaderLength + length <= PathMtu(path);
        bool never = _pathMtuDiscovery is PathMtuDiscovery.IP_PMTUDISC_DO or PathMtuDiscovery.IP_PMTUDISC_PROBE;
        bool dontFragment = never || (fits && !path.IsMtuLocked && _pathMtuDiscovery is PathMtuDiscovery.IP_PMTUDISC_WANT);
        // Linux numbers what a connected socket sends for itself; otherwise what may be fragmented here takes the path's next.
        // Where the profile numbers all of the host's datagrams, these are among them.
        if (path.Interface.Queue is not null)
        {
            frame.Owner = this;
        }

        ushort id = destination.Address.IsV6 ? (ushort)0
            : Host.Ip.CountsEveryDatagram ? path.TakeId()
            : IsConnected ? _nextId++
            : never ? (ushort)0
            : path.TakeId();
        Host.Ip.Send(
            now, path, source, destination.Address, frame, length, Protocol, _typeOfService,
            TimeToLiveFor(destination.Address), dontFragment, id, dontFragment ? path.Interface.Mtu : PathMtu(path));
        if (IpLayer.LeadsToGroup(path) && !path.IsLoopback && (_multicastLoop || !destination.Address.IsMulticast))
        {
            IpPacketInfo ip = new(
                source, destination.Address, _typeOfService, TimeToLiveFor(destination.Address), path.Interface, true);
            SentToGroup(now, ip, destination.Port, data);
        }
    }
}

using SimStack.Ip;

namespace SimStack.Sockets;

/// <summary>recv(2) and its kin, and what arrives for them.</summary>
public abstract partial class DatagramSocket
{
    /// <summary>Takes the datagram that waits longest; what the buffer has no room for is lost.</summary>
    /// <returns>Bytes, 0 for an empty datagram (or after SHUT_RD); with MSG_TRUNC the datagram's whole length; EAGAIN; a pending
    /// error once.</returns>
    public SocketResult Receive(Instant now, Span<byte> destination, MessageFlags flags = MessageFlags.None) =>
        ReceiveFrom(now, destination, out _, flags);

    /// <summary>As <see cref="Receive"/>, and tells where the datagram came from.</summary>
    public SocketResult ReceiveFrom(
        Instant now, Span<byte> destination, out DatagramInfo info, MessageFlags flags = MessageFlags.None)
    {
        info = default;
        if (IsClosed)
        {
            return SocketResult.Fail(Errno.EBADF);
        }

        if ((flags & MessageFlags.MSG_OOB) != 0)
        {
            return SocketResult.Fail(Errno.EOPNOTSUPP);
        }

        // Linux looks for an error before it looks for a datagram.
        if (TakeError() is not Errno.OK and var error)
        {
            return SocketResult.Fail(error);
        }

        if (_queue.Count == 0)
        {
            return _readShut ? SocketResult.Ok(0) : SocketResult.Fail(Errno.EAGAIN);
        }

        ReadOnlySpan<byte> payload = _queue.Peek(out info);
        int copied = Math.Min(payload.Length, destination.Length);
        payload[..copied].CopyTo(destination);
        if ((flags & MessageFlags.MSG_PEEK) == 0)
        {
            _queue.Remove(ReceiveBuffer);
            Taken(info);
        }

        return SocketResult.Ok((flags & MessageFlags.MSG_TRUNC) != 0 ? info.Length : copied);
    }

    /// <summary>A datagram was handed to the user.</summary>
    private protected virtual void Taken(in DatagramInfo info)
    {
    }

    /// <summary>A datagram for this socket; false when it is full and the datagram dropped.</summary>
    internal bool Deliver(Instant now, in IpPacketInfo ip, ushort fromPort, ReadOnlySpan<byte> payload, int transportLength)
    {
        DatagramInfo info = new(
            new IpEndpoint(ip.Source, fromPort), ip.Destination, payload.Length, ip.Ttl, ip.TrafficClass, now);
        int size = TrueSize.Of(transportLength, ip.Source.IsV4, ip.Interface.Mtu);
        if (!_queue.TryAdd(info, payload, size, ReceiveBuffer))
        {
            Dropped++;
            return false;
        }

        Wake(PollEvents.POLLIN);
        return true;
    }
}

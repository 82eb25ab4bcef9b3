using System.Buffers;
using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Ping;

/// <summary>The ping sockets of one host by their identifiers, and what comes back for them.</summary>
internal sealed class PingLayer(Host host)
{
    private readonly Dictionary<ushort, List<PingSocket>> _byId = [];
    private ushort _lastId;
    private long _lastNumber;

    public Host Host => host;

    public long NextId() => ++_lastNumber;

    public void Add(PingSocket socket)
    {
        if (!_byId.TryGetValue(socket.LocalEndpoint.Port, out List<PingSocket>? sockets))
        {
            _byId[socket.LocalEndpoint.Port] = sockets = [];
        }

        sockets.Add(socket);
    }

    public void Remove(PingSocket socket)
    {
        List<PingSocket> sockets = _byId[socket.LocalEndpoint.Port];
        sockets.Remove(socket);
        if (sockets.Count == 0)
        {
            _byId.Remove(socket.LocalEndpoint.Port);
        }
    }

    /// <summary>An identifier has one owner in each family, or several with SO_REUSEADDR; 0 asks for the next that is free.</summary>
    public Errno TakeId(PingSocket socket, IpEndpoint local, out ushort id)
    {
        id = local.Port;
        if (id != 0)
        {
            return IsFree(socket, id) ? Errno.OK : Errno.EADDRINUSE;
        }

        for (int i = 0; i <= ushort.MaxValue; i++)
        {
            id = ++_lastId;
            if (id != 0 && IsFree(socket, id))
            {
                return Errno.OK;
            }
        }

        return Errno.EADDRINUSE;
    }

    /// <summary>An echo reply: to the socket whose identifier it has; without one it is dropped, as on Linux.</summary>
    public void ReceiveReply(Instant now, in IpPacketInfo ip, ushort id, ushort sequence, ReadOnlySpan<byte> payload)
    {
        if (Find(id, ip.Destination) is not { } socket)
        {
            return;
        }

        int length = IcmpView.HeaderLength + payload.Length;
        byte[] message = ArrayPool<byte>.Shared.Rent(length);
        _ = ip.Source.IsV4
            ? IcmpWriter.WriteEcho(message, reply: true, id, sequence, payload)
            : Icmpv6Writer.WriteEcho(message, ip.Source, ip.Destination, reply: true, id, sequence, payload);
        socket.Deliver(now, ip, 0, message.AsSpan(0, length), length);
        ArrayPool<byte>.Shared.Return(message);
    }

    /// <summary>An error about an echo request; of the quote the socket is given all from the ICMP header on.</summary>
    public void ReceiveIcmpError(Instant now, in IcmpErrorInfo error, ReadOnlySpan<byte> quoted)
    {
        byte request = error.IsV4 ? (byte)IcmpType.Echo : (byte)Icmpv6Type.EchoRequest;
        if (quoted.Length >= IcmpView.HeaderLength && quoted[0] == request && quoted[1] == 0
            && Find(BinaryPrimitives.ReadUInt16BigEndian(quoted[4..]), error.Source) is { } socket)
        {
            socket.IcmpArrives(now, error, quoted);
        }
    }

    private bool IsFree(PingSocket socket, ushort id)
    {
        if (_byId.TryGetValue(id, out List<PingSocket>? others))
        {
            foreach (PingSocket other in others)
            {
                if (other.Family == socket.Family && (other.Sharing & socket.Sharing & PortSharing.Address) == 0)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private PingSocket? Find(ushort id, in IpAddress local)
    {
        if (_byId.TryGetValue(id, out List<PingSocket>? sockets))
        {
            foreach (PingSocket socket in sockets)
            {
                IpAddress bound = socket.LocalEndpoint.Address;
                if ((socket.Family is AddressFamily.AF_INET) == local.IsV4 && (bound.IsUnspecified || bound == local))
                {
                    return socket;
                }
            }
        }

        return null;
    }
}

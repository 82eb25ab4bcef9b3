using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp.Listen;

namespace SimStack.Tcp;

/// <summary>Who listens where.</summary>
internal sealed partial class TcpLayer
{
    private const uint ReusePortPurpose = 0x5E05E;

    private readonly List<TcpListener> _listeners = [];
    private readonly Dictionary<ushort, TcpListener> _listenersByPort = [];

    public IReadOnlyList<TcpListener> Listeners => _listeners;

    /// <summary>The listener for a segment; of those that share its port by SO_REUSEPORT the one that the 4-tuple belongs to.</summary>
    public TcpListener? FindListener(in IpAddress address, ushort port, in IpAddress remote, ushort remotePort)
    {
        TcpListener? listener = FindListener(address, port);
        return listener?.Group is { Count: > 1 } group
            ? group.Select((uint)HashOfTuple(new(address, port), new(remote, remotePort), ReusePortPurpose))
            : listener;
    }

    /// <summary>
    /// A listener for an address and port: one bound to the address before one bound to any, and IPv4's any before that of both.
    /// </summary>
    public TcpListener? FindListener(in IpAddress address, ushort port)
    {
        if (!_listenersByPort.TryGetValue(port, out TcpListener? listener))
        {
            return null;
        }

        TcpListener? any = null;
        for (; listener is not null; listener = listener.NextOnPort)
        {
            if (listener.Local.Address == address)
            {
                return listener;
            }

            if (Covers(listener.Local.Address, address) && (any is null || (any.Local.Address.IsV6 && listener.Local.Address.IsV4)))
            {
                any = listener;
            }
        }

        return any;
    }

    public void AddListener(TcpListener listener)
    {
        _listeners.Add(listener);
        Join(listener);
        _listenersByPort.TryGetValue(listener.Local.Port, out TcpListener? first);
        listener.NextOnPort = first;
        _listenersByPort[listener.Local.Port] = listener;
    }

    public void RemoveListener(TcpListener listener)
    {
        _listeners.Remove(listener);
        listener.Group?.Remove(listener);
        TcpListener first = _listenersByPort[listener.Local.Port];
        if (ReferenceEquals(first, listener))
        {
            if (listener.NextOnPort is { } next)
            {
                _listenersByPort[listener.Local.Port] = next;
            }
            else
            {
                _listenersByPort.Remove(listener.Local.Port);
            }

            return;
        }

        while (!ReferenceEquals(first.NextOnPort, listener))
        {
            first = first.NextOnPort!;
        }

        first.NextOnPort = listener.NextOnPort;
    }

    /// <summary>A listener with SO_REUSEPORT joins those of the very same address and port (Linux: inet_reuseport_add_sock).</summary>
    private void Join(TcpListener listener)
    {
        if ((listener.Socket.Sharing & PortSharing.Port) == 0)
        {
            return;
        }

        _listenersByPort.TryGetValue(listener.Local.Port, out TcpListener? other);
        while (other is not null && (other.Group is null || other.Local.Address != listener.Local.Address))
        {
            other = other.NextOnPort;
        }

        listener.Group = other?.Group ?? new ReusePortGroup<TcpListener>();
        listener.Group.Add(listener);
    }
}

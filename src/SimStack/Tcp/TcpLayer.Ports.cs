using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp.Listen;

namespace SimStack.Tcp;

/// <summary>
/// Who has which port: bound sockets, listeners, and the choice of an ephemeral port (RFC 6056, algorithm 3, as Linux).
/// </summary>
internal sealed partial class TcpLayer
{
    private readonly Dictionary<ushort, List<TcpSocket>> _bound = [];
    private readonly List<TcpListener> _listeners = [];
    private readonly Dictionary<ushort, TcpListener> _listenersByPort = [];
    private uint _portStep;

    public IReadOnlyList<TcpListener> Listeners => _listeners;

    /// <summary>The listener for an address and port: one bound to the address before one bound to any.</summary>
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

            any ??= Covers(listener.Local.Address, address) ? listener : null;
        }

        return any;
    }

    /// <summary>
    /// The listener for a new connection: of several that share an address and port by SO_REUSEPORT, the one that the connection's hash says
    /// (Linux: reuseport_select_sock).
    /// </summary>
    public TcpListener? FindListener(in IpAddress address, ushort port, IpEndpoint remote)
    {
        TcpListener? found = FindListener(address, port);
        if (found is not { Socket.ReusePort: true, NextOnPort: not null })
        {
            return found;
        }

        int group = 0;
        for (TcpListener? listener = found; listener is not null; listener = listener.NextOnPort)
        {
            group += IsOfGroup(listener, found) ? 1 : 0;
        }

        int chosen = (int)((uint)HashOfTuple(new IpEndpoint(address, port), remote, 0x9E0B) % (uint)group);
        for (TcpListener? listener = found; listener is not null; listener = listener.NextOnPort)
        {
            if (IsOfGroup(listener, found) && chosen-- == 0)
            {
                return listener;
            }
        }

        return found;
    }

    private static bool IsOfGroup(TcpListener listener, TcpListener first) =>
        listener.Local.Address == first.Local.Address && listener.Socket.ReusePort;

    public void AddListener(TcpListener listener)
    {
        _listeners.Add(listener);
        _listenersByPort.TryGetValue(listener.Local.Port, out TcpListener? first);
        listener.NextOnPort = first;
        _listenersByPort[listener.Local.Port] = listener;
    }

    public void RemoveListener(TcpListener listener)
    {
        _listeners.Remove(listener);
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

    /// <summary>
    /// bind(2)'s rules: one owner of an address and port, or several that all set SO_REUSEADDR and of which none listens, or that all set
    /// SO_REUSEPORT.
    /// </summary>
    public Errno Bind(TcpSocket socket, IpEndpoint local, bool reuse)
    {
        if (local.Port == 0)
        {
            ushort port = ChoosePort(local.Address, default, forBind: true);
            if (port == 0)
            {
                return Errno.EADDRINUSE;
            }

            local = local with { Port = port };
        }

        if (_bound.TryGetValue(local.Port, out List<TcpSocket>? others))
        {
            foreach (TcpSocket other in others)
            {
                bool overlap = Covers(other.LocalEndpoint.Address, local.Address)
                    || Covers(local.Address, other.LocalEndpoint.Address);
                bool shares = (reuse && other.ReuseAddress && other.State is not TcpState.Listen) || (socket.ReusePort && other.ReusePort);
                if (overlap && !shares)
                {
                    return Errno.EADDRINUSE;
                }
            }
        }

        if (!reuse && !socket.ReusePort && Flows.Uses(local))
        {
            return Errno.EADDRINUSE;
        }

        (others ??= _bound[local.Port] = []).Add(socket);
        socket.SetBound(local);
        return Errno.OK;
    }

    public void Unbind(TcpSocket socket, ushort port)
    {
        if (_bound.TryGetValue(port, out List<TcpSocket>? sockets) && sockets.Remove(socket) && sockets.Count == 0)
        {
            _bound.Remove(port);
        }
    }

    /// <summary>A socket bound to the first address takes what comes for the second; <c>::</c> takes IPv4 too.</summary>
    public static bool Covers(in IpAddress bound, in IpAddress address) =>
        bound == address || (bound.IsUnspecified && (bound.IsV6 || address.IsV4));

    /// <summary>
    /// An unused port for a connection to that remote end, or for bind(2), on which nothing may be left; 0 when all are taken.
    /// </summary>
    public ushort ChoosePort(IpAddress local, IpEndpoint remote, bool forBind = false, Instant? now = null)
    {
        int first = Sysctls.PortRangeFirst;
        int count = Math.Max(1, Sysctls.PortRangeLast - first + 1);
        uint offset = (uint)HashOfTuple(new IpEndpoint(local, 0), remote, 0xB0B) + _portStep;
        for (int i = 0; i < count; i++)
        {
            ushort port = (ushort)(first + (int)((offset + (uint)i) % (uint)count));
            bool taken = _bound.ContainsKey(port)
                || (forBind
                    ? Flows.Uses(new IpEndpoint(local, port))
                    : Flows.Find(local, port, remote.Address, remote.Port) is { } flow
                        && !(now is { } at && flow is TimeWait.TimeWaitRecord record && record.MayReuse(at, portIsBound: false)));
            if (!taken)
            {
                // The next connection does not start to look at the same place.
                _portStep += (uint)i + 1;
                return port;
            }
        }

        return 0;
    }
}

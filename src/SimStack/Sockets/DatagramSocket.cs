using SimStack.Ip;

namespace SimStack.Sockets;

/// <summary>
/// What UDP sockets and ping sockets have in common: names, a queue of datagrams, a pending error, an error queue.
/// </summary>
public abstract partial class DatagramSocket : HostSocket
{
    private readonly DatagramQueue _queue = new();
    private IpEndpoint _local;
    private IpEndpoint _remote;
    private bool _addressLocked;
    private bool _portLocked;
    private bool _readShut;
    private bool _writeShut;
    private ushort _nextId;

    private protected DatagramSocket(AddressFamily family, long id)
        : base(family)
    {
        Id = id;
        _local = _remote = new IpEndpoint(Unspecified, 0);
        _nextId = (ushort)(id * 0x9E37);
    }

    /// <summary>As connect left it; the port is 0 before the first bind, connect or send.</summary>
    public override IpEndpoint LocalEndpoint => _local;

    public override IpEndpoint RemoteEndpoint => _remote;

    /// <summary>There is a peer: only its datagrams are received, and hard errors are reported.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Datagrams that wait to be received.</summary>
    public int QueuedCount => _queue.Count;

    /// <summary>SIOCINQ: bytes of the datagram that is received next; 0 when none waits.</summary>
    public int NextLength => _queue.Count > 0 ? _queue.Peek(out _).Length : 0;

    /// <summary>Memory that they take in bytes, by Linux's accounting: what ss shows under Recv-Q.</summary>
    public int QueuedMemory => _queue.Memory;

    /// <summary>Datagrams dropped since the socket was opened because it was full.</summary>
    public long Dropped { get; private set; }

    internal long Id { get; }

    private protected bool IsClosed { get; private set; }

    /// <inheritdoc/>
    /// <remarks>A group's address may be bound too. EAFNOSUPPORT for the other family.</remarks>
    public override Errno Bind(IpEndpoint local)
    {
        if (IsClosed)
        {
            return Errno.EBADF;
        }

        if (_local.Port != 0 || IsConnected)
        {
            return Errno.EINVAL;
        }

        if (!Suits(local.Address))
        {
            return Errno.EAFNOSUPPORT;
        }

        if (!local.Address.IsUnspecified && !Host.HasAddress(local.Address) && !Host.Ip.IsGroup(local.Address))
        {
            return Errno.EADDRNOTAVAIL;
        }

        Errno error = TakeName(local, out ushort port);
        if (error is Errno.OK)
        {
            _addressLocked = !local.Address.IsUnspecified;
            _portLocked = local.Port != 0;
            Rename(local with { Port = port }, _remote, connected: false);
        }

        return error;
    }

    /// <summary>Sets the peer; nothing is sent. May be called again for another peer, whose source address stays the first's.</summary>
    /// <returns>OK; EAFNOSUPPORT; ENETUNREACH without a route; EACCES for a broadcast address without SO_BROADCAST; EAGAIN when no
    /// port is free.</returns>
    public override Errno Connect(Instant now, IpEndpoint remote)
    {
        if (IsClosed)
        {
            return Errno.EBADF;
        }

        if (!Suits(remote.Address))
        {
            return Errno.EAFNOSUPPORT;
        }

        if (!EnsureName())
        {
            return Errno.EAGAIN;
        }

        remote = remote with { Address = Named(remote.Address) };
        Errno error = FindPath(remote.Address, out IpPath? path);
        if (error is not Errno.OK)
        {
            return error;
        }

        Rename(_local.Address.IsUnspecified ? _local with { Address = path!.Source } : _local, remote, connected: true);
        return Errno.OK;
    }

    /// <summary>connect(2) with AF_UNSPEC: no peer any more; what connect chose itself is free again.</summary>
    public Errno Disconnect()
    {
        if (IsClosed)
        {
            return Errno.EBADF;
        }

        IpEndpoint local = _addressLocked ? _local : _local with { Address = Unspecified };
        if (!_portLocked)
        {
            local = local with { Port = 0 };
        }

        Rename(local, new IpEndpoint(Unspecified, 0), connected: false);
        return Errno.OK;
    }

    /// <inheritdoc/>
    /// <returns>OK; ENOTCONN without a peer (it takes effect all the same, as on Linux).</returns>
    public override Errno Shutdown(Instant now, ShutdownHow how)
    {
        if (IsClosed)
        {
            return Errno.EBADF;
        }

        _readShut |= how is not ShutdownHow.SHUT_WR;
        _writeShut |= how is not ShutdownHow.SHUT_RD;
        Wake(WakesEveryone);
        return IsConnected ? Errno.OK : Errno.ENOTCONN;
    }

    /// <inheritdoc/>
    /// <remarks>What waits is dropped without a word.</remarks>
    public override void Close(Instant now)
    {
        if (IsClosed)
        {
            return;
        }

        Rename(new IpEndpoint(Unspecified, 0), new IpEndpoint(Unspecified, 0), connected: false);
        IsClosed = true;
        _queue.Clear();
        _errors.Clear();
        _error = Errno.OK;
    }

    /// <summary>Readiness as Linux's datagram_poll: always writable.</summary>
    public override PollEvents Poll()
    {
        PollEvents events = PollEvents.POLLOUT;
        if (_queue.Count > 0 || _readShut)
        {
            events |= PollEvents.POLLIN;
        }

        if (_readShut)
        {
            events |= PollEvents.POLLRDHUP;
        }

        if (_readShut && _writeShut)
        {
            events |= PollEvents.POLLHUP;
        }

        return _error is not Errno.OK || _errors.Count > 0 ? events | PollEvents.POLLERR : events;
    }

    /// <summary>Asks the layer for that port, or for one when it is 0.</summary>
    private protected abstract Errno TakeName(IpEndpoint local, out ushort port);

    /// <summary>The layer finds the socket by its name and peer from now on.</summary>
    private protected abstract void Enter();

    /// <summary>The layer forgets the socket's name and peer.</summary>
    private protected abstract void Leave();

    /// <summary>Takes an ephemeral port if there is none yet.</summary>
    private protected bool EnsureName()
    {
        if (_local.Port != 0)
        {
            return true;
        }

        if (TakeName(_local, out ushort port) is not Errno.OK)
        {
            return false;
        }

        Rename(_local with { Port = port }, _remote, IsConnected);
        return true;
    }

    private void Rename(IpEndpoint local, IpEndpoint remote, bool connected)
    {
        if (_local.Port != 0)
        {
            Leave();
        }

        _local = local;
        _remote = remote;
        IsConnected = connected;
        if (_local.Port != 0)
        {
            Enter();
        }
    }

    private bool Suits(in IpAddress address) =>
        Family is AddressFamily.AF_INET ? address.IsV4 : !(_v6Only && address.IsV4);

    // Linux takes 0.0.0.0 for the loopback address.
    private static IpAddress Named(in IpAddress remote) =>
        !remote.IsUnspecified ? remote : remote.IsV4 ? IpAddress.LoopbackV4 : IpAddress.LoopbackV6;

    private Errno FindPath(in IpAddress remote, out IpPath? path)
    {
        IpAddress source = Host.Ip.IsGroup(_local.Address) ? default : _local.Address;
        path = Host.Ip.FindPath(remote, source);
        if (path is null)
        {
            Host.Counters[remote.IsV4 ? SnmpCounter.IpOutNoRoutes : SnmpCounter.Ip6OutNoRoutes]++;
            return Host.Ip.WhyNoPath(remote);
        }

        bool broadcast = remote.IsV4 && !remote.IsMulticast && IpLayer.LeadsToGroup(path);
        return broadcast && !_broadcast ? Errno.EACCES : Errno.OK;
    }
}

using SimStack.Ip;
using SimStack.Tcp;
using SimStack.Tcp.Listen;
using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>
/// A TCP socket of a simulated host. Calls never block; they return what a non-blocking Linux socket returns. After every call
/// into the host <see cref="Host.TryTakeReady"/> tells which sockets may have become ready.
/// </summary>
public sealed partial class TcpSocket : HostSocket
{
    private readonly TcpLayer _tcp;
    private TcpConnection? _connection;
    private TcpListener? _listener;
    private IpEndpoint _local;
    private bool _bound;
    private bool _closed;
    private bool _connecting;
    private uint? _initialSequenceNumber;
    private Errno _error;

    internal TcpSocket(TcpLayer tcp, AddressFamily family)
        : base(family)
    {
        _tcp = tcp;
        _usualCongestionControl = tcp.Sysctls.CongestionControl;
    }

    public override Host Host => _tcp.Host;

    public override IpProtocol Protocol => IpProtocol.Tcp;

    /// <summary>The state by RFC 9293; CLOSED too once TIME-WAIT is over.</summary>
    public TcpState State => _connection is { } connection ? _tcp.StateOf(connection)
        : _listener is not null ? TcpState.Listen
        : TcpState.Closed;

    public override IpEndpoint LocalEndpoint => _connection?.Local ?? _local;

    /// <summary>Unspecified while there is no connection.</summary>
    public override IpEndpoint RemoteEndpoint => _connection?.Remote ?? new IpEndpoint(Unspecified, 0);

    /// <summary>The number that observers are told; 0 while there is neither a connection nor a listener.</summary>
    public long ConnectionId => _connection?.Id ?? _listener?.Id ?? 0;

    /// <summary>Bytes that <see cref="Receive"/> would return now; for a listening socket the connections to accept.</summary>
    public int ReadableCount => _connection?.Readable ?? _listener?.AcceptQueueLength ?? 0;

    internal TcpConnection? Connection => _connection;

    internal TcpListener? Listener => _listener;

    /// <summary>Passive OPEN (RFC 9293 §3.10.1); on a listening socket it changes the backlog.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="backlog">Connections that may wait for accept; at most net.core.somaxconn.</param>
    public Errno Listen(Instant now, int backlog)
    {
        if (_closed)
        {
            return Errno.EBADF;
        }

        if (_listener is not null)
        {
            _listener.SetBacklog(backlog);
            return Errno.OK;
        }

        if (State is not TcpState.Closed || _connection is not null)
        {
            return Errno.EINVAL;
        }

        if (!_bound && _tcp.Bind(this, new IpEndpoint(_addressBound ? _local.Address : Unspecified, 0)) is not Errno.OK and var error)
        {
            return error;
        }

        if (!_tcp.MayListen(this, _local))
        {
            return Errno.EADDRINUSE;
        }

        BeginFastOpenQueue(backlog);
        _listener = new TcpListener(_tcp, this, _local, backlog, _tcp.NextId());
        _tcp.AddListener(_listener);
        Host.Observer?.StateChanged(new TcpStateChange(
            now, _listener.Id, _local, new IpEndpoint(Unspecified, 0), TcpState.Closed, TcpState.Listen, "passive OPEN"));
        return Errno.OK;
    }

    /// <summary>
    /// Active OPEN: sends the SYN; with TCP_FASTOPEN_CONNECT the first write may do so instead. Ready for writing, or with an error, when it is decided; then <see cref="TakeError"/>.
    /// </summary>
    /// <returns>
    /// EINPROGRESS; EALREADY while one is under way; OK when it waits for a write, and once after it succeeded, then EISCONN; ENETUNREACH without a route or to
    /// a group; EADDRNOTAVAIL when no port is free; ECONNREFUSED and the like when an earlier one failed, or ECONNABORTED if its
    /// error was taken before; EKEYREJECTED for a peer with keys for both MD5 and TCP-AO, or with none on a socket with TCP-AO.
    /// </returns>
    public override Errno Connect(Instant now, IpEndpoint remote)
    {
        if (!_closed && _connecting && State is not (TcpState.Closed or TcpState.SynSent or TcpState.SynReceived))
        {
            _connecting = false;
            return Errno.OK;
        }

        Errno error = PrepareConnection(now, remote);
        if (error is not Errno.OK)
        {
            return error;
        }

        bool waits = Options.FastOpenConnect && _connection!.OpenOrDefer(now);
        if (!Options.FastOpenConnect)
        {
            _connection!.SendFirstSyn(now);
        }

        _tcp.Add(_connection!);
        return waits ? Errno.OK : Errno.EINPROGRESS;
    }

    /// <summary>All that connect(2) does before there is a SYN.</summary>
    private Errno PrepareConnection(Instant now, IpEndpoint remote)
    {
        Errno refused = CheckConnect(remote);
        if (refused is not Errno.OK)
        {
            return refused;
        }

        if (remote.Address.IsUnspecified)
        {
            // Linux takes 0.0.0.0 for the loopback address.
            remote = remote with { Address = remote.Address.IsV4 ? IpAddress.LoopbackV4 : IpAddress.LoopbackV6 };
        }

        IpAddress source = SourceFor(remote.Address);
        // RFC 9293 §3.9.2.3, MUST-46: no connection to a multicast or broadcast address.
        if (_tcp.Ip.FindPathWith(remote.Address, source, Options.IpOptions) is not { } path)
        {
            return _tcp.Ip.WhyNoPath(remote.Address);
        }

        if (IpLayer.LeadsToGroup(path))
        {
            return Errno.ENETUNREACH;
        }

        IpAddress localAddress = source.IsUnspecified ? path.Source : source;
        ushort port = _bound ? _local.Port : _tcp.ChoosePort(now, this, localAddress, remote);
        if (port == 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        return StartConnection(now, new IpEndpoint(localAddress, port), remote);
    }

    private Errno CheckConnect(IpEndpoint remote)
    {
        // What the socket is comes before where it shall go (Linux: __inet_stream_connect before tcp_v4_connect).
        Errno refused = CheckConnect();
        return refused is Errno.OK && Family is AddressFamily.AF_INET && !remote.Address.IsV4 ? Errno.EAFNOSUPPORT : refused;
    }

    private Errno CheckConnect()
    {
        if (_closed)
        {
            return Errno.EBADF;
        }

        if (_listener is not null && !_tcp.Profile.ListenMayConnect)
        {
            return Errno.EISCONN;
        }

        switch (State)
        {
            case TcpState.SynSent or TcpState.SynReceived:
                return IsConnectDeferred ? Errno.EISCONN : Errno.EALREADY;
            case TcpState.Closed or TcpState.Listen:
                break;
            default:
                return Errno.EISCONN;
        }

        if (_connection is null)
        {
            return Errno.OK;
        }

        if (!_connecting)
        {
            return Errno.EISCONN; // It was connected; that the connection ended does not make it a fresh socket.
        }

        return TakeConnectResult();
    }

    /// <summary>
    /// What a blocking connect(2) returns once the attempt is decided. A failure is told once; a second try then starts anew.
    /// </summary>
    /// <returns>OK when connected; the failure; ECONNABORTED when the error was taken before.</returns>
    public Errno TakeConnectResult()
    {
        if (!_connecting || State is not TcpState.Closed)
        {
            return Errno.OK;
        }

        Errno pending = TakeError();
        _connecting = false;
        _connection = null;
        return pending is Errno.OK ? Errno.ECONNABORTED : pending;
    }

    private Errno StartConnection(Instant now, IpEndpoint local, IpEndpoint remote)
    {
        uint? iss = _initialSequenceNumber;
        bool continuesTimestamps = false;
        TcpFlow? taken = _tcp.Flows.Find(local.Address, local.Port, remote.Address, remote.Port);
        if (taken is Tcp.TimeWait.TimeWaitRecord record && record.MayReuse(now, portIsBound: _bound))
        {
            iss ??= record.NextIss;
            continuesTimestamps = record.TimestampsOn;
            Host.Counters[SnmpCounter.TcpExtTWRecycled]++;
            record.End(now, "reused");
        }
        else if (taken is not null)
        {
            return Errno.EADDRNOTAVAIL;
        }

        if (_authentication?.BeginConnection(remote.Address) is { } refused and not Errno.OK)
        {
            return refused;
        }

        // RFC 9293 §3.10.1, LISTEN: the passive open becomes an active one.
        bool wasListening = _listener is not null;
        _listener?.Close(now);
        TcpConnection connection = new(
            _tcp, local, remote, _listener?.Id ?? _tcp.NextId(),
            wasListening ? TcpState.Listen : TcpState.Closed)
        { Socket = this, ContinuesTimestamps = continuesTimestamps };
        _listener = null;
        connection.Authentication = _authentication;
        connection.Apply(Options);
        connection.BeginShut(_shut);
        connection.SendBufferLocked = Options.SendBuffer > 0;
        Errno error = connection.Open(now, iss, wasListening ? "SEND" : "OPEN", Options.IpOptions);
        if (error is not Errno.OK)
        {
            return error;
        }

        _connection = connection;
        _connecting = true;
        return Errno.OK;
    }

    /// <summary>Takes the oldest connection of the accept queue.</summary>
    /// <returns>OK; EAGAIN when the queue is empty; EINVAL when the socket does not listen.</returns>
    public Errno Accept(Instant now, out TcpSocket? accepted)
    {
        accepted = null;
        if (_listener is null)
        {
            return _closed ? Errno.EBADF : Errno.EINVAL;
        }

        TcpSocket socket = new(_tcp, Family) { Options = OptionsOfChild };
        Errno error = _listener.Accept(now, socket);
        accepted = error is Errno.OK ? socket : null;
        return error;
    }

    /// <summary>What is not inherited: the priority (Linux: sk_clone), and the IP options, which are the SYN's.</summary>
    private SocketOptions OptionsOfChild => Options is { IpOptions: null, Priority: 0 } ? Options : Options with { IpOptions = null, Priority = 0 };

    /// <summary>SEND: takes what fits the send buffer.</summary>
    /// <returns>Bytes taken; EAGAIN; EPIPE after the sending side was closed or never opened; ECONNRESET, ETIMEDOUT …
    /// once.</returns>
    public SocketResult Send(Instant now, ReadOnlySpan<byte> data, MessageFlags flags = MessageFlags.None)
    {
        if (_closed)
        {
            return SocketResult.Fail(Errno.EBADF);
        }

        if (IsFastOpen(flags))
        {
            return SendTo(now, data, null, flags);
        }

        bool special = Options.Timestamping is not TimestampingFlags.None || (Options.Zerocopy && (flags & MessageFlags.MSG_ZEROCOPY) != 0);
        return _connection?.Send(now, data, flags, special ? new SendProgress(data.Length) : null) ?? WithoutConnection(Errno.EPIPE);
    }

    /// <summary>Ends sending, receiving or both. A listening socket stops to listen, unless only sending is ended.</summary>
    /// <returns>OK; ENOTCONN without a connection: it takes effect all the same, as on Linux, and a connection opened later has it.</returns>
    public override Errno Shutdown(Instant now, ShutdownHow how)
    {
        if (_closed)
        {
            return Errno.EBADF;
        }

        if (IsConnectDeferred)
        {
            return Disconnect(now); // As Linux does for any SYN-SENT; here nobody was told anything.
        }

        if (State is TcpState.SynSent)
        {
            return Disconnect(now, aborts: false); // RFC 9293 §3.10.4, SYN-SENT: "delete the TCB", whichever side is to be shut.
        }

        if (_listener is null)
        {
            // No connect() is under way any more that one more call would tell the end of (inet_shutdown: SS_CONNECTED).
            _connecting &= State is TcpState.SynReceived or TcpState.Closed;
            return _connection?.Shutdown(now, how) ?? ShutWithoutConnection(how);
        }

        if (how is not ShutdownHow.SHUT_WR)
        {
            StopListening(now);
        }

        return Errno.OK;
    }

    /// <summary>
    /// CLOSE: the socket is gone for the user; the connection ends in order behind it, or by RST if data was unread.
    /// </summary>
    public override void Close(Instant now)
    {
        if (_closed)
        {
            return;
        }

        Release();
        StopListening(now);
        _connection?.Close(now);
    }

    private void StopListening(Instant now)
    {
        if (_listener is { } listener)
        {
            listener.Close(now);
            _listener = null;
            Host.Observer?.StateChanged(new TcpStateChange(
                now, listener.Id, listener.Local, new IpEndpoint(Unspecified, 0), TcpState.Listen, TcpState.Closed, "CLOSE"));
        }
    }

    /// <summary>ABORT: RST to the peer.</summary>
    public void Abort(Instant now)
    {
        if (_closed)
        {
            return;
        }

        if (_listener is not null)
        {
            Close(now);
            return;
        }

        Release();
        _connection?.Abort(now);
    }

    /// <summary>SO_ERROR: the pending error, cleared; else what ICMP last told of a connection that goes on, as on Linux.</summary>
    public override Errno TakeError()
    {
        if (_connection is not null)
        {
            return _connection.TakeError() is not Errno.OK and var pending ? pending : _connection.TakeSoftError();
        }

        Errno error = _error;
        _error = Errno.OK;
        return error;
    }

    /// <summary>Sets the ISS of the next connection that this socket opens, or accepts once it listens.</summary>
    public void SetInitialSequenceNumber(uint iss) => _initialSequenceNumber = iss;

    /// <summary>Both queues as they are now; null when the socket does not listen.</summary>
    public ListenQueues? GetListenQueues() => _listener?.Snapshot();

    /// <summary>Readiness as Linux's tcp_poll gives it.</summary>
    public override PollEvents Poll()
    {
        if (_listener is not null)
        {
            return _listener.AcceptQueueLength > 0 ? PollEvents.POLLIN : PollEvents.None;
        }

        PollEvents events = _connection?.Poll() ?? PollWithoutConnection();
        return QueuedErrors > 0 || _error is not Errno.OK ? events | PollEvents.POLLERR : events;
    }


    internal uint? TakeInitialSequenceNumber()
    {
        uint? iss = _initialSequenceNumber;
        _initialSequenceNumber = null;
        return iss;
    }

    internal void SetBound(IpEndpoint local)
    {
        _local = local;
        _bound = true;
    }

    internal void Adopt(TcpConnection connection)
    {
        _connection = connection;
        _authentication = connection.Authentication;
        _local = connection.Local;
        byte service = (byte)(connection.TypeOfService & ~EcnField.Mask);
        if (service != Options.TrafficClassFor(connection.RemoteAddress.IsV4))
        {
            Options = connection.RemoteAddress.IsV4 ? Options with { TypeOfService = service } : Options with { TrafficClass = service };
        }
    }

    private void Release()
    {
        _closed = true;
        if (_bound)
        {
            _tcp.Unbind(this, _local.Port);
            _bound = false;
        }
    }
}

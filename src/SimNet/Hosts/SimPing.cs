using System.Buffers.Binary;
using System.Globalization;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimNet.Hosts;

/// <summary>
/// Echo requests to one destination with one identifier, as one run of ping(8): numbered from 1 unless told otherwise, several under way at a time if
/// wanted. The errors about them come back too.
/// </summary>
public sealed class SimPing : SocketOwner, IDisposable
{
    private const int TimeLength = 16;
    private readonly SortedDictionary<ushort, Request> _waiting = [];
    private readonly PingOptions _options;
    private readonly byte[] _buffer;
    private ushort _sequence;
    private bool _closed;

    internal SimPing(SimHost host, IpAddress destination, PingOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Size, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Size, 65_507, nameof(options));
        Host = host;
        Destination = destination;
        _options = options;
        _sequence = (ushort)(options.FirstSequence - 1);
        _buffer = new byte[IcmpView.HeaderLength + options.Size];
        AddressFamily family = destination.IsV4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6;
        Socket = host.Stack.OpenPingSocket(family);
        Socket.Owner = this;
        Socket.SetOption(host.Now, SocketOption.IP_RECVERR, 1);
        Socket.SetOption(host.Now, SocketOption.IP_MTU_DISCOVER, (int)options.PathMtuDiscovery);
        Socket.SetOption(host.Now, SocketOption.IP_TOS, options.TypeOfService);
        if (options.TimeToLive > 0)
        {
            Socket.SetOption(host.Now, SocketOption.IP_TTL, options.TimeToLive);
            Socket.SetOption(host.Now, SocketOption.IP_MULTICAST_TTL, options.TimeToLive);
        }

        IpEndpoint local = new(options.Source ?? (destination.IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6), options.Identifier);
        if (Socket.Bind(local) is not Errno.OK and var error)
        {
            Socket.Close(host.Now);
            throw new SimSocketException($"{host.Name}: ping: bind on {local}", error);
        }
    }

    /// <summary>Whose it is.</summary>
    public SimHost Host { get; }

    /// <summary>Who is asked.</summary>
    public IpAddress Destination { get; }

    /// <summary>For non-blocking access; call <see cref="SimHost.Pump"/> afterwards.</summary>
    public PingSocket Socket { get; }

    /// <summary>The identifier in all requests.</summary>
    public ushort Identifier => Socket.LocalEndpoint.Port;

    /// <summary>Sends the next request and waits for what becomes of it.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="SimSocketException">It could not be sent: ENETUNREACH, EMSGSIZE…</exception>
    public Task<PingReply> SendAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        cancellationToken.ThrowIfCancellationRequested();
        Drain(Host.Now);
        Instant now = Host.Now;
        ushort sequence = ++_sequence;
        PingSocket.WriteRequest(_buffer, Socket.Family, sequence, Payload(now));
        SocketResult result = Socket.SendTo(now, _buffer, new IpEndpoint(Destination, 0));
        if (Host.Streams.WantsCalls)
        {
            Host.Streams.Called(
                Socket, "sendto", string.Create(CultureInfo.InvariantCulture, $"{Destination}, {_buffer.Length}"), now, result);
        }

        if (!result.Succeeded)
        {
            Socket.ReceiveError(out _);
            Host.Pump();
            return Task.FromException<PingReply>(new SimSocketException($"{Host.Name}: ping {Destination}", result.Error));
        }

        Request request = new(this, sequence, now);
        if (_waiting.Remove(sequence, out Request? old))
        {
            old.Complete(new PingReply(PingStatus.TimedOut, default, sequence, now - old.SentAt));
        }

        _waiting.Add(sequence, request);
        request.Start(_options.Timeout, cancellationToken);
        Host.Pump();
        return request.Task;
    }

    /// <summary>Closes the socket. Requests under way end with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        Socket.Close(Host.Now);
        Host.Pump();
        Request[] waiting = [.. _waiting.Values];
        _waiting.Clear();
        foreach (Request request in waiting)
        {
            request.Fail(new ObjectDisposedException(nameof(SimPing)));
        }
    }

    /// <inheritdoc/>
    protected internal override void Ready(Instant now, HostSocket socket)
    {
        if (!_closed)
        {
            Drain(now);
        }
    }

    // As ping: a struct timeval of the sender's clock, then bytes that count up.
    private byte[] Payload(Instant now)
    {
        byte[] payload = new byte[_options.Size];
        for (int i = 0; i < payload.Length; i++)
        {
            payload[i] = (byte)i;
        }

        if (payload.Length >= TimeLength)
        {
            DateTimeOffset start = Host.Simulation.TimeProvider.Start;
            long sinceStart = now.Nanoseconds / 1000;
            long microseconds = (start.Ticks - DateTimeOffset.UnixEpoch.Ticks) / 10 + sinceStart;
            BinaryPrimitives.WriteInt64LittleEndian(payload, microseconds / 1_000_000);
            BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(8), microseconds % 1_000_000);
        }

        return payload;
    }

    private void Drain(Instant now)
    {
        Span<byte> head = stackalloc byte[IcmpView.HeaderLength];
        while (!_closed)
        {
            if (Socket.ReceiveError(out ExtendedError? error) is Errno.OK)
            {
                Failed(error!);
                continue;
            }

            SocketResult result = Socket.ReceiveFrom(now, head, out DatagramInfo info);
            if (result.Error is Errno.EAGAIN or Errno.EBADF)
            {
                return;
            }

            if (result.Succeeded && _waiting.Remove(BinaryPrimitives.ReadUInt16BigEndian(head[6..]), out Request? request))
            {
                if (Host.Streams.WantsCalls)
                {
                    Host.Streams.Called(Socket, "recvmsg", info.From.Address.ToString(), request.SentAt, SocketResult.Ok(info.Length));
                }

                request.Complete(new PingReply(
                    PingStatus.Reply, info.From.Address, request.Sequence, info.Time - request.SentAt,
                    info.Length - IcmpView.HeaderLength, info.TimeToLive));
            }
        }
    }

    private void Failed(ExtendedError error)
    {
        if (error.Origin is ErrorOrigin.Local || error.Data.Length < IcmpView.HeaderLength
            || !_waiting.Remove(BinaryPrimitives.ReadUInt16BigEndian(error.Data.Span[6..]), out Request? request))
        {
            return;
        }

        PingStatus status = error.Error is Errno.EMSGSIZE ? PingStatus.PacketTooBig
            : error.Origin is ErrorOrigin.Icmp ? StatusOf((IcmpType)error.Type)
            : StatusOf((Icmpv6Type)error.Type);
        request.Complete(new PingReply(
            status, error.Offender, request.Sequence, error.Time - request.SentAt, 0, 0, error.Error, error.Type, error.Code,
            status is PingStatus.PacketTooBig ? (int)Math.Min(error.Info, int.MaxValue) : 0));
    }

    private static PingStatus StatusOf(IcmpType type) => type switch
    {
        IcmpType.DestinationUnreachable => PingStatus.Unreachable,
        IcmpType.TimeExceeded => PingStatus.TimeExceeded,
        _ => PingStatus.ParameterProblem,
    };

    private static PingStatus StatusOf(Icmpv6Type type) => type switch
    {
        Icmpv6Type.DestinationUnreachable => PingStatus.Unreachable,
        Icmpv6Type.TimeExceeded => PingStatus.TimeExceeded,
        _ => PingStatus.ParameterProblem,
    };

    private sealed class Request(SimPing ping, ushort sequence, Instant sentAt)
    {
        private readonly TaskCompletionSource<PingReply> _result = new();
        private ITimer? _timer;
        private CancellationTokenRegistration _cancellation;

        public ushort Sequence => sequence;

        public Instant SentAt => sentAt;

        public Task<PingReply> Task => _result.Task;

        public void Start(Duration timeout, CancellationToken cancellationToken)
        {
            _timer = ping.Host.Simulation.TimeProvider.CreateTimer(
                static state => ((Request)state!).TimeOut(), this, timeout.ToTimeSpan(), Timeout.InfiniteTimeSpan);
            if (cancellationToken.CanBeCanceled)
            {
                _cancellation = cancellationToken.UnsafeRegister(
                    static (state, token) => ((Request)state!).Cancel(token), this);
            }
        }

        public void Complete(PingReply reply)
        {
            Stop();
            _result.TrySetResult(reply);
        }

        public void Fail(Exception error)
        {
            Stop();
            _result.TrySetException(error);
        }

        private void TimeOut()
        {
            ping._waiting.Remove(sequence);
            Complete(new PingReply(PingStatus.TimedOut, default, sequence, ping.Host.Now - sentAt));
        }

        private void Cancel(CancellationToken token)
        {
            ping._waiting.Remove(sequence);
            Stop();
            _result.TrySetCanceled(token);
        }

        private void Stop()
        {
            _timer?.Dispose();
            _cancellation.Unregister();
        }
    }
}

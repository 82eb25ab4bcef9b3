using System.Globalization;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Hosts;

/// <summary>A UDP socket with an awaitable receive. Waiting calls allocate nothing.</summary>
public sealed class SimUdpSocket : SocketOwner, IDisposable
{
    private readonly SocketAwaiter<DatagramInfo> _receive;
    private Memory<byte> _buffer;
    private MessageFlags _flags;
    private Instant _receiveStart;
    private bool _closed;

    internal SimUdpSocket(SimHost host, AddressFamily family, IpEndpoint? local, Action<UdpSocket>? configure)
    {
        Host = host;
        _receive = new SocketAwaiter<DatagramInfo>(host.Simulation.Loop.SynchronizationContext);
        Socket = host.Stack.OpenUdpSocket(family);
        configure?.Invoke(Socket);
        Socket.Owner = this;
        if (local is { } endpoint && Checked("bind", endpoint.ToString(), Socket.Bind(endpoint)) is not Errno.OK and var error)
        {
            Socket.Close(host.Now);
            throw new SimSocketException($"{host.Name}: bind on {endpoint}", error);
        }
    }

    /// <summary>Whose it is.</summary>
    public SimHost Host { get; }

    /// <summary>For non-blocking access; call <see cref="SimHost.Pump"/> afterwards.</summary>
    public UdpSocket Socket { get; }

    /// <summary>Where it receives; port 0 before the first bind, connect or send.</summary>
    public IpEndpoint LocalEndpoint => Socket.LocalEndpoint;

    /// <summary>The peer; unspecified while there is none.</summary>
    public IpEndpoint RemoteEndpoint => Socket.RemoteEndpoint;

    /// <summary>Sets the peer; sends nothing.</summary>
    /// <exception cref="SimSocketException">ENETUNREACH, EACCES…</exception>
    public void Connect(IpEndpoint remote)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        Errno error = Checked("connect", remote.ToString(), Socket.Connect(Host.Now, remote));
        if (error is not Errno.OK)
        {
            throw new SimSocketException($"{Host.Name}: connect to {remote}", error);
        }
    }

    /// <summary>Takes the peer away again: connect(2) with AF_UNSPEC.</summary>
    public void Disconnect()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        Checked("connect", "AF_UNSPEC", Socket.Disconnect());
    }

    /// <summary>Sends a datagram to the peer.</summary>
    /// <returns>Its length.</returns>
    /// <exception cref="SimSocketException">EDESTADDRREQ, EMSGSIZE, ECONNREFUSED of an earlier datagram…</exception>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default) =>
        Send("send", null, data, cancellationToken);

    /// <summary>Sends a datagram. It never has to wait: what the network has no room for is lost there.</summary>
    /// <returns>Its length.</returns>
    /// <exception cref="SimSocketException">EMSGSIZE, ENETUNREACH, ECONNREFUSED of an earlier datagram…</exception>
    public ValueTask<int> SendToAsync(
        ReadOnlyMemory<byte> data, IpEndpoint destination, CancellationToken cancellationToken = default) =>
        Send("sendto", destination, data, cancellationToken);

    /// <summary>
    /// Takes the datagram that waits longest, waiting for one if need be. One call at a time. What the buffer has no room for is
    /// lost; the result's length tells.
    /// </summary>
    /// <param name="buffer">Where the payload goes.</param>
    /// <param name="flags">MSG_PEEK leaves the datagram where it is; others change nothing.</param>
    /// <param name="cancellationToken">Gives up; the socket stays usable.</param>
    /// <returns>Where it came from, and its length.</returns>
    /// <exception cref="SimSocketException">ECONNREFUSED and the like of an earlier send.</exception>
    public ValueTask<DatagramInfo> ReceiveFromAsync(
        Memory<byte> buffer, MessageFlags flags = MessageFlags.None, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        cancellationToken.ThrowIfCancellationRequested();
        _receive.Begin(cancellationToken);
        _buffer = buffer;
        _flags = flags;
        _receiveStart = Host.Now;
        TryReceive(Host.Now);
        return new ValueTask<DatagramInfo>(_receive, _receive.Version);
    }

    /// <summary>Closes the socket. A waiting receive ends with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        Socket.Close(Host.Now);
        Checked("close", "", Errno.OK);
        _receive.Fail(new ObjectDisposedException(nameof(SimUdpSocket)));
    }

    /// <inheritdoc/>
    protected internal override void Ready(Instant now, HostSocket socket)
    {
        if (_receive.IsPending && !_closed)
        {
            TryReceive(now);
        }
    }

    private void TryReceive(Instant now)
    {
        SocketResult result = Socket.ReceiveFrom(now, _buffer.Span, out DatagramInfo info, _flags);
        if (result.Error == Errno.EAGAIN)
        {
            return;
        }

        Report("recvfrom", result.Succeeded ? info.From.ToString() : "", _receiveStart, result);
        _buffer = default;
        if (result.Succeeded)
        {
            _receive.Complete(info);
        }
        else
        {
            _receive.Fail(new SimSocketException($"{Host.Name}: recvfrom", result.Error));
        }
    }

    private ValueTask<int> Send(
        string call, IpEndpoint? destination, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        cancellationToken.ThrowIfCancellationRequested();
        Instant now = Host.Now;
        SocketResult result = destination is { } to ? Socket.SendTo(now, data.Span, to) : Socket.Send(now, data.Span);
        if (Host.Streams.WantsCalls)
        {
            string length = data.Length.ToString(CultureInfo.InvariantCulture);
            Report(call, destination is null ? length : $"{destination}, {length}", now, result);
        }

        Host.Pump();
        return result.Succeeded
            ? new ValueTask<int>(result.Value)
            : ValueTask.FromException<int>(new SimSocketException($"{Host.Name}: {call}", result.Error));
    }

    private Errno Checked(string call, string arguments, Errno error)
    {
        Report(call, arguments, Host.Now, error == Errno.OK ? SocketResult.Ok(0) : SocketResult.Fail(error));
        Host.Pump();
        return error;
    }

    private void Report(string call, string arguments, Instant start, SocketResult result)
    {
        if (Host.Streams.WantsCalls)
        {
            Host.Streams.Called(Socket, call, arguments, start, result);
        }
    }
}

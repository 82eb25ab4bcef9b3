using System.Globalization;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Hosts;

/// <summary>
/// A connection as a <see cref="Stream"/> in virtual time: one read and one write may wait at the same time. Only the
/// asynchronous methods work, as virtual time can't go on inside a blocking call. Waiting calls allocate nothing.
/// </summary>
public sealed class SimTcpStream : Stream
{
    private readonly SocketAwaiter<int> _read;
    private readonly SocketAwaiter<int> _write;
    private readonly Waiter _waiter;
    private Memory<byte> _readBuffer;
    private ReadOnlyMemory<byte> _writeRest;
    private int _writeLength;
    private Instant _readStart;
    private Instant _writeStart;
    private IpEndpoint _connectingTo;
    private bool _connecting;
    private bool _closed;

    /// <summary>Wraps a socket and becomes its owner.</summary>
    public SimTcpStream(SimHost host, TcpSocket socket)
    {
        Host = host;
        Socket = socket;
        _read = new SocketAwaiter<int>(host.Simulation.Loop.SynchronizationContext);
        _write = new SocketAwaiter<int>(host.Simulation.Loop.SynchronizationContext);
        _waiter = new Waiter(this);
        socket.Owner = _waiter;
    }

    /// <summary>Whose it is.</summary>
    public SimHost Host { get; }

    /// <summary>For non-blocking access; call <see cref="SimHost.Pump"/> afterwards.</summary>
    public TcpSocket Socket { get; }

    public IpEndpoint LocalEndpoint => Socket.LocalEndpoint;

    public IpEndpoint RemoteEndpoint => Socket.RemoteEndpoint;

    public override bool CanRead => !_closed;

    public override bool CanWrite => !_closed;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Connects; returns when the handshake's second segment arrived.</summary>
    /// <param name="remote">Whereto.</param>
    /// <param name="cancellationToken">Stops waiting; the attempt goes on until the stream is closed.</param>
    /// <exception cref="SimSocketException">ECONNREFUSED, ETIMEDOUT, ENETUNREACH…</exception>
    public ValueTask ConnectAsync(IpEndpoint remote, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        cancellationToken.ThrowIfCancellationRequested();
        _write.Begin(cancellationToken);
        _connectingTo = remote;
        _writeStart = Host.Now;
        Errno error = Socket.Connect(Host.Now, remote);
        _connecting = error == Errno.EINPROGRESS;
        if (!_connecting)
        {
            EndConnect(error);
        }

        Host.Pump();
        return new ValueTask(_write, _write.Version);
    }

    /// <summary>
    /// Reads what is there, at least one byte; 0 when the peer has sent its FIN and everything before it was read.
    /// </summary>
    /// <exception cref="SimSocketException">ECONNRESET, ETIMEDOUT…</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfWaiting(_read);
        Instant now = Host.Now;
        SocketResult result = ReceiveOrWait(now, buffer.Span);
        if (result.Error != Errno.EAGAIN)
        {
            Report("recv", buffer.Length, now, result);
            Host.Pump();
            return result.Succeeded
                ? new ValueTask<int>(result.Value)
                : ValueTask.FromException<int>(new SimSocketException("recv", result.Error));
        }

        _read.Begin(cancellationToken);
        _readBuffer = buffer;
        _readStart = now;
        return new ValueTask<int>(_read, _read.Version);
    }

    /// <summary>Writes all bytes; returns when the send buffer has taken the last one.</summary>
    /// <exception cref="SimSocketException">EPIPE, ECONNRESET, ETIMEDOUT…</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfWaiting(_write);
        Instant now = Host.Now;
        SocketResult result = SendAll(now, ref buffer, out int sent);
        if (result.Error != Errno.EAGAIN)
        {
            Report("send", sent + buffer.Length, now, result);
            Host.Pump();
            return result.Succeeded ? default : ValueTask.FromException(new SimSocketException("send", result.Error));
        }

        _write.Begin(cancellationToken);
        _writeRest = buffer;
        _writeLength = sent + buffer.Length;
        _writeStart = now;
        Host.Pump();
        return new ValueTask(_write, _write.Version);
    }

    /// <inheritdoc cref="ReadAsync(Memory{byte}, CancellationToken)"/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Nothing to do: what was written is in the stack's hands.</summary>
    public override void Flush()
    {
    }

    /// <summary>Nothing to do: what was written is in the stack's hands.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends one or both directions, as shutdown(2): SHUT_WR sends FIN behind the data.</summary>
    /// <exception cref="SimSocketException">ENOTCONN.</exception>
    public void Shutdown(ShutdownHow how)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        Errno error = Socket.Shutdown(Host.Now, how);
        if (Host.Streams.WantsCalls)
        {
            Host.Streams.Called(Socket, "shutdown", how.ToString(), Host.Now, ToResult(error));
        }

        Host.Pump();
        if (error != Errno.OK)
        {
            throw new SimSocketException("shutdown", error);
        }
    }

    /// <summary>RFC 9293 §3.10.5: ends the connection at once, with RST where the peer must know.</summary>
    public void Abort() => End(abort: true);

    /// <summary>Not possible in virtual time.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override int Read(byte[] buffer, int offset, int count) => throw Blocking(nameof(ReadAsync));

    /// <summary>Not possible in virtual time.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void Write(byte[] buffer, int offset, int count) => throw Blocking(nameof(WriteAsync));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>close(2): the connection goes on closing by itself.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            End(abort: false);
        }

        base.Dispose(disposing);
    }

    private void End(bool abort)
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        if (abort)
        {
            Socket.Abort(Host.Now);
        }
        else
        {
            Socket.Close(Host.Now);
        }

        if (Host.Streams.WantsCalls)
        {
            Host.Streams.Called(Socket, abort ? "abort" : "close", "", Host.Now, SocketResult.Ok(0));
        }

        Socket.Owner = null;
        Host.Pump();
        _read.Fail(new ObjectDisposedException(nameof(SimTcpStream)));
        _write.Fail(new ObjectDisposedException(nameof(SimTcpStream)));
    }

    private void OnReady(Instant now)
    {
        if (_connecting)
        {
            ContinueConnect();
        }
        else if (!_closed && _write.IsPending)
        {
            ContinueWrite(now);
        }

        if (!_closed && _read.IsPending)
        {
            ContinueRead(now);
        }
    }

    private void ContinueConnect()
    {
        if ((Socket.Poll() & (PollEvents.POLLOUT | PollEvents.POLLERR | PollEvents.POLLHUP)) != PollEvents.None)
        {
            _connecting = false;
            EndConnect(Socket.TakeConnectResult());
        }
    }

    private void EndConnect(Errno error)
    {
        if (Host.Streams.WantsCalls)
        {
            Host.Streams.Called(Socket, "connect", _connectingTo.ToString(), _writeStart, ToResult(error));
        }

        if (error == Errno.OK)
        {
            _write.Complete(0);
        }
        else
        {
            _write.Fail(new SimSocketException($"{Host.Name}: connect to {_connectingTo}", error));
        }
    }

    /// <summary>SO_RCVLOWAT: less than so much is waited on for.</summary>
    private SocketResult ReceiveOrWait(Instant now, Span<byte> buffer) =>
        Socket.IsBelowLowWater(buffer.Length) ? SocketResult.Fail(Errno.EAGAIN) : Socket.Receive(now, buffer);

    private void ContinueRead(Instant now)
    {
        SocketResult result = ReceiveOrWait(now, _readBuffer.Span);
        if (result.Error == Errno.EAGAIN)
        {
            return;
        }

        Report("recv", _readBuffer.Length, _readStart, result);
        _readBuffer = default;
        if (result.Succeeded)
        {
            _read.Complete(result.Value);
        }
        else
        {
            _read.Fail(new SimSocketException("recv", result.Error));
        }
    }

    private void ContinueWrite(Instant now)
    {
        SocketResult result = SendAll(now, ref _writeRest, out _);
        if (result.Error == Errno.EAGAIN)
        {
            return;
        }

        Report("send", _writeLength, _writeStart, result.Succeeded ? SocketResult.Ok(_writeLength) : result);
        _writeRest = default;
        if (result.Succeeded)
        {
            _write.Complete(0);
        }
        else
        {
            _write.Fail(new SimSocketException("send", result.Error));
        }
    }

    /// <summary>Sends until nothing is left or the socket takes no more; the value of success is what was sent.</summary>
    private SocketResult SendAll(Instant now, ref ReadOnlyMemory<byte> rest, out int sent)
    {
        sent = 0;
        do
        {
            SocketResult result = Socket.Send(now, rest.Span);
            if (!result.Succeeded)
            {
                // The SYN of a Fast Open that could not take data along: the writer waits for the handshake.
                return result.Error is Errno.EINPROGRESS ? SocketResult.Fail(Errno.EAGAIN) : result;
            }

            sent += result.Value;
            rest = rest[result.Value..];
        }
        while (!rest.IsEmpty);
        return SocketResult.Ok(sent);
    }

    private void Report(string call, int length, Instant start, SocketResult result)
    {
        if (Host.Streams.WantsCalls)
        {
            Host.Streams.Called(Socket, call, string.Create(CultureInfo.InvariantCulture, $"{length}"), start, result);
        }
    }

    private static void ThrowIfWaiting(SocketAwaiter<int> call)
    {
        if (call.IsPending)
        {
            throw new InvalidOperationException("a call of this kind is waiting on the socket already");
        }
    }

    private static NotSupportedException Blocking(string instead) =>
        new($"a blocking call would stop virtual time; use {instead}");

    private static SocketResult ToResult(Errno error) => error == Errno.OK ? SocketResult.Ok(0) : SocketResult.Fail(error);

    private sealed class Waiter(SimTcpStream stream) : SocketOwner
    {
        protected internal override void Ready(Instant now, HostSocket socket) => stream.OnReady(now);
    }
}

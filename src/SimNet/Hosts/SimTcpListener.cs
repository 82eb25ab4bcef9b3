using System.Globalization;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Hosts;

/// <summary>A listening socket with an awaitable accept.</summary>
public sealed class SimTcpListener : SocketOwner, IDisposable
{
    private readonly SocketAwaiter<SimTcpStream> _accept;
    private Instant _acceptStart;
    private bool _closed;

    internal SimTcpListener(SimHost host, IpEndpoint local, int backlog, Action<TcpSocket>? configure)
    {
        Host = host;
        _accept = new SocketAwaiter<SimTcpStream>(host.Simulation.Loop.SynchronizationContext);
        Socket = host.Stack.OpenTcpSocket(local.Address.IsV4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6);
        configure?.Invoke(Socket);
        Socket.Owner = this;
        Check("bind", local.ToString(), Socket.Bind(local), local);
        Check("listen", backlog.ToString(CultureInfo.InvariantCulture), Socket.Listen(host.Now, backlog), local);
        host.Pump();
    }

    /// <summary>Whose it is.</summary>
    public SimHost Host { get; }

    /// <summary>For non-blocking access; call <see cref="SimHost.Pump"/> afterwards.</summary>
    public TcpSocket Socket { get; }

    /// <summary>Where it listens.</summary>
    public IpEndpoint LocalEndpoint => Socket.LocalEndpoint;

    /// <summary>Takes the connection at the head of the accept queue, waiting for one if need be. One call at a time.</summary>
    /// <param name="cancellationToken">Gives up; the listener stays usable.</param>
    /// <exception cref="SimSocketException">accept failed.</exception>
    public ValueTask<SimTcpStream> AcceptAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        cancellationToken.ThrowIfCancellationRequested();
        _accept.Begin(cancellationToken);
        _acceptStart = Host.Now;
        TryAccept(Host.Now);
        Host.Pump();
        return new ValueTask<SimTcpStream>(_accept, _accept.Version);
    }

    /// <summary>
    /// Closes the socket; connections in its queues are reset. A waiting accept ends with <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        Socket.Close(Host.Now);
        Report("close", "", Host.Now, SocketResult.Ok(0));
        Host.Pump();
        _accept.Fail(new ObjectDisposedException(nameof(SimTcpListener)));
    }

    /// <inheritdoc/>
    protected internal override void Ready(Instant now, HostSocket socket)
    {
        if (_accept.IsPending && !_closed)
        {
            TryAccept(now);
        }
    }

    private void TryAccept(Instant now)
    {
        Errno error = Socket.Accept(now, out TcpSocket? accepted);
        if (error == Errno.EAGAIN)
        {
            return;
        }

        Report("accept", accepted is null ? "" : accepted.RemoteEndpoint.ToString(), _acceptStart, ToResult(error));
        if (error == Errno.OK)
        {
            _accept.Complete(new SimTcpStream(Host, accepted!));
        }
        else
        {
            _accept.Fail(new SimSocketException("accept", error));
        }
    }

    private void Check(string call, string arguments, Errno error, IpEndpoint local)
    {
        Report(call, arguments, Host.Now, ToResult(error));
        if (error != Errno.OK)
        {
            Socket.Close(Host.Now);
            Host.Pump();
            throw new SimSocketException($"{Host.Name}: {call} on {local}", error);
        }
    }

    private void Report(string call, string arguments, Instant start, SocketResult result)
    {
        if (Host.Streams.WantsCalls)
        {
            Host.Streams.Called(Socket, call, arguments, start, result);
        }
    }

    private static SocketResult ToResult(Errno error) => error == Errno.OK ? SocketResult.Ok(0) : SocketResult.Fail(error);
}

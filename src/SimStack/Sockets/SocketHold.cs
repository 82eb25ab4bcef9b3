using SimStack.Tcp;

namespace SimStack.Sockets;

/// <summary>
/// A call that takes time and has its socket meanwhile, as Linux's lock_sock and release_sock have it: segments that arrive wait in the socket's
/// backlog, where those that follow one another become one. The default value holds nothing. See <see cref="TcpSocket.Hold"/>.
/// </summary>
public readonly struct SocketHold
{
    private readonly TcpConnection? _connection;

    internal SocketHold(TcpConnection connection) => _connection = connection;

    /// <summary>Whether it holds a socket.</summary>
    public bool IsHeld => _connection is not null;

    /// <summary>The call looks for more: what waits is worked on, and what arrives after that waits again.</summary>
    /// <param name="now">The instant.</param>
    public void Look(Instant now) => _connection?.Look(now);

    /// <summary>The call ends: an acknowledgement that its reads make due is sent, then what waits is worked on. To be called once.</summary>
    /// <param name="now">The instant; not before that of <see cref="TcpSocket.Hold"/>.</param>
    public void Release(Instant now) => _connection?.Release(now);
}

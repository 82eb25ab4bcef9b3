using SimStack;
using SimStack.Sockets;

namespace SimNet.Hosts;

/// <summary>
/// Whoever waits for a socket, put into <see cref="HostSocket.Owner"/>: the plain callback form that <see cref="SimTcpStream"/>
/// and
/// <see cref="SimTcpListener"/> are built on. After calls into a socket outside of <see cref="Ready"/>, call <see
/// cref="SimHost.Pump"/>.
/// </summary>
public abstract class SocketOwner
{
    /// <summary>True while a wake-up is on its way; further readiness is part of it.</summary>
    internal bool IsWaking { get; set; }

    /// <summary>The socket's readiness may have changed; look at what it was waited for.</summary>
    protected internal abstract void Ready(Instant now, HostSocket socket);
}

using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>
/// The sockets that the script knows. System calls report here what they did; packets are those of <see cref="UnderTest"/>: the
/// socket that socket() made last, or the child of the last SYN to a listening one. Packets of other sockets are not looked at.
/// </summary>
internal sealed class ScriptSockets(TestMachine machine)
{
    private readonly List<SocketUnderTest> _all = [];

    /// <summary>Whose packets the script's lines are about; null before the first socket.</summary>
    public SocketUnderTest? UnderTest { get; set; }

    /// <summary>In order of creation.</summary>
    public IReadOnlyList<SocketUnderTest> All => _all;

    /// <summary>The open one with this descriptor of the script, the newest first; or null.</summary>
    public SocketUnderTest? Find(int descriptor) => _all.FindLast(s => !s.IsClosed && s.Descriptor == descriptor && descriptor >= 0);

    /// <summary>Told after a socket() that succeeded.</summary>
    /// <param name="descriptor">The script's number of it.</param>
    /// <param name="socket">The stack's socket.</param>
    public SocketUnderTest Created(int descriptor, HostSocket socket)
    {
        SocketUnderTest made = Add(new SocketUnderTest { Protocol = socket.Protocol, Descriptor = descriptor, Socket = socket });
        UnderTest = made;
        return made;
    }

    /// <summary>Told after a listen() that returned what the script expects.</summary>
    public void Listening(int descriptor)
    {
        if (Find(descriptor) is { } socket)
        {
            socket.Phase = SocketPhase.Listening;
        }
    }

    /// <summary>Told before a connect() or a sendto() with MSG_FASTOPEN is made; only a new socket becomes a connecting one.</summary>
    public void Connecting(int descriptor)
    {
        if (Find(descriptor) is { Phase: SocketPhase.New } socket)
        {
            socket.Phase = SocketPhase.Connecting;
            socket.LiveRemote = new IpEndpoint(machine.Remote, machine.ConnectPort);
        }
    }

    /// <summary>Told before a connect() to AF_UNSPEC: the socket may connect again.</summary>
    public void Disconnecting(int descriptor)
    {
        if (Find(descriptor) is { } socket)
        {
            socket.Phase = SocketPhase.New;
        }
    }

    /// <summary>Told after an accept() that succeeded.</summary>
    /// <param name="descriptor">The script's number of the new socket.</param>
    /// <param name="child">The new socket.</param>
    /// <returns>False when no packet of the script made this connection, which is an error of the accept() line.</returns>
    public bool Accepted(int descriptor, HostSocket child)
    {
        IpEndpoint remote = child.RemoteEndpoint;
        SocketUnderTest? socket = _all.FindLast(s =>
            s.Phase is SocketPhase.SynAckSent or SocketPhase.SynAckAcknowledged && s.Socket is null && s.LiveRemote == remote);
        if (socket is null)
        {
            return false;
        }

        socket.Descriptor = descriptor;
        socket.Socket = child;
        return true;
    }

    /// <summary>Told after a close() that succeeded. The socket's packets are still looked at, as the FIN that follows.</summary>
    public void Closed(int descriptor)
    {
        if (Find(descriptor) is { } socket)
        {
            socket.IsClosed = true;
        }
    }

    internal SocketUnderTest Add(SocketUnderTest socket)
    {
        _all.Add(socket);
        return socket;
    }
}

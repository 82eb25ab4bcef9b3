using SimNet.Hosts;
using SimStack.Sockets;

namespace SimNet.Scripting.Running;

/// <summary>A program's socket, and the calls that wait for it.</summary>
internal sealed class ScriptSocket : SocketOwner
{
    private List<TaskCompletionSource> _waiting = [];

    public ScriptSocket(HostSocket socket)
    {
        Socket = socket;
        socket.Owner = this;
    }

    public HostSocket Socket { get; }

    /// <summary>Null for a socket of another protocol.</summary>
    public TcpSocket? Tcp => Socket as TcpSocket;

    /// <summary>Null for a TCP socket.</summary>
    public DatagramSocket? Datagram => Socket as DatagramSocket;

    public bool IsClosed { get; set; }

    /// <summary>When the call ends that has the socket; others wait for it.</summary>
    public Instant HeldUntil { get; set; }

    /// <summary>Waits until the socket's readiness may have changed.</summary>
    public Task WaitAsync()
    {
        var source = new TaskCompletionSource();
        _waiting.Add(source);
        return source.Task;
    }

    /// <summary>Lets all waiting calls look again.</summary>
    public void WakeAll()
    {
        List<TaskCompletionSource> waiting = _waiting;
        _waiting = [];
        foreach (TaskCompletionSource source in waiting)
        {
            source.SetResult();
        }
    }

    /// <summary>send(2), of whichever protocol.</summary>
    public SocketResult Send(Instant now, ReadOnlySpan<byte> data, MessageFlags flags = MessageFlags.None) =>
        Tcp is { } tcp ? tcp.Send(now, data, flags) : Datagram!.Send(now, data, flags);

    /// <summary>recv(2), of whichever protocol.</summary>
    public SocketResult Receive(Instant now, Span<byte> destination, MessageFlags flags = MessageFlags.None) =>
        Tcp is { } tcp ? tcp.Receive(now, destination, flags) : Datagram!.Receive(now, destination, flags);

    /// <inheritdoc/>
    protected override void Ready(Instant now, HostSocket socket) => WakeAll();
}

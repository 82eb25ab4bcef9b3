using SimNet.Hosts;
using SimStack.Sockets;

namespace SimNet.Scripting.Running;

/// <summary>A program's socket, and the calls that wait for it.</summary>
internal sealed class ScriptSocket : SocketOwner
{
    private List<TaskCompletionSource> _waiting = [];

    public ScriptSocket(TcpSocket socket)
    {
        Socket = socket;
        socket.Owner = this;
    }

    public TcpSocket Socket { get; }

    public bool IsClosed { get; set; }

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

    /// <inheritdoc/>
    protected override void Ready(Instant now, HostSocket socket) => WakeAll();
}

namespace SimStack.Sockets;

/// <summary>Sockets of one host whose readiness may have changed, each once, in the order in which that happened.</summary>
internal sealed class ReadyQueue
{
    private HostSocket? _first;
    private HostSocket? _last;

    public void Add(HostSocket socket)
    {
        if (socket.ReadyQueued)
        {
            return;
        }

        socket.ReadyQueued = true;
        if (_last is null)
        {
            _first = socket;
        }
        else
        {
            _last.ReadyNext = socket;
        }

        _last = socket;
    }

    public bool TryTake(out HostSocket socket)
    {
        socket = _first!;
        if (socket is null)
        {
            return false;
        }

        _first = socket.ReadyNext;
        _last = _first is null ? null : _last;
        socket.ReadyNext = null;
        socket.ReadyQueued = false;
        return true;
    }
}

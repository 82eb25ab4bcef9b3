using SimNet.Time;
using SimStack;
using SimStack.Sockets;

namespace SimNet.Hosts;

/// <summary>Applications between their socket's readiness and their continuation: the host's wake-up delay.</summary>
internal sealed class WakeupQueue(EventLoop loop, SimHost host) : Alarm(loop)
{
    private readonly Queue<(SocketOwner Owner, HostSocket Socket, Instant Due)> _waking = new();
    private Instant _last;

    public override string Description => $"applications waking on {host.Name}";

    public void Add(Instant now, SocketOwner owner, HostSocket socket)
    {
        if (owner.IsWaking)
        {
            return;
        }

        owner.IsWaking = true;
        _last = Instant.Max(_last, host.WakesAt(now));
        _waking.Enqueue((owner, socket, _last));
        RingBy(_waking.Peek().Due);
    }

    protected override void Ring(Instant now)
    {
        try
        {
            for (int left = _waking.Count; left > 0 && _waking.Peek().Due <= now; left--)
            {
                (SocketOwner owner, HostSocket socket, _) = _waking.Dequeue();
                owner.IsWaking = false;
                owner.Ready(now, socket);
                host.Pump();
            }
        }
        finally
        {
            if (_waking.Count > 0)
            {
                RingBy(_waking.Peek().Due);
            }
        }
    }
}

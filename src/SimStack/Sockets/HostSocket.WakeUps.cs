namespace SimStack.Sockets;

/// <summary>Why waiters are woken: what tells an edge from a level.</summary>
public abstract partial class HostSocket
{
    /// <summary>A wake-up that concerns everyone who waits, as Linux's sk_state_change.</summary>
    internal const PollEvents WakesEveryone = PollEvents.POLLIN | PollEvents.POLLPRI | PollEvents.POLLOUT | PollEvents.POLLERR
        | PollEvents.POLLHUP | PollEvents.POLLRDHUP;

    private PollEvents _wakeUps;

    /// <summary>
    /// Whom the socket has woken since this was last asked: POLLIN where data or a connection came (Linux's sk_data_ready), POLLOUT
    /// where space became free (sk_write_space), POLLERR for an error alone (sk_error_report), every flag where the state changed. Edge
    /// triggering is about these, not about what <see cref="Poll"/> tells: more data wakes although there was some before.
    /// </summary>
    public PollEvents TakeWakeUps()
    {
        PollEvents wakeUps = _wakeUps;
        _wakeUps = PollEvents.None;
        return wakeUps;
    }

    /// <summary>Whoever waits for one of those is woken.</summary>
    internal void Wake(PollEvents reasons)
    {
        _wakeUps |= reasons;
        Host.Ready.Add(this);
    }
}

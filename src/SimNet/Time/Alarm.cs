using SimStack;

namespace SimNet.Time;

/// <summary>
/// Something with one next moment that moves often: a queue's head, a host's earliest timer. Moving it later costs nothing: the
/// pending event then rings early and the alarm is set again. Only moving it earlier schedules an event.
/// </summary>
public abstract class Alarm : EventTarget
{
    private readonly EventLoop _loop;

    // Pending events, each earlier than the one below it; the last one rings next.
    private Instant[] _pending = new Instant[4];
    private int _count;

    /// <summary>An alarm that is not set.</summary>
    protected Alarm(EventLoop loop) => _loop = loop;

    /// <summary>Calls <see cref="Ring"/> at that instant or before; <see cref="Instant.Never"/> asks for nothing.</summary>
    protected void RingBy(Instant at)
    {
        if (at.IsNever || (_count > 0 && _pending[_count - 1] <= at))
        {
            return;
        }

        if (_count == _pending.Length)
        {
            Array.Resize(ref _pending, _count * 2);
        }

        _pending[_count++] = at;
        _loop.Schedule(at, this);
    }

    /// <summary>
    /// Called when set, and now and then earlier; must look at what is due, and set the alarm again when something is left.
    /// </summary>
    protected abstract void Ring(Instant now);

    /// <inheritdoc/>
    public sealed override void Run(Instant now, long argument)
    {
        _count--;
        Ring(now);
    }
}

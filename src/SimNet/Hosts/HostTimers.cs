using SimNet.Time;
using SimStack;

namespace SimNet.Hosts;

/// <summary>Runs a host's timers.</summary>
internal sealed class HostTimers(EventLoop loop, SimHost host) : Alarm(loop)
{
    public override string Description => $"timers of {host.Name}";

    public void Set(Instant now) => RingBy(Instant.Max(now, host.Stack.NextDeadline));

    protected override void Ring(Instant now)
    {
        if (host.Stack.NextDeadline <= now)
        {
            host.Stack.Advance(now);
        }

        host.Pump();
    }
}

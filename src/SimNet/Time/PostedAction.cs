using SimStack;

namespace SimNet.Time;

/// <summary>Application code as an event.</summary>
internal sealed class PostedAction(EventLoop loop, Action action) : EventTarget
{
    public override string Description => "application code";

    public override void Run(Instant now, long argument) =>
        loop.SynchronizationContext.Run(static state => ((Action)state!)(), action);
}

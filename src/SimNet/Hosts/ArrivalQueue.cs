using SimNet.Time;
using SimStack;
using SimStack.Wire;

namespace SimNet.Hosts;

/// <summary>
/// Frames between their arrival at an interface and the stack: the host's processing delay, or the loop for loopback.
/// </summary>
internal sealed class ArrivalQueue(EventLoop loop, HostInterface port) : Alarm(loop)
{
    private FrameQueue _frames = new();
    private Instant _last;

    public bool IsEmpty => _frames.Count == 0;

    public override string Description => $"packets arriving at {port.Name}";

    /// <summary>Hands the frame over after the delay, and never before one that arrived earlier.</summary>
    public void Add(Instant now, Frame frame, Duration delay)
    {
        _last = Instant.Max(_last, now + delay);
        frame.Due = _last;
        _frames.Enqueue(frame);
        RingBy(_frames.First.Due);
    }

    protected override void Ring(Instant now)
    {
        try
        {
            for (int left = _frames.Count; left > 0 && _frames.First.Due <= now; left--)
            {
                port.Process(now, _frames.Dequeue());
            }
        }
        finally
        {
            if (_frames.Count > 0)
            {
                RingBy(_frames.First.Due);
            }
        }
    }
}

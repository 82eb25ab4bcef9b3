using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// A real network device: Ethernet frames come out of it and go into it. One thread uses it. Nothing in it blocks, and nothing allocates
/// per frame. A program may have devices of its own: it derives from this, and tells of waiting frames by <see cref="OnFramesWaiting"/>.
/// </summary>
public abstract class FrameDevice : IDisposable
{
    /// <summary>The system's name for it: <c>tap0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The longest IP packet in bytes.</summary>
    public abstract int Mtu { get; }

    /// <summary>The address of the system's own end; null when it has none.</summary>
    public virtual MacAddress? HardwareAddress => null;

    /// <summary>It takes packets of many segments (<see cref="Frame.SegmentSize"/>) as well as frames.</summary>
    internal virtual bool TakesLongPackets => false;

    /// <summary>What went through it.</summary>
    public DeviceCounters Counters { get; } = new();

    /// <summary>Becomes readable when frames wait; -1: there is nothing to wait on, and <see cref="OnFramesWaiting"/> is called instead.</summary>
    internal virtual int Descriptor => -1;

    /// <summary>Ends the sleep of the session that reads the device; null while none runs.</summary>
    internal Action? Waker { get; set; }

    /// <summary>Reads frames that wait.</summary>
    /// <param name="pool">Where frames come from.</param>
    /// <param name="frames">Filled from the beginning; they belong to the caller.</param>
    /// <returns>How many; 0 when none waits.</returns>
    /// <exception cref="BridgeException">The device is gone.</exception>
    public abstract int Read(FramePool pool, Span<Frame> frames);

    /// <summary>Takes a frame to be sent; it belongs to the device, which may keep it until <see cref="Flush"/>.</summary>
    public abstract void Write(FramePool pool, Frame frame);

    /// <summary>Hands over what <see cref="Write"/> kept.</summary>
    public virtual void Flush(FramePool pool)
    {
    }

    /// <summary>Asks the system for what it dropped, and adds it to <see cref="DeviceCounters.RxDropped"/>; now and then, not per frame.</summary>
    public virtual void UpdateCounters()
    {
    }

    /// <summary>
    /// Tells the session that frames wait to be read, from any thread. A device of one's own calls it whenever frames came to an empty queue;
    /// without it they would be found only when the session looks by itself, which may take a second.
    /// </summary>
    protected void OnFramesWaiting() => Waker?.Invoke();

    /// <summary>Counts what was read; for devices of one's own, which have no other way to <see cref="Counters"/>.</summary>
    protected void CountReceived(long frames, long bytes)
    {
        Counters.RxFrames += frames;
        Counters.RxBytes += bytes;
    }

    /// <summary>Counts what was written.</summary>
    protected void CountSent(long frames, long bytes)
    {
        Counters.TxFrames += frames;
        Counters.TxBytes += bytes;
    }

    /// <summary>Counts frames that could not be used, that were lost before they were read, and that could not be written.</summary>
    protected void CountLost(long receiveErrors = 0, long receiveDropped = 0, long sendDropped = 0)
    {
        Counters.RxErrors += receiveErrors;
        Counters.RxDropped += receiveDropped;
        Counters.TxDropped += sendDropped;
    }

    /// <summary>Gives the device back; one that was made for the bridge goes away.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what is open; called once or more.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    public override string ToString() => Name;
}

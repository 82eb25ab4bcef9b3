using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// A real network device: Ethernet frames come out of it and go into it. One thread uses it. Nothing in it blocks, and nothing allocates
/// per frame.
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

    /// <summary>Becomes readable when frames wait; -1: there is nothing to wait on.</summary>
    internal abstract int Descriptor { get; }

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

    /// <summary>Asks the system for what it dropped, into <see cref="DeviceCounters.RxDropped"/>; now and then, not per frame.</summary>
    public virtual void UpdateCounters()
    {
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

using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>One neighbour: its Ethernet address, how sure that is, and the frames that wait for it.</summary>
public sealed class NeighbourEntry
{
    private Frame? _firstWaiting;
    private Frame? _lastWaiting;

    internal NeighbourEntry(in IpAddress address) => Address = address;

    public IpAddress Address { get; }

    /// <summary>The Ethernet address; meaningful when <see cref="IsValid"/>.</summary>
    public MacAddress MacAddress { get; internal set; }

    /// <summary>As of the last event; REACHABLE turns into STALE when next looked at, after 30 s without confirmation.</summary>
    public NeighbourState State { get; internal set; }

    /// <summary>Frames can be sent to <see cref="MacAddress"/>.</summary>
    public bool IsValid => State is NeighbourState.Reachable or NeighbourState.Stale or NeighbourState.Delay
        or NeighbourState.Probe or NeighbourState.Permanent;

    /// <summary>How many frames wait for the answer.</summary>
    public int WaitingCount { get; private set; }

    /// <summary>Neighbor discovery said that it is a router.</summary>
    public bool IsRouter { get; internal set; }

    // Long before the start: never confirmed.
    internal Instant Confirmed { get; set; } = new(-60_000_000_000);
    internal Instant Updated { get; set; }
    internal Instant Deadline { get; set; } = Instant.Never;
    internal int Probes { get; set; }

    /// <summary>The source address of what waits: solicitations come from it.</summary>
    internal IpAddress AskFrom { get; set; }

    /// <summary>No longer in its table.</summary>
    internal bool IsRemoved { get; set; }

    internal void Confirm(Instant now)
    {
        if (IsValid)
        {
            Confirmed = now;
        }
    }

    internal void AddWaiting(Frame frame)
    {
        frame.NextFree = null;
        if (_lastWaiting is null)
        {
            _firstWaiting = frame;
        }
        else
        {
            _lastWaiting.NextFree = frame;
        }

        _lastWaiting = frame;
        WaitingCount++;
    }

    internal Frame? TakeWaiting()
    {
        Frame? frame = _firstWaiting;
        if (frame is not null)
        {
            _firstWaiting = frame.NextFree;
            _lastWaiting = _firstWaiting is null ? null : _lastWaiting;
            frame.NextFree = null;
            WaitingCount--;
        }

        return frame;
    }

    /// <summary><c>192.0.2.1 02:00:00:00:00:01 REACHABLE</c></summary>
    public override string ToString() => $"{Address} {MacAddress} {State.ToString().ToUpperInvariant()}";
}

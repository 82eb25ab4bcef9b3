using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>One conversation of a capture, and the simulated host's in its place: what is called otherwise there.</summary>
internal sealed class FieldFlow
{
    private (uint Captured, uint Simulated)? _timestamps;

    /// <summary>The other side.</summary>
    public required IpEndpoint Peer { get; init; }

    /// <summary>TCP, UDP, or ICMP's echoes.</summary>
    public required IpProtocol Protocol { get; init; }

    /// <summary>True: the side that is simulated begins, so that nothing can come before it did.</summary>
    public required bool IsActive { get; init; }

    /// <summary>The simulated host's end; of echoes the identifier is the port. Null: it has not begun.</summary>
    public IpEndpoint? Simulated { get; set; }

    /// <summary>The captured host's initial sequence number; null: not known.</summary>
    public SequenceNumber? CapturedFirst { get; set; }

    /// <summary>The simulated host's.</summary>
    public SequenceNumber? SimulatedFirst { get; set; }

    /// <summary>The peer's; tells a second connection of the same ports from the first.</summary>
    public SequenceNumber? PeerFirst { get; set; }

    /// <summary>What the simulated host will send next, as far as it went.</summary>
    public SequenceNumber SimulatedNext { get; set; }

    /// <summary>The highest acknowledgement number that came, as captured, and as it was made of it; null: none.</summary>
    public (SequenceNumber Captured, SequenceNumber Simulated)? Acknowledged { get; private set; }

    /// <summary>What the captured host sent, that was not acknowledged yet.</summary>
    public FieldSends CapturedSends { get; } = new();

    /// <summary>The same of the simulated host.</summary>
    public FieldSends SimulatedSends { get; private set; } = new();

    /// <summary>Its last timestamp.</summary>
    public uint LastTimestamp { get; set; }

    /// <summary>True once a packet waited in vain: no other of the flow waits.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>What is to be added to acknowledgement numbers.</summary>
    public uint Shift => unchecked((SimulatedFirst?.Value ?? 0) - (CapturedFirst?.Value ?? 0));

    /// <summary>
    /// True when an acknowledgement can come: it says nothing new, or the simulated host has sent something that was not acknowledged yet. Where
    /// the host sends less than the captured one did, that is all there will be to acknowledge.
    /// </summary>
    public bool Answers(SequenceNumber acknowledgment) => acknowledgment + Shift <= SimulatedNext
        || Acknowledged is { } last && (acknowledgment <= last.Captured || SimulatedNext > last.Simulated);

    /// <summary>
    /// How long after the simulated host sent it the packet is to come: as long as it took after the captured one did. Null: the capture does not tell.
    /// </summary>
    /// <param name="acknowledgment">As captured.</param>
    /// <param name="time">When it was.</param>
    /// <returns>The instant; null: at once.</returns>
    public Instant? NotBefore(SequenceNumber acknowledgment, Instant time)
    {
        if ((Acknowledged is { } last && acknowledgment <= last.Captured) || CapturedSends.Find(acknowledgment) is not { } captured
            || SimulatedSends.Find(SequenceNumber.Min(acknowledgment + Shift, SimulatedNext)) is not { } simulated)
        {
            return null;
        }

        if (captured.Timestamp is not null && simulated.Timestamp is not null)
        {
            _timestamps = (captured.Timestamp.Value, simulated.Timestamp.Value);
        }

        return simulated.Time + Duration.Max(time - captured.Time, Duration.Zero);
    }

    /// <summary>The number in place of the captured one: no more than was sent.</summary>
    public SequenceNumber Acknowledge(SequenceNumber captured)
    {
        SequenceNumber simulated = SequenceNumber.Min(captured + Shift, SimulatedNext);
        if (Acknowledged is not { } last || captured > last.Captured)
        {
            Acknowledged = (captured, simulated);
            CapturedSends.Forget(captured);
            SimulatedSends.Forget(simulated);
        }

        return simulated;
    }

    /// <summary>The simulated host has begun it already, before it was known to be this one.</summary>
    public void Begin(FieldFlow begun)
    {
        (Simulated, SimulatedFirst, SimulatedNext) = (begun.Simulated, begun.SimulatedFirst, begun.SimulatedNext);
        (SimulatedSends, LastTimestamp) = (begun.SimulatedSends, begun.LastTimestamp);
    }

    /// <summary>The simulated host's timestamp in place of one that it did not send: as far from one that is known of both as the captured one.</summary>
    public uint Echo(uint captured)
    {
        if (_timestamps is not { } known)
        {
            return LastTimestamp;
        }

        // Clocks may tick at different rates: no later than what was sent last.
        uint echoed = unchecked(known.Simulated + (captured - known.Captured));
        return unchecked((int)(echoed - LastTimestamp)) > 0 ? LastTimestamp : echoed;
    }
}

using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>One conversation of a capture, and the simulated host's in its place: what is called otherwise there.</summary>
internal sealed class FieldFlow
{
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

    /// <summary>The first timestamp of the captured host; null: none.</summary>
    public uint? CapturedTimestamp { get; set; }

    /// <summary>The first of the simulated host; null: none.</summary>
    public uint? SimulatedTimestamp { get; set; }

    /// <summary>Its last one.</summary>
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

    /// <summary>The number in place of the captured one: no more than was sent.</summary>
    public SequenceNumber Acknowledge(SequenceNumber captured)
    {
        SequenceNumber simulated = SequenceNumber.Min(captured + Shift, SimulatedNext);
        if (Acknowledged is not { } last || captured > last.Captured)
        {
            Acknowledged = (captured, simulated);
        }

        return simulated;
    }

    /// <summary>The simulated host's timestamp in place of one that it did not send.</summary>
    public uint Echo(uint captured)
    {
        if (SimulatedTimestamp is not { } first || CapturedTimestamp is not { } capturedFirst)
        {
            return LastTimestamp;
        }

        // Clocks may tick at different rates: no later than what was sent last, and no earlier than the first.
        uint echoed = unchecked(first + (captured - capturedFirst));
        return unchecked((int)(echoed - LastTimestamp)) > 0 ? LastTimestamp
            : unchecked((int)(echoed - first)) < 0 ? first
            : echoed;
    }
}

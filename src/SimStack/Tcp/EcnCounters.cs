using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>What two ends agreed on about ECN, and what is due on it; Linux's <c>ecn_flags</c>.</summary>
[Flags]
internal enum EcnState : byte
{
    None = 0,

    /// <summary>RFC 3168: ECE until CWR.</summary>
    Classic = 1,

    /// <summary>The next new data carries CWR: the window was reduced.</summary>
    CwrDue = 2,

    /// <summary>Every segment carries ECE until the peer's CWR.</summary>
    EchoDue = 4,

    /// <summary>A segment arrived whose IP header says that its sender is ECN-capable.</summary>
    Seen = 8,

    /// <summary>RFC 9768: three bits count the marks.</summary>
    Accurate = 16,

    /// <summary>The SYN goes without ECN's flags: an earlier one may have been lost for them (RFC 3168 §6.1.1.1).</summary>
    SynCleared = 32,

    /// <summary>The congestion control wants all packets ECN-capable, and to hear of each mark (Linux: TCP_CONG_NEEDS_ECN).</summary>
    Everywhere = 64,

    /// <summary>AccECN was asked for; the answer is open.</summary>
    Pending = Classic | Accurate,
}

/// <summary>What went wrong with AccECN on this path, by Linux's TCP_ACCECN_*_FAIL_*.</summary>
[Flags]
internal enum AccurateEcnFailures : byte
{
    None = 0,

    /// <summary>The peer does not seem to get our ACE field.</summary>
    AceSend = 1,

    /// <summary>The peer's ACE field can't be believed.</summary>
    AceReceive = 2,

    /// <summary>The peer does not seem to get segments with our option.</summary>
    OptionSend = 4,

    /// <summary>The peer's option can't be believed, or comes too late.</summary>
    OptionReceive = 8,
}

/// <summary>What was seen of the peer's AccECN option, by Linux's TCP_ACCECN_OPT_*.</summary>
internal enum AccurateEcnOption : byte
{
    NotSeen,

    /// <summary>One without fields.</summary>
    Empty,

    /// <summary>One with counters.</summary>
    Counters,

    /// <summary>One whose counters began with zero, as only a middlebox makes them.</summary>
    Failed,
}

/// <summary>
/// The counters of ECN and of AccECN (RFC 9768 §2) of one connection; made when a marked segment arrives or AccECN is asked for.
/// </summary>
internal sealed class EcnCounters
{
    /// <summary>r.cep less its initial 5: segments that arrived marked.</summary>
    public uint ReceivedCe;

    /// <summary>Of them those that no segment of ours told of yet, at most 15.</summary>
    public byte ReceivedCeUntold;

    /// <summary>Data bytes that arrived with ECT(1), ECT(0) and CE, at the field's value less one.</summary>
    public ByField ReceivedBytes;

    /// <summary>The same of our data, by what the peer tells.</summary>
    public ByField DeliveredBytes;

    /// <summary>The last segment's field.</summary>
    public byte LastField;

    /// <summary>The field of our SYN or SYN-ACK as we sent it.</summary>
    public byte SynSent;

    /// <summary>The field of the peer's SYN or SYN-ACK as it arrived.</summary>
    public byte SynReceived;

    /// <summary>Fields that the next option must have, so that it tells of every counter that changed.</summary>
    public byte FieldsNeeded;

    /// <summary>Segments that shall have the option.</summary>
    public byte OptionsWanted;

    /// <summary>The field that bytes acknowledged without an option are counted for; 0: not known.</summary>
    public byte Estimated;

    public AccurateEcnOption Option;
    public AccurateEcnFailures Failures;

    /// <summary>The last segment had the option beside a D-SACK.</summary>
    public bool OptionSentWithDuplicate;

    /// <summary>Where that began.</summary>
    public SequenceNumber DuplicateTold;

    /// <summary>The next segment belongs to the same offload packet as the last one.</summary>
    public bool PacketContinues;

    /// <summary>That packet's segments have the option, with at least so many fields.</summary>
    public bool PacketHasOption;

    /// <inheritdoc cref="PacketHasOption"/>
    public byte PacketNeeded;

    /// <summary>Segments that an ACK acknowledges, a moving average in 64ths.</summary>
    public ushort AcknowledgedAverage;

    public Instant OptionSentAt;

    /// <summary>The instant of the last output, for which the option's room is reckoned.</summary>
    public Instant Clock;

    /// <summary>Three counters.</summary>
    [InlineArray(3)]
    [SuppressMessage("Style", "IDE0044", Justification = "An inline array's element field is never read by name.")]
    internal struct ByField
    {
        private uint _first;
    }
}

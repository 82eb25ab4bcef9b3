using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>Which packets a rule is about: all conditions that are set must hold.</summary>
public sealed record FrameMatch
{
    /// <summary>Only this direction.</summary>
    public LinkSide? Side { get; init; }

    /// <summary>Only this protocol.</summary>
    public IpProtocol? Protocol { get; init; }

    /// <summary>Only these kinds of frames.</summary>
    public FrameKinds Kinds { get; init; }

    /// <summary>Only TCP segments with all of these bits set.</summary>
    public TcpFlags FlagsSet { get; init; }

    /// <summary>Only TCP segments with none of these bits set.</summary>
    public TcpFlags FlagsClear { get; init; }

    /// <summary>Only packets with, or only packets without, bytes behind the transport header.</summary>
    public bool? HasPayload { get; init; }

    /// <summary>Only with that many bytes behind the transport header.</summary>
    public NumberRange? PayloadLength { get; init; }

    /// <summary>Only with these bytes somewhere behind the transport header, within one packet.</summary>
    public ReadOnlyMemory<byte> PayloadContains { get; init; }

    /// <summary>Only from this IP address.</summary>
    public IpAddress? Source { get; init; }

    /// <summary>Only to this IP address.</summary>
    public IpAddress? Destination { get; init; }

    /// <summary>Only from this TCP or UDP port.</summary>
    public ushort? SourcePort { get; init; }

    /// <summary>Only to this TCP or UDP port.</summary>
    public ushort? DestinationPort { get; init; }

    /// <summary>Only TCP segments whose SEG.SEQ, counted from the SYN that passed the link, lies there; the SYN is 0.</summary>
    public NumberRange? Sequence { get; init; }

    /// <summary>Only TCP segments with this SEG.SEQ as on the wire; the range may wrap around.</summary>
    public NumberRange? AbsoluteSequence { get; init; }

    /// <summary>Only TCP segments with ACK whose SEG.ACK, counted from the other side's SYN, lies there.</summary>
    public NumberRange? Acknowledgment { get; init; }

    /// <summary>Only TCP segments with ACK and this SEG.ACK as on the wire; the range may wrap around.</summary>
    public NumberRange? AbsoluteAcknowledgment { get; init; }

    /// <summary>Only TCP segments that begin in sequence space that passed before (true), or only others (false).</summary>
    public bool? IsRetransmission { get; init; }

    /// <summary>Only ICMP or ICMPv6 messages of this type.</summary>
    public byte? IcmpType { get; init; }

    /// <summary>Only ICMP or ICMPv6 messages with this code.</summary>
    public byte? IcmpCode { get; init; }

    /// <summary>Only IP packets with this ECN codepoint: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE (RFC 3168 §5).</summary>
    public int? Ecn { get; init; }

    /// <summary>Only IP packets with this DSCP, 0 to 63 (RFC 2474).</summary>
    public int? Dscp { get; init; }

    /// <summary>Only IP packets whose time to live or hop limit lies there.</summary>
    public NumberRange? Ttl { get; init; }

    /// <summary>Only IP fragments (true), or only whole packets (false).</summary>
    public bool? IsFragment { get; init; }

    /// <summary>Only IP packets with this identification.</summary>
    public uint? IpId { get; init; }

    /// <summary>Not before this time since the simulation's start.</summary>
    public Duration? After { get; init; }

    /// <summary>Not at or after this time since the simulation's start.</summary>
    public Duration? Before { get; init; }

    /// <summary>True when the link must follow connections for this match.</summary>
    internal bool NeedsFlows => Sequence is not null || Acknowledgment is not null || IsRetransmission is not null;

    /// <summary>True when every condition holds.</summary>
    public bool Matches(in FrameSummary frame) =>
        (Side is null || Side == frame.Side)
        && (Kinds == FrameKinds.None || (Kinds & frame.Kind) != FrameKinds.None)
        && (After is not { } after || frame.Time - Instant.Zero >= after)
        && (Before is not { } before || frame.Time - Instant.Zero < before)
        && MatchesIp(in frame)
        && MatchesTransport(in frame)
        && MatchesSegment(in frame);

    private bool MatchesIp(in FrameSummary frame) =>
        (Protocol is null || Protocol == frame.Protocol)
        && (Source is not { } source || (frame.IsIp && source == frame.Source))
        && (Destination is not { } destination || (frame.IsIp && destination == frame.Destination))
        && (Ecn is null || (frame.IsIp && Ecn == (frame.TrafficClass & 3)))
        && (Dscp is null || (frame.IsIp && Dscp == frame.TrafficClass >> 2))
        && (Ttl is not { } ttl || (frame.IsIp && ttl.Contains(frame.Ttl)))
        && (IsFragment is null || (frame.IsIp && IsFragment == frame.IsFragment))
        && (IpId is null || (frame.IsIp && IpId == frame.IpId));

    private bool MatchesTransport(in FrameSummary frame) =>
        (HasPayload is null || HasPayload == frame.PayloadLength > 0)
        && (PayloadLength is not { } length || length.Contains(frame.PayloadLength))
        && (SourcePort is null || SourcePort == frame.SourcePort)
        && (DestinationPort is null || DestinationPort == frame.DestinationPort)
        && (IcmpType is null || IcmpType == frame.IcmpType)
        && (IcmpCode is null || IcmpCode == frame.IcmpCode)
        && (PayloadContains.IsEmpty || frame.Payload.IndexOf(PayloadContains.Span) >= 0);

    private bool MatchesSegment(in FrameSummary frame)
    {
        bool acknowledges = frame.IsTcp && (frame.Flags & TcpFlags.Ack) != TcpFlags.None;
        return ((FlagsSet | FlagsClear) == TcpFlags.None || frame.IsTcp)
            && (frame.Flags & FlagsSet) == FlagsSet
            && (frame.Flags & FlagsClear) == TcpFlags.None
            && (Sequence is not { } seq || (frame.RelativeSequence is { } relative && seq.Contains(relative)))
            && (Acknowledgment is not { } ack || (frame.RelativeAcknowledgment is { } known && ack.Contains(known)))
            && (AbsoluteSequence is not { } exact || (frame.IsTcp && exact.ContainsModulo32(frame.Sequence.Value)))
            && (AbsoluteAcknowledgment is not { } exactAck
                || (acknowledges && exactAck.ContainsModulo32(frame.Acknowledgment.Value)))
            && (IsRetransmission is null || (frame.IsTcp && IsRetransmission == frame.IsRetransmission));
    }
}

using SimStack.Wire;

namespace SimNet.Links;

/// <summary>Which packets a rule is about: all conditions that are set must hold.</summary>
public sealed record FrameMatch
{
    /// <summary>Only this direction.</summary>
    public LinkSide? Side { get; init; }

    /// <summary>Only this protocol.</summary>
    public IpProtocol? Protocol { get; init; }

    /// <summary>Only TCP segments with all of these bits set.</summary>
    public TcpFlags FlagsSet { get; init; }

    /// <summary>Only TCP segments with none of these bits set.</summary>
    public TcpFlags FlagsClear { get; init; }

    /// <summary>Only packets with, or only packets without, bytes behind the transport header.</summary>
    public bool? HasPayload { get; init; }

    /// <summary>Only from this TCP or UDP port.</summary>
    public ushort? SourcePort { get; init; }

    /// <summary>Only to this TCP or UDP port.</summary>
    public ushort? DestinationPort { get; init; }

    /// <summary>True when every condition holds.</summary>
    public bool Matches(in FrameSummary frame) =>
        (Side is null || Side == frame.Side)
        && (Protocol is null || Protocol == frame.Protocol)
        && ((FlagsSet | FlagsClear) == TcpFlags.None || frame.IsTcp)
        && (frame.Flags & FlagsSet) == FlagsSet
        && (frame.Flags & FlagsClear) == TcpFlags.None
        && (HasPayload is null || HasPayload == frame.PayloadLength > 0)
        && (SourcePort is null || SourcePort == frame.SourcePort)
        && (DestinationPort is null || DestinationPort == frame.DestinationPort);
}

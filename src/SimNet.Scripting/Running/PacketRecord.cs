using SimNet.Capture;
using SimNet.Observe;
using SimStack.Ip;

namespace SimNet.Scripting.Running;

/// <summary>A packet at a host's interface during a run, with its headers read.</summary>
public sealed class PacketRecord
{
    /// <summary>When.</summary>
    public required Instant Time { get; init; }

    /// <summary>At which interface: <c>client.eth0</c>.</summary>
    public required string Point { get; init; }

    /// <summary>True when the interface sent it, false when it arrived.</summary>
    public required bool Outbound { get; init; }

    /// <summary>The same at the sender's and the receiver's interface.</summary>
    public required long FrameId { get; init; }

    /// <summary>For a sent packet: when it arrives; <see cref="Instant.Never"/> when it does not.</summary>
    public required Instant Due { get; init; }

    /// <summary>Why the network dropped it; null: it did not.</summary>
    public string? Lost { get; set; }

    /// <summary>What the link did to it.</summary>
    public LinkEffects Effects { get; init; }

    /// <summary>Length of the frame in bytes.</summary>
    public required int FrameLength { get; init; }

    /// <summary>The TCP segment in it; null for other packets.</summary>
    public SegmentRecord? Segment { get; init; }

    /// <summary>For packets other than TCP, what it is: <c>ARP who-has 10.0.0.2</c>.</summary>
    public string Text { get; init; } = "";

    /// <summary>IP source address; null for what is not IP.</summary>
    public IpAddress? Source { get; init; }

    /// <summary>IP destination address; null for what is not IP.</summary>
    public IpAddress? Destination { get; init; }

    internal static PacketRecord From(in PacketEvent packet)
    {
        (IpAddress Source, IpAddress Destination)? addresses = null;
        SegmentRecord? segment = null;
        string text = "";
        ReadOnlySpan<byte> bytes = packet.Bytes.Span;
        if (EthernetView.TryParse(bytes, out EthernetView ethernet, out _))
        {
            segment = SegmentRecord.From(ethernet, out text);
            addresses = PacketText.Addresses(ethernet);
        }

        return new PacketRecord
        {
            Time = packet.Time,
            Point = packet.Point.Name,
            Outbound = packet.Direction == CaptureDirection.Outbound,
            FrameId = packet.FrameId,
            Due = packet.Fate == PacketFate.Sent ? packet.Due : Instant.Never,
            Lost = packet.Fate == PacketFate.Dropped ? packet.Reason.ToText() : null,
            Effects = packet.Effects,
            FrameLength = bytes.Length,
            Segment = segment,
            Text = text,
            Source = addresses?.Source,
            Destination = addresses?.Destination,
        };
    }
}

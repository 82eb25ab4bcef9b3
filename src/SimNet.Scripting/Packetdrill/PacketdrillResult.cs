using SimNet.Capture;

namespace SimNet.Scripting.Packetdrill;

/// <summary>What came of a packetdrill script.</summary>
public sealed class PacketdrillResult
{
    // Captures need a date; a run has none. The same as other simulations have by default.
    private const long CaptureEpoch = 1_700_000_000_000_000_000;

    internal PacketdrillResult(
        PacketdrillFailure? failure, IReadOnlyList<PacketdrillStep> steps, IReadOnlyList<PacketdrillPacket> packets, Duration duration,
        IReadOnlyList<string> output)
    {
        Failure = failure;
        Steps = steps;
        Packets = packets;
        Duration = duration;
        Output = output;
    }

    /// <summary>True when every line held.</summary>
    public bool Passed => Failure is null;

    /// <summary>The first line that did not hold; null when all did.</summary>
    public PacketdrillFailure? Failure { get; }

    /// <summary>The lines that held, in order, without the commands before the first and after the last event.</summary>
    public IReadOnlyList<PacketdrillStep> Steps { get; }

    /// <summary>Every packet in both directions, in order: the script's and any other.</summary>
    public IReadOnlyList<PacketdrillPacket> Packets { get; }

    /// <summary>From the script's beginning to its end, in virtual time.</summary>
    public Duration Duration { get; }

    /// <summary>What code blocks printed, line by line.</summary>
    public IReadOnlyList<string> Output { get; }

    /// <summary>Writes the packets as a capture: pcapng, raw IP, one interface <c>tun0</c>.</summary>
    /// <param name="stream">Stays open.</param>
    /// <exception cref="CaptureWriteException">The stream cannot be written.</exception>
    public void WriteCapture(Stream stream)
    {
        using var writer = new PcapngWriter(stream, new PcapngOptions { LeaveOpen = true });
        int tun = writer.AddInterface(new CaptureInterface { Name = "tun0", LinkType = CaptureLinkType.RawIp });
        foreach (PacketdrillPacket packet in Packets)
        {
            writer.Write(
                tun,
                CaptureEpoch + packet.Time.Nanoseconds,
                packet.Bytes.Span,
                packet.Outbound ? CaptureDirection.Outbound : CaptureDirection.Inbound);
        }
    }
}

using SimNet.Capture;
using SimNet.Links;
using SimStack.Ip;

namespace SimNet.Bridge;

/// <summary>Who talks in a capture.</summary>
public sealed class CaptureAddresses
{
    // A capture of the whole Internet names enough of them by then.
    private const int Most = 100_000;
    private readonly HashSet<IpAddress> _known = [];
    private readonly List<IpAddress> _all = [];
    private readonly List<IpAddress> _capturedAt = [];
    private readonly HashSet<IpAddress> _knownAtCapture = [];

    /// <summary>Addresses that packets came from, in the order of their first.</summary>
    public IReadOnlyList<IpAddress> All => _all;

    /// <summary>Addresses of the machine that captured, where the file notes the direction of frames.</summary>
    public IReadOnlyList<IpAddress> CapturedAt => _capturedAt;

    /// <summary>Reads what a reader still has to give.</summary>
    /// <exception cref="CaptureFormatException">The file is damaged.</exception>
    public static CaptureAddresses Read(CaptureReader reader, CancellationToken stop = default)
    {
        var addresses = new CaptureAddresses();
        while (reader.TryRead(out CapturedPacket packet))
        {
            stop.ThrowIfCancellationRequested();
            if (!FieldFrame.TryRead(packet, out byte[] frame, out _))
            {
                continue;
            }

            FrameSummary summary = new(default, LinkSide.AToB, 0, frame);
            if (summary.IsIp && !summary.Source.IsUnspecified && addresses._known.Count < Most)
            {
                if (addresses._known.Add(summary.Source))
                {
                    addresses._all.Add(summary.Source);
                }

                if (packet.Direction == CaptureDirection.Outbound && addresses._knownAtCapture.Add(summary.Source))
                {
                    addresses._capturedAt.Add(summary.Source);
                }
            }
        }

        return addresses;
    }
}

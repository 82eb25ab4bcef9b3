using System.Globalization;
using SimNet.Bridge;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Recording;

/// <summary>Says in words in what a replay differs.</summary>
public static class ReplayText
{
    /// <summary>A line for the recorded frame, one for the replayed, and one for what is different where that is not plain from them.</summary>
    public static IReadOnlyList<string> Describe(ReplayDifference difference)
    {
        var lines = new List<string>
        {
            "recorded  " + (difference.Recorded is { } recorded ? Describe(recorded) : "nothing more"),
            "replayed  " + (difference.Replayed is { } replayed ? Describe(replayed) : "nothing"),
        };
        if (difference.FirstByte is var at and >= 0)
        {
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"byte {at} is {difference.Recorded!.Bytes.Span[at]:x2} in the recording and {difference.Replayed!.Bytes.Span[at]:x2} in the replay"));
        }

        return lines;
    }

    /// <summary>A frame in a line: when, where, what.</summary>
    public static string Describe(ReplayedFrame frame)
    {
        string segments = frame.SegmentSize > 0 ? string.Create(CultureInfo.InvariantCulture, $", for segments of {frame.SegmentSize}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{frame.Time}  {frame.Port}  {Content(frame.Bytes.Span)}, {frame.Bytes.Length} bytes{segments}");
    }

    private static string Content(ReadOnlySpan<byte> frame)
    {
        if (!EthernetView.TryParse(frame, out EthernetView ethernet, out _))
        {
            return "no Ethernet frame";
        }

        SegmentRecord? segment = SegmentRecord.From(ethernet, out string text);
        if (segment is not null)
        {
            string ack = segment.Has(TcpFlags.Ack) ? string.Create(CultureInfo.InvariantCulture, $" ack {segment.Ack.Value}") : "";
            string options = segment.Options.Length > 0 ? $" <{segment.Options}>" : "";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"TCP {segment.Source} -> {segment.Destination} {FlagNames.Of(segment.Flags)} seq {segment.Seq.Value}{ack} win {segment.Window} len {segment.Length}{options}");
        }

        return PacketText.Addresses(ethernet) is { } addresses ? $"{addresses.Source} -> {addresses.Destination} {text}" : text;
    }
}

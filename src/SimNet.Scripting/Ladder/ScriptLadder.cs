using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Running;
using SimStack.Ip;

namespace SimNet.Scripting.Ladder;

/// <summary>Draws the packets of a packetdrill script's run as a ladder: the machine under test on the left, the script on the right.</summary>
internal static class ScriptLadder
{
    private static readonly LadderSide Machine = new("machine", 0);
    private static readonly LadderSide Script = new("script", 0);

    /// <summary>The lines of the ladder.</summary>
    /// <param name="result">What came of the script.</param>
    /// <param name="options">Null: the usual ones.</param>
    public static IReadOnlyList<string> Write(PacketdrillResult result, LadderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        return LadderWriter.Write([Page(result)], options ?? new LadderOptions());
    }

    /// <summary>The lines of the last packets alone: where a run came to its end.</summary>
    /// <param name="result">What came of the script.</param>
    /// <param name="packets">How many packets at most.</param>
    public static IReadOnlyList<string> WriteEnd(PacketdrillResult result, int packets)
    {
        ArgumentNullException.ThrowIfNull(result);
        LadderPage page = Page(result);
        int before = Math.Max(page.Rows.Count - packets, 0);
        page.Rows.RemoveRange(0, before);
        List<string> lines = [.. LadderWriter.Write([page], new LadderOptions { Rows = null })];
        if (before > 0)
        {
            lines.Insert(1, FormattableString.Invariant($"            {before} {(before == 1 ? "packet" : "packets")} before"));
        }

        return lines;
    }

    /// <summary>The packets with their headers read.</summary>
    public static IReadOnlyList<PacketRecord> Records(PacketdrillResult result) => [.. result.Packets.Select(Record)];

    private static LadderPage Page(PacketdrillResult result)
    {
        var page = new LadderPage { Left = Machine, Right = Script };
        var texts = new SegmentText();
        for (int i = 0; i < result.Packets.Count; i++)
        {
            PacketRecord record = Record(result.Packets[i], i);
            (string text, bool repeats) = texts.Next(record);
            page.Rows.Add(new LadderRow
            {
                Time = record.Time,
                Index = i,
                Packet = record,
                Rightward = record.Outbound,
                Text = text,
                Repeats = repeats,
                IsUnusual = repeats || record.Segment?.Has(TcpFlags.Rst) == true || record.Segment is { Window: 0 } || record.Segment is null,
            });
        }

        return page;
    }

    private static PacketRecord Record(PacketdrillPacket packet, int index)
    {
        byte[] frame = new byte[EthernetView.HeaderLength + packet.Bytes.Length];
        bool isV6 = packet.Bytes.Length > 0 && packet.Bytes.Span[0] >> 4 == 6;
        EthernetWriter.Write(frame, default(MacAddress), default(MacAddress), isV6 ? EtherType.Ipv6 : EtherType.Ipv4);
        packet.Bytes.CopyTo(frame.AsMemory(EthernetView.HeaderLength));
        SegmentRecord? segment = null;
        string text = "";
        (IpAddress Source, IpAddress Destination)? addresses = null;
        if (EthernetView.TryParse(frame, out EthernetView ethernet, out _))
        {
            segment = SegmentRecord.From(ethernet, out text);
            addresses = PacketText.Addresses(ethernet);
        }

        Instant time = Instant.Zero + Duration.Max(packet.Time, Duration.Zero);
        return new PacketRecord
        {
            Time = time,
            Point = packet.Outbound ? "machine.tun0" : "script.tun0",
            Outbound = packet.Outbound,
            FrameId = index + 1,
            Due = time,
            FrameLength = frame.Length,
            Segment = segment,
            Text = text,
            Source = addresses?.Source,
            Destination = addresses?.Destination,
        };
    }
}

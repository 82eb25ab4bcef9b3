using SimNet.Capture;

namespace SimNet.Scripting.Comparison;

/// <summary>A capture read for comparison: its conversations.</summary>
public sealed class CaptureContent
{
    private CaptureContent(string name) => Name = name;

    /// <summary>The file, or what the caller calls it.</summary>
    public string Name { get; }

    /// <summary>Frames read.</summary>
    public long FrameCount { get; private set; }

    /// <summary>Frames that are neither IP nor ARP, or too short to tell.</summary>
    public long UnreadableCount { get; private set; }

    /// <summary>TCP connections, UDP flows, pings and other exchanges, without ARP and neighbour discovery.</summary>
    public int ConversationCount => Conversations.Count(c => c.Kind != PacketKind.Neighbour);

    internal IReadOnlyList<Conversation> Conversations { get; private set; } = [];

    /// <summary>Reads a file.</summary>
    /// <exception cref="CaptureFormatException">It is no capture, or damaged.</exception>
    /// <exception cref="InvalidDataException">It is cut off, empty, or of frames that cannot be read; the message is one line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static CaptureContent Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var reader = CaptureReader.Open(path);
        return Read(reader, path);
    }

    /// <summary>Reads a capture from a stream; errors as of a file.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="name">What to call it.</param>
    public static CaptureContent Read(Stream stream, string name)
    {
        using var reader = CaptureReader.Open(stream, leaveOpen: true);
        return Read(reader, name);
    }

    private static CaptureContent Read(CaptureReader reader, string name)
    {
        var content = new CaptureContent(name);
        var table = new ConversationTable();
        long? start = null;
        int unknownLink = -1;
        try
        {
            while (reader.TryRead(out CapturedPacket packet))
            {
                content.FrameCount++;
                start ??= packet.HasTimestamp ? packet.UnixNanoseconds : null;
                unknownLink = LinkLayer.IsKnown(packet.LinkType) ? unknownLink : (int)packet.LinkType;
                if (PacketDissector.Read(packet) is not { } facts)
                {
                    content.UnreadableCount++;
                    continue;
                }

                facts.Frame = content.FrameCount;
                facts.HasTime = packet.HasTimestamp;
                facts.Time = packet.HasTimestamp ? unchecked(packet.UnixNanoseconds - start!.Value) : 0;
                table.Add(facts);
            }
        }
        catch (CaptureFormatException exception)
        {
            throw new InvalidDataException($"{exception.Message} (after {Frames(content.FrameCount)})", exception);
        }

        content.Conversations = table.Conversations;
        Check(content, reader, unknownLink);
        return content;
    }

    private static void Check(CaptureContent content, CaptureReader reader, int unknownLink)
    {
        if (reader.Truncation is { } truncation)
        {
            throw new InvalidDataException($"{content.Name}: {truncation} (after {Frames(content.FrameCount)})");
        }

        if (content.FrameCount == 0)
        {
            throw new InvalidDataException($"{content.Name}: a {reader.Format} file without any packet");
        }

        if (content.UnreadableCount == content.FrameCount)
        {
            string why = unknownLink < 0
                ? "none of them IP or ARP"
                : FormattableString.Invariant($"all of link type {unknownLink}, which is not known; Ethernet, raw IP, loopback or Linux cooked would be right");
            throw new InvalidDataException($"{content.Name}: {Frames(content.FrameCount)} read, {why}");
        }
    }

    private static string Frames(long count) => FormattableString.Invariant($"{count} {(count == 1 ? "frame" : "frames")}");
}

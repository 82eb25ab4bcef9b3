using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace SimNet.Bridge;

/// <summary>
/// What a capture's bytes do not tell of offload and a replay needs to know: the size of the segments of a packet that is many, and what the port
/// does to such packets. It stands in packets' comments: pcapng's options for such things need a number of IANA's, and Wireshark shows comments.
/// Parts of a comment are separated by <c>; </c>.
/// </summary>
internal static class OffloadMarks
{
    /// <summary>Room for the longest.</summary>
    public const int MostBytes = 96;

    private const string Segments = "sim-segments ";
    private const string Port = "sim-port-offload";

    /// <summary>Writes both marks, or one.</summary>
    /// <param name="place">At least <see cref="MostBytes"/>.</param>
    /// <param name="segmentSize">0: the packet is one segment.</param>
    /// <param name="port">What the port does from this packet on; null: what it did before.</param>
    /// <returns>Bytes of UTF-8.</returns>
    public static int Write(Span<byte> place, int segmentSize, PortOffload? port)
    {
        int length = 0;
        if (port is { } does)
        {
            Append(place, ref length, Port);
            Append(place, ref length, (does & PortOffload.Receive) != 0 ? " receive" : "");
            Append(place, ref length, (does & PortOffload.Segmentation) != 0 ? " segmentation" : "");
            Append(place, ref length, (does & PortOffload.Device) != 0 ? " device" : "");
            Append(place, ref length, does == PortOffload.None ? " none" : "");
        }

        if (segmentSize > 0)
        {
            Append(place, ref length, length > 0 ? "; " : "");
            Append(place, ref length, Segments);
            Utf8Formatter.TryFormat(segmentSize, place[length..], out int digits);
            length += digits;
        }

        return length;
    }

    /// <summary>Finds marks in a packet's comments; those of others are passed over.</summary>
    /// <param name="comment">As <see cref="Capture.CapturedPacket.Comment"/> has it.</param>
    /// <param name="segmentSize">0: it tells none.</param>
    /// <param name="port">Null: it tells nothing of it.</param>
    /// <returns>False: a mark is none of this program's.</returns>
    public static bool TryRead(ReadOnlySpan<char> comment, out int segmentSize, out PortOffload? port)
    {
        segmentSize = 0;
        port = null;
        foreach (Range range in comment.SplitAny(';', '\n'))
        {
            ReadOnlySpan<char> part = comment[range].Trim();
            if (part.StartsWith(Segments, StringComparison.Ordinal))
            {
                if (!int.TryParse(part[Segments.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out segmentSize) || segmentSize is 0 or > ushort.MaxValue)
                {
                    return false;
                }
            }
            else if (part.StartsWith(Port, StringComparison.Ordinal))
            {
                if (!TryReadPort(part[Port.Length..], out PortOffload does))
                {
                    return false;
                }

                port = does;
            }
        }

        return true;
    }

    private static void Append(Span<byte> place, ref int length, string word) => length += Encoding.UTF8.GetBytes(word, place[length..]);

    private static bool TryReadPort(ReadOnlySpan<char> words, out PortOffload port)
    {
        port = PortOffload.None;
        foreach (Range range in words.Split(' '))
        {
            switch (words[range])
            {
                case "receive":
                    port |= PortOffload.Receive;
                    break;
                case "segmentation":
                    port |= PortOffload.Segmentation;
                    break;
                case "device":
                    port |= PortOffload.Device;
                    break;
                case "" or "none":
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}

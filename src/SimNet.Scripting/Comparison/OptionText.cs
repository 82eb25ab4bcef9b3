using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace SimNet.Scripting.Comparison;

/// <summary>A segment's options in their order, in words: what two segments must have alike.</summary>
internal static class OptionText
{
    /// <summary>The text; timestamps without their values, SACK blocks relative.</summary>
    /// <param name="bytes">The options, perhaps cut.</param>
    /// <param name="relative">Makes an acknowledgement number relative.</param>
    public static string Of(ReadOnlySpan<byte> bytes, Func<SequenceNumber, long> relative)
    {
        if (bytes.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder();
        var reader = new TcpOptionReader(bytes);
        while (reader.MoveNext())
        {
            text.Append(text.Length > 0 ? "," : "");
            Append(text, reader.Kind, reader.Data, relative);
        }

        return reader.IsMalformed ? text.Append(text.Length > 0 ? "," : "").Append("malformed").ToString() : text.ToString();
    }

    private static void Append(StringBuilder text, TcpOptionKind kind, ReadOnlySpan<byte> data, Func<SequenceNumber, long> relative)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        switch (kind)
        {
            case TcpOptionKind.EndOfList:
                text.Append("eol");
                break;
            case TcpOptionKind.NoOperation:
                text.Append("nop");
                break;
            case TcpOptionKind.MaximumSegmentSize when data.Length == 2:
                text.Append(c, $"mss {BinaryPrimitives.ReadUInt16BigEndian(data)}");
                break;
            case TcpOptionKind.WindowScale when data.Length == 1:
                text.Append(c, $"wscale {data[0]}");
                break;
            case TcpOptionKind.SackPermitted when data.IsEmpty:
                text.Append("sackOK");
                break;
            case TcpOptionKind.Timestamps when data.Length == 8:
                text.Append("TS");
                break;
            case TcpOptionKind.Sack when data.Length % 8 == 0:
                text.Append("sack");
                for (int i = 0; i < data.Length; i += 8)
                {
                    long left = relative(new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(data[i..])));
                    long right = relative(new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(data[(i + 4)..])));
                    text.Append(c, $" {left}:{right}");
                }

                break;
            case TcpOptionKind.AccurateEcnOrder0 or TcpOptionKind.AccurateEcnOrder1 when data.Length % 3 == 0:
                text.Append(kind == TcpOptionKind.AccurateEcnOrder1 ? "AccECN-1" : "AccECN-0");
                for (int i = 0; i < data.Length; i += 3)
                {
                    text.Append(c, $" {(data[i] << 16) | BinaryPrimitives.ReadUInt16BigEndian(data[(i + 1)..])}");
                }

                break;
            default:
                text.Append(c, $"option-{(int)kind}/{data.Length + 2}");
                break;
        }
    }
}

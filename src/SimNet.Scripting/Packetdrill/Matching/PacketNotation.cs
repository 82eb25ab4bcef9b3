using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace SimNet.Scripting.Packetdrill.Matching;

/// <summary>Packets as a script writes them: <c>P. 1:1001(1000) ack 1 win 257 &lt;nop,nop,TS val 100 ecr 0&gt;</c>.</summary>
internal static class PacketNotation
{
    /// <summary>What marks Fast Open's experimental form (RFC 7413 appendix A, RFC 6994).</summary>
    public const ushort FastOpenExperimentId = 0xF989;

    /// <summary>The packet from its flags on, without direction.</summary>
    /// <param name="packet">With the script's numbers.</param>
    /// <param name="withWindow">Whether the window is told; a script that does not compare it does not write it.</param>
    /// <param name="withOptions">False: <c>&lt;...&gt;</c>.</param>
    /// <param name="withAce">The ECN bits as AccECN's counter.</param>
    public static string Of(PacketImage packet, bool withWindow = true, bool withOptions = true, bool withAce = false)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        if (packet.IsUdp)
        {
            return text.Append(c, $"udp ({packet.Payload.Length})").ToString();
        }

        if (packet.IsIcmp)
        {
            return text.Append(c, $"icmp type_{packet.IcmpType} code_{packet.IcmpCode}").ToString();
        }

        AppendFlags(text, packet, withAce);
        uint end = unchecked(packet.Sequence + (uint)packet.Payload.Length);
        text.Append(c, $" {packet.Sequence}:{end}({packet.Payload.Length})");
        if (packet.Has(TcpFlags.Ack))
        {
            text.Append(c, $" ack {packet.Acknowledgment}");
        }

        if (withWindow)
        {
            text.Append(c, $" win {packet.Window}");
        }

        if (packet.UrgentPointer != 0)
        {
            text.Append(c, $" urg {packet.UrgentPointer}");
        }

        if (!withOptions)
        {
            text.Append(" <...>");
        }
        else if (packet.Options.Length > 0)
        {
            text.Append(" <").Append(Options(packet.Options)).Append('>');
        }

        return text.ToString();
    }

    /// <summary>Options in their order, separated by commas.</summary>
    public static string Options(ReadOnlySpan<byte> options)
    {
        var text = new StringBuilder();
        var reader = new TcpOptionReader(options);
        while (reader.MoveNext())
        {
            text.Append(text.Length > 0 ? "," : "");
            AppendOption(text, reader.Kind, reader.Data);
        }

        return reader.IsMalformed ? text.Append(text.Length > 0 ? "," : "").Append("malformed").ToString() : text.ToString();
    }

    /// <summary>One option.</summary>
    public static string Option(TcpOptionKind kind, ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        AppendOption(text, kind, data);
        return text.ToString();
    }

    private static void AppendFlags(StringBuilder text, PacketImage packet, bool withAce)
    {
        int start = text.Length;
        Append(TcpFlags.Syn, 'S');
        Append(TcpFlags.Fin, 'F');
        Append(TcpFlags.Rst, 'R');
        Append(TcpFlags.Psh, 'P');
        Append(TcpFlags.Urg, 'U');
        if (!withAce)
        {
            Append(TcpFlags.Ece, 'E');
            Append(TcpFlags.Cwr, 'W');
            Append(TcpFlags.Ae, 'A');
        }

        // The language takes letters only before the point, the counter only behind it.
        Append(TcpFlags.Ack, '.');
        if (withAce)
        {
            text.Append((char)('0' + packet.AceField));
        }

        if (text.Length == start)
        {
            text.Append('-');
        }

        void Append(TcpFlags flag, char letter)
        {
            if (packet.Has(flag))
            {
                text.Append(letter);
            }
        }
    }

    private static void AppendOption(StringBuilder text, TcpOptionKind kind, ReadOnlySpan<byte> data)
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
                text.Append(c, $"TS val {BinaryPrimitives.ReadUInt32BigEndian(data)} ecr {BinaryPrimitives.ReadUInt32BigEndian(data[4..])}");
                break;
            case TcpOptionKind.Sack when data.Length % 8 == 0:
                text.Append("sack");
                for (int i = 0; i < data.Length; i += 8)
                {
                    text.Append(c, $" {BinaryPrimitives.ReadUInt32BigEndian(data[i..])}:{BinaryPrimitives.ReadUInt32BigEndian(data[(i + 4)..])}");
                }

                break;
            case TcpOptionKind.Md5Signature:
                text.Append("md5");
                AppendHex(text, data);
                break;
            case TcpOptionKind.FastOpen:
                text.Append("FO");
                AppendHex(text, data);
                break;
            case TcpOptionKind.Experimental when data.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(data) == FastOpenExperimentId:
                text.Append("FOEXP");
                AppendHex(text, data[2..]);
                break;
            default:
                text.Append(c, $"option-{(int)kind}");
                AppendHex(text, data);
                break;
        }
    }

    private static void AppendHex(StringBuilder text, ReadOnlySpan<byte> data)
    {
        if (!data.IsEmpty)
        {
            text.Append(' ').Append(Convert.ToHexStringLower(data));
        }
    }
}

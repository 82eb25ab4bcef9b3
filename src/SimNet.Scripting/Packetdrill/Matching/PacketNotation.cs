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
            text.Append(Option(reader.Kind, reader.Data));
        }

        return reader.IsMalformed ? text.Append(text.Length > 0 ? "," : "").Append("malformed").ToString() : text.ToString();
    }

    /// <summary>One option; <c>option-N</c> and its bytes where the language has no form for it.</summary>
    public static string Option(TcpOptionKind kind, ReadOnlySpan<byte> data) =>
        KnownOption(kind, data) ?? WithHex(string.Create(CultureInfo.InvariantCulture, $"option-{(int)kind}"), data);

    /// <summary>One option as a script has it; null where the language has no form for it.</summary>
    public static string? KnownOption(TcpOptionKind kind, ReadOnlySpan<byte> data)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        return kind switch
        {
            TcpOptionKind.EndOfList => "eol",
            TcpOptionKind.NoOperation => "nop",
            TcpOptionKind.MaximumSegmentSize when data.Length == 2 => string.Create(c, $"mss {BinaryPrimitives.ReadUInt16BigEndian(data)}"),
            TcpOptionKind.WindowScale when data.Length == 1 => string.Create(c, $"wscale {data[0]}"),
            TcpOptionKind.SackPermitted when data.IsEmpty => "sackOK",
            TcpOptionKind.Timestamps when data.Length == 8 => string.Create(
                c, $"TS val {BinaryPrimitives.ReadUInt32BigEndian(data)} ecr {BinaryPrimitives.ReadUInt32BigEndian(data[4..])}"),
            TcpOptionKind.Sack when data.Length > 0 && data.Length % 8 == 0 => Sack(data),
            TcpOptionKind.Md5Signature when data.Length <= 16 => WithHex("md5", data),
            TcpOptionKind.FastOpen => WithHex("FO", data),
            TcpOptionKind.AccurateEcnOrder0 or TcpOptionKind.AccurateEcnOrder1 when data.Length is 3 or 6 or 9 =>
                AccurateEcn(data, kind == TcpOptionKind.AccurateEcnOrder1),
            TcpOptionKind.Experimental when data.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(data) == FastOpenExperimentId =>
                WithHex("FOEXP", data[2..]),
            _ => null,
        };
    }

    private static string Sack(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder("sack");
        for (int i = 0; i < data.Length; i += 8)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $" {BinaryPrimitives.ReadUInt32BigEndian(data[i..])}:{BinaryPrimitives.ReadUInt32BigEndian(data[(i + 4)..])}");
        }

        return text.ToString();
    }

    private static string AccurateEcn(ReadOnlySpan<byte> data, bool beginsWithEct1)
    {
        var text = new StringBuilder("ECN");
        string[] names = beginsWithEct1 ? ["e1b", "ceb", "e0b"] : ["e0b", "ceb", "e1b"];
        for (int i = 0; i < data.Length / 3; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $" {names[i]} {(data[i * 3] << 16) | BinaryPrimitives.ReadUInt16BigEndian(data[((i * 3) + 1)..])}");
        }

        return text.ToString();
    }

    private static string WithHex(string name, ReadOnlySpan<byte> data) => data.IsEmpty ? name : $"{name} {Convert.ToHexStringLower(data)}";

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
}

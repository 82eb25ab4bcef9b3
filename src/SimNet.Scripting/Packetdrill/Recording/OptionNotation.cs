using System.Buffers.Binary;
using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>Writes the options of recorded segments in the script's language.</summary>
/// <param name="ownClock">What to subtract from the host's own timestamps.</param>
/// <param name="peerClock">What to subtract from the peer's.</param>
internal sealed class OptionNotation(uint ownClock, uint peerClock)
{
    // RFC 7413, appendix A: the experiment's number before the option had a kind.
    private const ushort FastOpenMagic = 0xF989;

    /// <summary>What a segment's options are: <c> &lt;mss 1460,sackOK&gt;</c> with a blank in front; empty without options.</summary>
    /// <param name="packet">The segment.</param>
    /// <exception cref="RecordingException">An option has no form in the language.</exception>
    public string Of(RecordedPacket packet)
    {
        if (packet.Options.Length == 0)
        {
            return "";
        }

        var words = new List<string>();
        var reader = new TcpOptionReader(packet.Options);
        while (reader.MoveNext())
        {
            words.Add(Word(packet, reader.Kind, reader.Data));
        }

        return reader.IsMalformed ? throw Refused(packet, "malformed options, or a frame that was cut") : $" <{string.Join(',', words)}>";
    }

    /// <summary>TS val and TS ecr of a segment as they are; null without them.</summary>
    public static (uint Value, uint Echo)? Timestamps(RecordedPacket packet)
    {
        var reader = new TcpOptionReader(packet.Options);
        while (reader.MoveNext())
        {
            if (reader.Kind == TcpOptionKind.Timestamps && reader.Data.Length == 8)
            {
                return (BinaryPrimitives.ReadUInt32BigEndian(reader.Data), BinaryPrimitives.ReadUInt32BigEndian(reader.Data[4..]));
            }
        }

        return null;
    }

    /// <summary>The value of an option with one byte or two; null without it.</summary>
    public static int? Value(RecordedPacket packet, TcpOptionKind kind)
    {
        var reader = new TcpOptionReader(packet.Options);
        while (reader.MoveNext())
        {
            if (reader.Kind == kind)
            {
                return reader.Data.Length switch
                {
                    0 => 0,
                    1 => reader.Data[0],
                    2 => BinaryPrimitives.ReadUInt16BigEndian(reader.Data),
                    _ => null,
                };
            }
        }

        return null;
    }

    private string Word(RecordedPacket packet, TcpOptionKind kind, ReadOnlySpan<byte> data)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        switch (kind)
        {
            case TcpOptionKind.EndOfList:
                return "eol";
            case TcpOptionKind.NoOperation:
                return "nop";
            case TcpOptionKind.MaximumSegmentSize when data.Length == 2:
                return string.Create(c, $"mss {BinaryPrimitives.ReadUInt16BigEndian(data)}");
            case TcpOptionKind.WindowScale when data.Length == 1:
                return string.Create(c, $"wscale {data[0]}");
            case TcpOptionKind.SackPermitted when data.IsEmpty:
                return "sackOK";
            case TcpOptionKind.Sack when data.Length > 0 && data.Length % 8 == 0:
                return Sack(packet, data);
            case TcpOptionKind.Timestamps when data.Length == 8:
                return Timestamp(packet, data);
            case TcpOptionKind.FastOpen:
                return "FO" + (data.IsEmpty ? "" : " " + Convert.ToHexStringLower(data));
            case TcpOptionKind.Experimental when data.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(data) == FastOpenMagic:
                return "FOEXP" + (data.Length == 2 ? "" : " " + Convert.ToHexStringLower(data[2..]));
            case TcpOptionKind.Md5Signature when data.Length <= 16:
                return "md5 " + Convert.ToHexStringLower(data);
            default:
                throw Refused(packet, string.Create(c, $"TCP option {(int)kind} of {data.Length + 2} bytes"));
        }
    }

    private string Timestamp(RecordedPacket packet, ReadOnlySpan<byte> data)
    {
        uint value = BinaryPrimitives.ReadUInt32BigEndian(data);
        uint echo = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        (uint own, uint other) = packet.Outbound ? (ownClock, peerClock) : (peerClock, ownClock);
        // 0 without ACK is no echo (RFC 7323 §3.2).
        echo = echo == 0 && !packet.Has(TcpFlags.Ack) ? 0 : unchecked(echo - other);
        return string.Create(CultureInfo.InvariantCulture, $"TS val {unchecked(value - own)} ecr {echo}");
    }

    private static string Sack(RecordedPacket packet, ReadOnlySpan<byte> data)
    {
        // A block's numbers are the other direction's, as the acknowledgement is.
        uint origin = unchecked(packet.Facts.Ack.Value - (uint)packet.Ack);
        var blocks = new List<string>();
        for (int i = 0; i < data.Length; i += 8)
        {
            uint left = unchecked(BinaryPrimitives.ReadUInt32BigEndian(data[i..]) - origin);
            uint right = unchecked(BinaryPrimitives.ReadUInt32BigEndian(data[(i + 4)..]) - origin);
            blocks.Add(string.Create(CultureInfo.InvariantCulture, $"{left}:{right}"));
        }

        return "sack " + string.Join(' ', blocks);
    }

    private static RecordingException Refused(RecordedPacket packet, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"frame {packet.Facts.Frame}: {what}: the language has no form for it"));
}

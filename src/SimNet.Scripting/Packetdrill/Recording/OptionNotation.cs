using System.Buffers.Binary;
using System.Globalization;
using SimNet.Scripting.Packetdrill.Matching;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>Writes the options of recorded segments in the script's language.</summary>
/// <param name="ownClock">What to subtract from the host's own timestamps.</param>
/// <param name="peerClock">What to subtract from the peer's.</param>
internal sealed class OptionNotation(uint ownClock, uint peerClock)
{
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

    // The numbers in it are the capture's; the script's count from the first ones.
    private string Word(RecordedPacket packet, TcpOptionKind kind, ReadOnlySpan<byte> data)
    {
        byte[] mapped = data.ToArray();
        if (kind == TcpOptionKind.Timestamps && data.Length == 8)
        {
            MapTimestamps(packet, mapped);
        }
        else if (kind == TcpOptionKind.Sack && data.Length % 8 == 0)
        {
            MapBlocks(packet, mapped);
        }

        return PacketNotation.KnownOption(kind, mapped)
            ?? throw Refused(packet, string.Create(CultureInfo.InvariantCulture, $"TCP option {(int)kind} of {data.Length + 2} bytes"));
    }

    private void MapTimestamps(RecordedPacket packet, Span<byte> data)
    {
        uint value = BinaryPrimitives.ReadUInt32BigEndian(data);
        uint echo = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        (uint own, uint other) = packet.Outbound ? (ownClock, peerClock) : (peerClock, ownClock);
        // 0 without ACK is no echo (RFC 7323 §3.2).
        echo = echo == 0 && !packet.Has(TcpFlags.Ack) ? 0 : unchecked(echo - other);
        BinaryPrimitives.WriteUInt32BigEndian(data, unchecked(value - own));
        BinaryPrimitives.WriteUInt32BigEndian(data[4..], echo);
    }

    private static void MapBlocks(RecordedPacket packet, Span<byte> data)
    {
        // A block's numbers are the other direction's, as the acknowledgement is.
        uint origin = unchecked(packet.Facts.Ack.Value - (uint)packet.Ack);
        for (int i = 0; i < data.Length; i += 4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(data[i..], unchecked(BinaryPrimitives.ReadUInt32BigEndian(data[i..]) - origin));
        }
    }

    private static RecordingException Refused(RecordedPacket packet, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"frame {packet.Facts.Frame}: {what}: the language has no form for it"));
}

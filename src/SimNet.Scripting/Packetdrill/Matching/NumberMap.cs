using System.Buffers.Binary;
using SimNet.Scripting.Packetdrill.Machine;

namespace SimNet.Scripting.Packetdrill.Matching;

/// <summary>
/// Turns the script's numbers into those on the wire and back. As in tcpdump's output, a SYN's numbers are absolute and those of
/// other segments relative to the initial ones; the peer's initial number is the script's on the wire too.
/// </summary>
internal static class NumberMap
{
    /// <summary>The live segment's numbers become the script's: sequence number, acknowledgment, SACK blocks. Timestamps stay.</summary>
    public static void ToScript(PacketImage segment, SocketUnderTest socket)
    {
        bool isSyn = segment.Has(TcpFlags.Syn);
        uint remote = socket.RemoteOffset(isSyn);
        segment.Sequence = unchecked(segment.Sequence - socket.LocalOffset(isSyn));
        if (segment.Has(TcpFlags.Ack))
        {
            segment.Acknowledgment = unchecked(segment.Acknowledgment - remote);
        }

        ShiftSackBlocks(segment.Options, unchecked(0 - remote));
    }

    /// <summary>The script's inbound segment gets the numbers that the machine takes.</summary>
    /// <param name="segment">Changed in place.</param>
    /// <param name="socket">Whose packet it is.</param>
    /// <param name="scalesEchoes">Whether an echo of a TS val that the script has not seen is computed from the first one.</param>
    /// <returns>Why it cannot; null when it could.</returns>
    public static string? ToLive(PacketImage segment, SocketUnderTest socket, bool scalesEchoes)
    {
        bool isSyn = segment.Has(TcpFlags.Syn);
        uint local = socket.LocalOffset(isSyn);
        segment.Sequence = unchecked(segment.Sequence + socket.RemoteOffset(isSyn));
        if (segment.Has(TcpFlags.Ack))
        {
            segment.Acknowledgment = unchecked(segment.Acknowledgment + local);
        }

        ShiftSackBlocks(segment.Options, local);
        if (!segment.Has(TcpFlags.Ack) || FindTimestamps(segment.Options) is not { } at)
        {
            return null;
        }

        uint script = BinaryPrimitives.ReadUInt32BigEndian(segment.Options.AsSpan(at + 4));
        if (!socket.TryMapTimestamp(script, out uint live))
        {
            if (scalesEchoes && socket.FirstScriptTimestamp is { } first)
            {
                live = unchecked(script - first + socket.FirstLiveTimestamp);
            }
            else
            {
                return $"no outbound packet of the script has TS val {script}, which this packet echoes";
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(segment.Options.AsSpan(at + 4), live);
        return null;
    }

    /// <summary>
    /// Remembers what the script's TS val is on the wire, and turns the live one into the script's clock. Does nothing where one of
    /// them has no timestamps.
    /// </summary>
    public static void MapTimestamps(PacketImage script, PacketImage actual, SocketUnderTest socket)
    {
        if (FindTimestamps(script.Options) is not { } scriptAt || FindTimestamps(actual.Options) is not { } actualAt)
        {
            return;
        }

        uint live = BinaryPrimitives.ReadUInt32BigEndian(actual.Options.AsSpan(actualAt));
        socket.MapTimestamp(BinaryPrimitives.ReadUInt32BigEndian(script.Options.AsSpan(scriptAt)), live);
        uint mapped = unchecked(socket.FirstScriptTimestamp!.Value + (live - socket.FirstLiveTimestamp));
        BinaryPrimitives.WriteUInt32BigEndian(actual.Options.AsSpan(actualAt), mapped);
    }

    /// <summary>Where TS val stands in the options, TS ecr four bytes behind; null without the option. The last one counts.</summary>
    public static int? FindTimestamps(ReadOnlySpan<byte> options)
    {
        int? found = null;
        var reader = new TcpOptionReader(options);
        while (reader.MoveNext())
        {
            if (reader.Kind == TcpOptionKind.Timestamps && reader.Data.Length == 8)
            {
                found = reader.Offset + 2;
            }
        }

        return found;
    }

    private static void ShiftSackBlocks(Span<byte> options, uint offset)
    {
        var reader = new TcpOptionReader(options);
        while (reader.MoveNext())
        {
            if (reader.Kind != TcpOptionKind.Sack)
            {
                continue;
            }

            for (int i = 0; i + 4 <= reader.Data.Length; i += 4)
            {
                Span<byte> field = options[(reader.Offset + 2 + i)..];
                BinaryPrimitives.WriteUInt32BigEndian(field, unchecked(BinaryPrimitives.ReadUInt32BigEndian(field) + offset));
            }
        }
    }
}

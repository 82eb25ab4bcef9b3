using SimNet.Capture;
using SimNet.Scripting.Comparison;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>Finds out at which of a connection's two hosts it was captured: at the one that answers at once.</summary>
internal static class CaptureSide
{
    // A host answers what needs an answer within microseconds; the shortest way through a network takes longer.
    private const long AtOnce = 500_000;

    // The first packets tell enough.
    private const int MostPackets = 500;

    /// <summary>The side, by the directions that the capture notes, else by who answers faster.</summary>
    public static RecordingSide Of(Conversation connection, IReadOnlyDictionary<PacketFacts, CaptureDirection> directions)
    {
        foreach (PacketFacts packet in connection.Packets)
        {
            if (directions.TryGetValue(packet, out CaptureDirection direction) && direction != CaptureDirection.Unknown)
            {
                return packet.FromInitiator == (direction == CaptureDirection.Outbound) ? RecordingSide.Client : RecordingSide.Server;
            }
        }

        List<PacketFacts> first = connection.Packets[..Math.Min(connection.Packets.Count, MostPackets)];
        long? client = Fastest(first, ofInitiator: true);
        long? server = Fastest(first, ofInitiator: false);
        if (client is null || server is null)
        {
            // One side alone answers: here, if it does so at once.
            return (client ?? long.MaxValue) <= AtOnce || (server ?? long.MaxValue) > AtOnce ? RecordingSide.Client : RecordingSide.Server;
        }

        return client <= server ? RecordingSide.Client : RecordingSide.Server;
    }

    /// <summary>The shortest time from a packet that needs an answer to one that acknowledges it.</summary>
    private static long? Fastest(IReadOnlyList<PacketFacts> packets, bool ofInitiator)
    {
        long? fastest = null;
        for (int i = 0; i + 1 < packets.Count; i++)
        {
            PacketFacts asked = packets[i];
            if (asked.Kind != PacketKind.Tcp || asked.FromInitiator == ofInitiator || asked.SequenceLength == 0)
            {
                continue;
            }

            long end = asked.RelativeSeq + asked.SequenceLength;
            PacketFacts? answer = packets.Skip(i + 1).FirstOrDefault(p => p.Kind == PacketKind.Tcp && p.FromInitiator == ofInitiator && p.Has(TcpFlags.Ack) && p.RelativeAck >= end);
            if (answer is not null)
            {
                fastest = Math.Min(fastest ?? long.MaxValue, answer.Time - asked.Time);
            }
        }

        return fastest;
    }
}

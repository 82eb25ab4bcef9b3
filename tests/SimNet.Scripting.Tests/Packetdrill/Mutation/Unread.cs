using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Matching;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>A packet that the machine sent and no line of the script read.</summary>
/// <param name="Packet">It.</param>
/// <param name="IsLast">No line read a later packet.</param>
/// <param name="IsOther">It belongs to another connection than the packet that was read next.</param>
internal sealed record Unread(LivePacket Packet, bool IsLast, bool IsOther)
{
    /// <summary>All of a run, in order.</summary>
    public static List<Unread> Of(RunTrace trace)
    {
        HashSet<LivePacket> read = new(trace.Read.Select(r => r.Packet), ReferenceEqualityComparer.Instance);
        List<Unread> unread = [];
        LivePacket? next = null;
        foreach (LivePacket packet in trace.Packets.Reverse().Where(p => p.Outbound))
        {
            if (read.Contains(packet))
            {
                next = packet;
            }
            else
            {
                unread.Add(new Unread(packet, next is null, next is not null && Ports(next) != Ports(packet)));
            }
        }

        unread.Reverse();
        return unread;
    }

    /// <summary>What tells connections apart.</summary>
    public static (ushort Source, ushort Destination) Ports(LivePacket packet) =>
        PacketImage.Parse(packet.Bytes) is { } image ? (image.SourcePort, image.DestinationPort) : default;
}

using SimStack.Wire;

namespace SimStack.Ip.Queues;

/// <summary>Packets in a row, linked through <see cref="Frame.NextPacket"/>.</summary>
internal struct PacketList
{
    public Frame? First;
    public Frame? Last;

    public void Append(Frame packet)
    {
        packet.NextPacket = null;
        if (First is null)
        {
            First = packet;
        }
        else
        {
            Last!.NextPacket = packet;
        }

        Last = packet;
    }

    public Frame? TakeFirst()
    {
        Frame? packet = First;
        if (packet is not null)
        {
            First = packet.NextPacket;
            packet.NextPacket = null;
        }

        return packet;
    }
}

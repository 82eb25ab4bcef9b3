using System.Buffers.Binary;
using SimNet.Capture;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>Makes an Ethernet frame of a captured one, whatever link it was captured on.</summary>
internal static class FieldFrame
{
    /// <summary>The frame, with an Ethernet header whose addresses are still to be set; false for what is neither IP nor ARP.</summary>
    /// <param name="packet">As captured.</param>
    /// <param name="frame">Its own bytes. Those that were cut off are zeros.</param>
    /// <param name="filled">True when there are such.</param>
    public static bool TryRead(in CapturedPacket packet, out byte[] frame, out bool filled)
    {
        frame = [];
        filled = false;
        if (!LinkLayer.TryStrip(packet.LinkType, packet.Data.Span, out EtherType type, out int offset)
            || type is not (EtherType.Ipv4 or EtherType.Ipv6 or EtherType.Arp))
        {
            return false;
        }

        ReadOnlySpan<byte> content = packet.Data.Span[offset..];
        int length = Length(type, content, Math.Max(packet.OriginalLength, packet.Data.Length) - offset);
        if (length <= 0 || length > ushort.MaxValue)
        {
            return false;
        }

        filled = length > content.Length;
        frame = new byte[EthernetView.HeaderLength + length];
        content[..Math.Min(length, content.Length)].CopyTo(frame.AsSpan(EthernetView.HeaderLength));
        EthernetWriter.Write(frame, default, default, type);
        if (type == EtherType.Ipv4 && BinaryPrimitives.ReadUInt16BigEndian(content[2..]) == 0)
        {
            // Segmentation offload leaves a total length of 0 for the card to set.
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(EthernetView.HeaderLength + 2), (ushort)length);
        }

        if (type == EtherType.Ipv4)
        {
            MendHeader(frame.AsSpan(EthernetView.HeaderLength));
        }

        return true;
    }

    /// <summary>The packet's own length: padding of the link is not taken along. 0 when the header is not whole.</summary>
    private static int Length(EtherType type, ReadOnlySpan<byte> content, int onWire)
    {
        if (type == EtherType.Arp)
        {
            return content.Length;
        }

        bool isV4 = type == EtherType.Ipv4;
        if (content.Length < (isV4 ? Ipv4View.MinHeaderLength : Ipv6View.HeaderLength))
        {
            return 0;
        }

        int told = isV4 ? BinaryPrimitives.ReadUInt16BigEndian(content[2..])
            : BinaryPrimitives.ReadUInt16BigEndian(content[4..]) is var payload and > 0 ? Ipv6View.HeaderLength + payload : 0;
        int length = told == 0 ? onWire : Math.Min(told, onWire);
        return length < (isV4 ? Ipv4View.MinHeaderLength : Ipv6View.HeaderLength) ? 0 : length;
    }

    // A card that fills it in on the way out leaves it wrong in captures of its own machine.
    private static void MendHeader(Span<byte> packet)
    {
        int length = Math.Min((packet[0] & 0xF) * 4, packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Compute(packet[..length]));
    }
}

using System.Buffers.Binary;
using SimStack.Wire;

namespace SimNet.Capture;

/// <summary>Finds the network layer's packet in a captured frame.</summary>
public static class LinkLayer
{
    private const int MostVlanTags = 4;

    /// <summary>The numbers of raw IP in old files, where systems disagreed (www.tcpdump.org/linktypes.html, LINKTYPE_RAW).</summary>
    private const CaptureLinkType RawOfLinux = (CaptureLinkType)12, RawOfOpenBsd = (CaptureLinkType)14, Loop = (CaptureLinkType)108;

    /// <summary>True when frames of that type can be read.</summary>
    public static bool IsKnown(CaptureLinkType linkType) => linkType is CaptureLinkType.Null or CaptureLinkType.Ethernet or CaptureLinkType.RawIp
        or CaptureLinkType.LinuxCooked or CaptureLinkType.LinuxCooked2 or CaptureLinkType.Ipv4 or CaptureLinkType.Ipv6 or RawOfLinux or RawOfOpenBsd or Loop;

    /// <summary>Takes off the link header; false when nothing is left or it is not known.</summary>
    /// <param name="linkType">What the frame begins with.</param>
    /// <param name="frame">As captured.</param>
    /// <param name="type">The packet's type, ARP, IPv4, IPv6 or another.</param>
    /// <param name="offset">Where the packet begins.</param>
    public static bool TryStrip(CaptureLinkType linkType, ReadOnlySpan<byte> frame, out EtherType type, out int offset)
    {
        type = default;
        (offset, int typeAt) = linkType switch
        {
            CaptureLinkType.Ethernet => (14, 12),
            CaptureLinkType.LinuxCooked => (16, 14),
            CaptureLinkType.LinuxCooked2 => (20, 0),
            CaptureLinkType.Null or Loop => (4, -1),
            _ => (0, -1),
        };
        if (!IsKnown(linkType) || frame.Length <= offset)
        {
            return false;
        }

        if (typeAt < 0)
        {
            // The address family of a BSD loopback frame is in the byte order of some machine; the version says the same.
            type = frame[offset] >> 4 == 4 ? EtherType.Ipv4 : frame[offset] >> 4 == 6 ? EtherType.Ipv6 : default;
            return type != default;
        }

        type = (EtherType)BinaryPrimitives.ReadUInt16BigEndian(frame[typeAt..]);
        for (int i = 0; i < MostVlanTags && (type == EtherType.Vlan || (ushort)type == 0x88A8); i++)
        {
            if (frame.Length <= offset + 4)
            {
                return false;
            }

            type = (EtherType)BinaryPrimitives.ReadUInt16BigEndian(frame[(offset + 2)..]);
            offset += 4;
        }

        return true;
    }
}

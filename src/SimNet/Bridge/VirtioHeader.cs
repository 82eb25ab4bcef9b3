using System.Runtime.InteropServices;

namespace SimNet.Bridge;

/// <summary>
/// What stands before a frame at a device with IFF_VNET_HDR: struct virtio_net_hdr of the virtio specification, §5.1.6, in the machine's byte order.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct VirtioHeader
{
    public const int Length = 10;

    /// <summary>flags: the checksum is still to be computed, from <see cref="ChecksumStart"/> on; its field has the pseudo header's sum.</summary>
    public const byte NeedsChecksum = 1;

    /// <summary>gso_type: no more than one segment; TCP over IPv4 and over IPv6.</summary>
    public const byte None = 0, TcpV4 = 1, TcpV6 = 4;

    /// <summary>gso_type: UDP datagrams. Packet sockets see such packets of their own system; a TAP device is not asked for them.</summary>
    public const byte UdpDatagrams = 5;

    /// <summary>Beside a gso_type: the first segment says that the window was reduced.</summary>
    public const byte Ecn = 0x80;

    public byte Flags;
    public byte SegmentationType;

    /// <summary>Bytes before the data; a hint.</summary>
    public ushort HeaderLength;

    /// <summary>Bytes of data in each segment but the last.</summary>
    public ushort SegmentSize;
    public ushort ChecksumStart;

    /// <summary>Of the field, from <see cref="ChecksumStart"/>.</summary>
    public ushort ChecksumOffset;
}

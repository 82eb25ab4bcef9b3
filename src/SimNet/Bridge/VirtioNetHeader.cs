using System.Runtime.InteropServices;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// What stands before a frame where the system hands over unfinished ones: a socket with PACKET_VNET_HDR, a TAP device with IFF_VNET_HDR
/// (struct virtio_net_hdr, virtio 1.2 §5.1.6; in the machine's byte order there). All of it comes from outside and is believed only as far
/// as it fits the frame.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct VirtioNetHeader
{
    /// <summary>In bytes.</summary>
    public const int Length = 10;

    // What the system sets: the checksum is left to the receiver, and it was found right.
    private const byte VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
    private const byte VIRTIO_NET_HDR_GSO_TCPV4 = 1;
    private const byte VIRTIO_NET_HDR_GSO_TCPV6 = 4;
    private const byte VIRTIO_NET_HDR_GSO_UDP_L4 = 5;
    private const byte VIRTIO_NET_HDR_GSO_ECN = 0x80;

    private readonly byte _flags;
    private readonly byte _gsoType;
    private readonly ushort _headerLength;
    private readonly ushort _gsoSize;
    private readonly ushort _checksumStart;
    private readonly ushort _checksumOffset;

    /// <summary>The frame's transport checksum has only the pseudo header's sum in it.</summary>
    public bool NeedsChecksum => (_flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;

    /// <summary>The frame is several packets of one flow in one.</summary>
    public bool IsSuperFrame => _gsoType != 0;

    /// <summary>The first 10 bytes.</summary>
    public static VirtioNetHeader Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<VirtioNetHeader>(bytes);

    /// <summary>Computes the checksum that was left open; false when the header does not fit the frame.</summary>
    public bool TryComplete(Span<byte> frame)
    {
        int at = _checksumStart + _checksumOffset;
        if (_checksumStart < EthernetView.HeaderLength || at + 2 > frame.Length)
        {
            return false;
        }

        SegmentCutter.Seal(frame[_checksumStart..], _checksumOffset);
        return true;
    }

    /// <summary>Cuts a super-frame into the packets that it stands for; false when the header does not fit the frame, or is of no kind known.</summary>
    public bool TryCut(FramePool pool, ReadOnlySpan<byte> frame, ref FrameQueue packets)
    {
        int kind = _gsoType & ~VIRTIO_NET_HDR_GSO_ECN;
        if (!NeedsChecksum || kind is not (VIRTIO_NET_HDR_GSO_TCPV4 or VIRTIO_NET_HDR_GSO_TCPV6 or VIRTIO_NET_HDR_GSO_UDP_L4))
        {
            return false;
        }

        IpProtocol protocol = kind == VIRTIO_NET_HDR_GSO_UDP_L4 ? IpProtocol.Udp : IpProtocol.Tcp;
        return SegmentCutter.TryCut(pool, frame, _checksumStart, protocol, _gsoSize, ref packets);
    }
}

using System.Buffers.Binary;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>What a device with IFF_VNET_HDR hands over becomes a frame that is whole: nothing in its header is taken on trust.</summary>
internal static class ReceivedPacket
{
    // Below that Linux makes no segments either (TCP_MIN_GSO_SIZE).
    private const int LeastSegment = 8;

    /// <summary>Computes a checksum that was left out, and notes the size of the segments in the frame.</summary>
    /// <returns>False: the header makes no sense.</returns>
    public static bool TryFinish(in VirtioHeader header, Frame frame)
    {
        Span<byte> bytes = frame.Bytes;
        int type = header.SegmentationType & ~VirtioHeader.Ecn;
        if (type == VirtioHeader.None)
        {
            return (header.Flags & VirtioHeader.NeedsChecksum) == 0 || TryWriteChecksum(header, bytes);
        }

        if (type is not (VirtioHeader.TcpV4 or VirtioHeader.TcpV6) || header.SegmentSize < LeastSegment
            || !TcpFrameLayout.TryParse(bytes, out TcpFrameLayout layout) || layout.IsV4 != (type == VirtioHeader.TcpV4)
            || (header.Flags & VirtioHeader.NeedsChecksum) == 0 || header.ChecksumStart != layout.Tcp || header.ChecksumOffset != 16)
        {
            return false;
        }

        if (bytes.Length - layout.Payload > header.SegmentSize)
        {
            frame.SegmentSize = header.SegmentSize;
            return true;
        }

        return TryWriteChecksum(header, bytes);
    }

    /// <summary>Whether a frame can be a packet of segments of that size: a TCP packet with more data than one has.</summary>
    public static bool IsMany(ReadOnlySpan<byte> frame, int segmentSize) =>
        segmentSize >= LeastSegment && TcpFrameLayout.TryParse(frame, out TcpFrameLayout layout) && frame.Length - layout.Payload > segmentSize;

    private static bool TryWriteChecksum(in VirtioHeader header, Span<byte> bytes)
    {
        int field = header.ChecksumStart + header.ChecksumOffset;
        if (header.ChecksumStart < EthernetView.HeaderLength || field + 2 > bytes.Length)
        {
            return false;
        }

        ushort checksum = InternetChecksum.Compute(bytes[header.ChecksumStart..]);
        // 0 would be "none" in UDP, and is the same number in all others (RFC 768).
        BinaryPrimitives.WriteUInt16BigEndian(bytes[field..], checksum == 0 ? ushort.MaxValue : checksum);
        return true;
    }
}

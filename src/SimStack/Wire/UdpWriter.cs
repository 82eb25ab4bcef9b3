using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>Writes UDP datagrams (RFC 768).</summary>
public static class UdpWriter
{
    /// <summary>Writes header, payload and checksum, and returns the length; a checksum of 0 goes out as 0xFFFF.</summary>
    public static int Write(
        Span<byte> destination, in IpAddress source, in IpAddress target, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload)
    {
        int length = UdpView.HeaderLength + payload.Length;
        destination = destination[..length];
        BinaryPrimitives.WriteUInt16BigEndian(destination, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)length);
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], 0);
        ulong sum = InternetChecksum.PseudoHeader(source, target, IpProtocol.Udp, length);
        sum = InternetChecksum.Sum(destination[..UdpView.HeaderLength], sum);
        ushort checksum = InternetChecksum.Fold(InternetChecksum.SumAndCopy(payload, destination[UdpView.HeaderLength..], sum));
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], checksum == 0 ? (ushort)0xFFFF : checksum);
        return length;
    }
}

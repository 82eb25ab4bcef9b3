using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>Writes ARP messages for IPv4 over Ethernet (RFC 826).</summary>
public static class ArpWriter
{
    /// <summary>Writes 28 bytes and returns 28.</summary>
    public static int Write(
        Span<byte> destination, ArpOperation operation, MacAddress senderMac, in IpAddress sender,
        MacAddress targetMac, in IpAddress target)
    {
        destination = destination[..ArpView.MessageLength];
        BinaryPrimitives.WriteUInt64BigEndian(destination, 0x0001_0800_0604_0000ul | (ushort)operation);
        senderMac.WriteTo(destination[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(destination[14..], sender.V4);
        targetMac.WriteTo(destination[18..]);
        BinaryPrimitives.WriteUInt32BigEndian(destination[24..], target.V4);
        return ArpView.MessageLength;
    }
}

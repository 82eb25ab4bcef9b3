using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Ping;
using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>
/// Linux's ping socket (icmp(7)): sends echo requests and receives the replies to them. Messages begin with the ICMP header of
/// eight bytes, in which the stack fills in the checksum and the identifier: the port to which the socket is bound.
/// </summary>
public sealed class PingSocket : DatagramSocket
{
    private readonly PingLayer _ping;

    internal PingSocket(PingLayer ping, AddressFamily family)
        : base(family, ping.NextId()) => _ping = ping;

    public override Host Host => _ping.Host;

    public override IpProtocol Protocol => Family is AddressFamily.AF_INET ? IpProtocol.Icmp : IpProtocol.IcmpV6;

    /// <summary>Writes an echo request as <see cref="DatagramSocket.SendTo"/> takes it, and returns its length.</summary>
    /// <param name="message">At least 8 bytes and the payload.</param>
    /// <param name="family">Of the socket.</param>
    /// <param name="sequence">The sequence number.</param>
    /// <param name="payload">What the reply brings back.</param>
    public static int WriteRequest(Span<byte> message, AddressFamily family, ushort sequence, ReadOnlySpan<byte> payload)
    {
        message[..IcmpView.HeaderLength].Clear();
        message[0] = family is AddressFamily.AF_INET ? (byte)IcmpType.Echo : (byte)Icmpv6Type.EchoRequest;
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], sequence);
        payload.CopyTo(message[IcmpView.HeaderLength..]);
        return IcmpView.HeaderLength + payload.Length;
    }

    private protected override Errno TakeName(IpEndpoint local, out ushort port) => _ping.TakeId(this, local, out port);

    private protected override void Enter() => _ping.Add(this);

    private protected override void Leave() => _ping.Remove(this);

    // Only echo requests may be sent (Linux: ping_supported), and only of the socket's own family.
    private protected override Errno CheckMessage(ReadOnlySpan<byte> data, IpEndpoint destination)
    {
        byte request = Family is AddressFamily.AF_INET ? (byte)IcmpType.Echo : (byte)Icmpv6Type.EchoRequest;
        return data.Length > ushort.MaxValue ? Errno.EMSGSIZE
            : data.Length < IcmpView.HeaderLength || data[0] != request || data[1] != 0 ? Errno.EINVAL
            : destination.Address.IsV4 != Family is AddressFamily.AF_INET ? Errno.EAFNOSUPPORT
            : Errno.OK;
    }

    private protected override int MessageLength(int data) => data;

    private protected override void WriteMessage(
        Span<byte> bytes, in IpAddress source, IpEndpoint destination, ReadOnlySpan<byte> data)
    {
        ushort sequence = BinaryPrimitives.ReadUInt16BigEndian(data[6..]);
        ReadOnlySpan<byte> payload = data[IcmpView.HeaderLength..];
        if (source.IsV4)
        {
            Host.Counters[SnmpCounter.IcmpOutMsgs]++;
            Host.Counters[SnmpCounter.IcmpOutEchos]++;
            Host.Counters[SnmpCounter.IcmpMsgOutType8]++;
            IcmpWriter.WriteEcho(bytes, reply: false, LocalEndpoint.Port, sequence, payload);
        }
        else
        {
            Host.Counters[SnmpCounter.Icmp6OutMsgs]++;
            Host.Counters[SnmpCounter.Icmp6OutEchos]++;
            Icmpv6Writer.WriteEcho(bytes, source, destination.Address, reply: false, LocalEndpoint.Port, sequence, payload);
        }
    }
}

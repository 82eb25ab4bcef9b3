using SimStack.Ip;
using SimStack.Udp;
using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>A UDP socket of a simulated host (RFC 768, RFC 1122 §4.1), as Linux's (udp(7)).</summary>
public sealed class UdpSocket : DatagramSocket
{
    private readonly UdpLayer _udp;

    internal UdpSocket(UdpLayer udp, AddressFamily family)
        : base(family, udp.NextId()) => _udp = udp;

    public override Host Host => _udp.Host;

    public override IpProtocol Protocol => IpProtocol.Udp;

    /// <summary>The next socket with the same name and peer.</summary>
    internal UdpSocket? NextSame { get; set; }

    /// <summary>With SO_REUSEPORT those of the same name, this one among them.</summary>
    internal ReusePortGroup<UdpSocket>? Group { get; set; }

    private protected override Errno TakeName(IpEndpoint local, out ushort port) => _udp.TakePort(this, local, out port);

    private protected override void Enter() => _udp.Add(this);

    private protected override void Leave() => _udp.Remove(this);

    private protected override Errno CheckMessage(ReadOnlySpan<byte> data, IpEndpoint destination) =>
        data.Length > ushort.MaxValue ? Errno.EMSGSIZE : destination.Port == 0 ? Errno.EINVAL : Errno.OK;

    private protected override int MessageLength(int data) => UdpView.HeaderLength + data;

    private protected override void WriteMessage(
        Span<byte> bytes, in IpAddress source, IpEndpoint destination, ReadOnlySpan<byte> data)
    {
        Host.Counters[source.IsV4 ? SnmpCounter.UdpOutDatagrams : SnmpCounter.Udp6OutDatagrams]++;
        UdpWriter.Write(bytes, source, destination.Address, LocalEndpoint.Port, destination.Port, data);
    }

    private protected override void Taken(in DatagramInfo info) =>
        Host.Counters[info.From.Address.IsV4 ? SnmpCounter.UdpInDatagrams : SnmpCounter.Udp6InDatagrams]++;

    private protected override void SentToGroup(Instant now, in IpPacketInfo ip, ushort port, ReadOnlySpan<byte> data) =>
        _udp.DeliverToAll(now, ip, LocalEndpoint.Port, port, data);
}

using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tests.Udp;

/// <summary>One host with one Ethernet interface; the peer is the test, which writes and reads whole packets.</summary>
internal sealed class DatagramBench
{
    public static readonly IpAddress Own = IpAddress.Parse("10.0.0.1");
    public static readonly IpAddress Peer = IpAddress.Parse("10.0.0.2");
    public static readonly IpAddress Own6 = IpAddress.Parse("fd00::1");
    public static readonly IpAddress Peer6 = IpAddress.Parse("fd00::2");
    public static readonly IpAddress Router = IpAddress.Parse("10.0.0.254");
    private static readonly MacAddress Mac = new(0x0200_0000_0001);
    private static readonly MacAddress PeerMac = new(0x0200_0000_0002);

    public DatagramBench(Profile? profile = null)
    {
        Host = new Host(new HostOptions { Name = "host", FramePool = Pool, Secret = 7, Profile = profile ?? Profile.Linux });
        Eth = Host.AddInterface("eth0", Mac);
        Host.AddAddress(Eth, Own, 24);
        Host.AddAddress(Eth, Own6, 64);
        Host.AddNeighbour(Eth, Peer, PeerMac);
        Host.AddNeighbour(Eth, Peer6, PeerMac);
        Host.AddNeighbour(Eth, Router, PeerMac);
    }

    public FramePool Pool { get; } = new();

    public Host Host { get; }

    public NetworkInterface Eth { get; }

    public Instant Now { get; set; } = new(1_000_000_000);

    public long this[SnmpCounter counter] => Host.Counters[counter];

    public UdpSocket Bound(ushort port, IpAddress? address = null)
    {
        IpAddress local = address ?? IpAddress.AnyV4;
        UdpSocket socket = Host.OpenUdpSocket(local.IsV4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6);
        Xunit.Assert.Equal(Errno.OK, socket.Bind(new IpEndpoint(local, port)));
        return socket;
    }

    public UdpSocket Connected(IpEndpoint remote)
    {
        UdpSocket socket = Host.OpenUdpSocket(remote.Address.IsV4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6);
        Xunit.Assert.Equal(Errno.OK, socket.Connect(Now, remote));
        return socket;
    }

    /// <summary>A datagram from the peer.</summary>
    public void Arrives(ushort from, ushort to, byte[] payload, IpAddress? destination = null, IpAddress? source = null)
    {
        IpAddress target = destination ?? Own;
        IpAddress origin = source ?? (target.IsV4 ? Peer : Peer6);
        byte[] datagram = new byte[UdpView.HeaderLength + payload.Length];
        UdpWriter.Write(datagram, origin, target, from, to, payload);
        ArrivesRaw(IpProtocol.Udp, datagram, target, origin);
    }

    /// <summary>Any transport bytes from the peer.</summary>
    public void ArrivesRaw(IpProtocol protocol, byte[] payload, IpAddress? destination = null, IpAddress? source = null)
    {
        IpAddress target = destination ?? Own;
        byte[] frame = new byte[(target.IsV4 ? 34 : 54) + payload.Length];
        MacAddress to = target.IsMulticast || target == IpAddress.BroadcastV4 || target == IpAddress.Parse("10.0.0.255")
            ? MacAddress.Broadcast : Mac;
        EthernetWriter.Write(frame, to, PeerMac, target.IsV4 ? EtherType.Ipv4 : EtherType.Ipv6);
        if (target.IsV4)
        {
            Ipv4Writer.Write(frame.AsSpan(14), source ?? Peer, target, protocol, payload.Length);
        }
        else
        {
            Ipv6Writer.Write(frame.AsSpan(14), source ?? Peer6, target, protocol, payload.Length);
        }

        payload.CopyTo(frame, target.IsV4 ? 34 : 54);
        Host.Receive(Now, Eth, frame);
    }

    /// <summary>An ICMP error about that packet of ours, which begins with its IP header.</summary>
    public void IcmpArrives(byte type, byte code, uint rest, byte[] quoted, IpAddress? reporter = null)
    {
        bool v4 = quoted[0] >> 4 == 4;
        IpAddress source = reporter ?? (v4 ? Router : Peer6);
        byte[] message = new byte[8 + quoted.Length];
        if (v4)
        {
            IcmpWriter.WriteError(message, (IcmpType)type, code, rest, quoted);
        }
        else
        {
            Icmpv6Writer.WriteError(message, source, Own6, (Icmpv6Type)type, code, rest, quoted);
        }

        ArrivesRaw(v4 ? IpProtocol.Icmp : IpProtocol.IcmpV6, message, v4 ? Own : Own6, source);
    }

    /// <summary>The IP packets that were sent since the last call.</summary>
    public List<byte[]> Sent(NetworkInterface? on = null)
    {
        List<byte[]> packets = [];
        while ((on ?? Eth).TryDequeue(out Frame? frame))
        {
            packets.Add(frame.Bytes[14..].ToArray());
            Pool.Return(frame);
        }

        return packets;
    }

    public byte[] SentOne() => Xunit.Assert.Single(Sent());

    /// <summary>Brings what was sent over lo back to the host.</summary>
    public void Loop()
    {
        while (Host.Loopback.TryDequeue(out Frame? frame))
        {
            Host.Receive(Now, Host.Loopback, frame.Bytes);
            Pool.Return(frame);
        }
    }

    /// <summary>What a receive returns: the text, or the errno.</summary>
    public string Read(DatagramSocket socket, int room = 2000, MessageFlags flags = MessageFlags.None)
    {
        byte[] buffer = new byte[room];
        SocketResult result = socket.ReceiveFrom(Now, buffer, out DatagramInfo info, flags);
        return result.Succeeded
            ? $"{info.From} \"{System.Text.Encoding.ASCII.GetString(buffer, 0, Math.Min(info.Length, room))}\" = {result.Value}"
            : result.Error.ToString();
    }
}

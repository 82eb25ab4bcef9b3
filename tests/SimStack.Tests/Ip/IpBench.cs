using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Wire;

namespace SimStack.Tests.Ip;

/// <summary>One host's IP layer on a test's bench: frames go in by hand, what comes out is read by hand.</summary>
internal sealed class IpBench
{
    internal static readonly MacAddress Mac = new(0x0200_0000_0001);
    internal static readonly MacAddress PeerMac = new(0x0200_0000_0002);
    internal static readonly IpAddress Own = IpAddress.Parse("10.0.0.1");
    internal static readonly IpAddress Peer = IpAddress.Parse("10.0.0.2");
    internal static readonly IpAddress Own6 = IpAddress.Parse("fd00::1");
    internal static readonly IpAddress Peer6 = IpAddress.Parse("fd00::2");

    internal IpBench(Sysctls? sysctls = null)
    {
        Transport = new RecordingTransport();
        Ip = new IpLayer(Pool, Counters, Transport, sysctls);
        Transport.Ip = Ip;
        Eth = Ip.AddInterface("eth0", Mac);
        Ip.AddAddress(Eth, Own, 24);
        Ip.AddAddress(Eth, Own6, 64);
    }

    internal FramePool Pool { get; } = new();
    internal SnmpCounters Counters { get; } = new();
    internal RecordingTransport Transport { get; }
    internal IpLayer Ip { get; }
    internal NetworkInterface Eth { get; }

    internal static Instant At(double seconds) => new((long)(seconds * 1e9));

    /// <summary>All frames that wait on eth0, as bytes; they go back to the pool.</summary>
    internal List<byte[]> Sent(NetworkInterface? on = null)
    {
        List<byte[]> frames = [];
        while ((on ?? Eth).TryDequeue(out Frame? frame))
        {
            frames.Add(frame.Bytes.ToArray());
            Pool.Return(frame);
        }

        return frames;
    }

    internal byte[] SentOne()
    {
        List<byte[]> frames = Sent();
        return frames.Count == 1 ? frames[0] : throw new InvalidOperationException($"{frames.Count} frames were sent, not one");
    }

    internal void Receive(Instant now, byte[] frame) => Ip.Receive(now, Eth, frame);

    /// <summary>Sends a transport payload of zeros.</summary>
    internal void Send(Instant now, IpAddress destination, int length = 20, IpProtocol protocol = IpProtocol.Tcp)
    {
        IpPath path = Ip.FindPath(destination, default) ?? throw new InvalidOperationException("no route");
        Frame frame = Pool.Rent(path.TransportOffset + length);
        frame.Buffer.AsSpan(path.TransportOffset, length).Clear();
        Ip.Send(now, path, path.Source, destination, frame, length, protocol, 0, 64, true);
    }

    internal static byte[] Arp(ArpOperation operation, MacAddress mac, IpAddress sender, IpAddress target, MacAddress? to = null)
    {
        byte[] frame = new byte[60];
        EthernetWriter.Write(frame, to ?? (operation == ArpOperation.Request ? MacAddress.Broadcast : Mac), mac, EtherType.Arp);
        ArpWriter.Write(frame.AsSpan(14), operation, mac, sender, default, target);
        return frame;
    }

    internal static byte[] V4(IpProtocol protocol, byte[] payload, IpAddress? from = null, IpAddress? to = null, MacAddress? mac = null, byte traffic = 0)
    {
        byte[] frame = new byte[34 + payload.Length];
        EthernetWriter.Write(frame, mac ?? Mac, PeerMac, EtherType.Ipv4);
        Ipv4Writer.Write(frame.AsSpan(14), from ?? Peer, to ?? Own, protocol, payload.Length, trafficClass: traffic);
        payload.CopyTo(frame, 34);
        return frame;
    }

    internal static byte[] V6(
        IpProtocol protocol, byte[] payload, IpAddress? from = null, IpAddress? to = null, MacAddress? mac = null, byte hops = 64)
    {
        byte[] frame = new byte[54 + payload.Length];
        EthernetWriter.Write(frame, mac ?? Mac, PeerMac, EtherType.Ipv6);
        Ipv6Writer.Write(frame.AsSpan(14), from ?? Peer6, to ?? Own6, protocol, payload.Length, hops);
        payload.CopyTo(frame, 54);
        return frame;
    }
}

/// <summary>Writes down what the IP layer hands over.</summary>
internal sealed class RecordingTransport : TransportInput
{
    internal IpLayer? Ip { get; set; }
    internal bool RefuseUdp { get; set; }
    internal List<string> Log { get; } = [];
    internal List<IcmpErrorInfo> Errors { get; } = [];

    internal override void ReceiveTcp(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> segment) =>
        Log.Add($"tcp {ip.Source} {ip.Destination} {segment.Length} tc={ip.TrafficClass} ttl={ip.Ttl} many={ip.IsMulticastOrBroadcast}");

    internal override void ReceiveUdp(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> datagram)
    {
        Log.Add($"udp {ip.Source} {ip.Destination} {datagram.Length}");
        if (RefuseUdp)
        {
            Ip!.RefusePort();
        }
    }

    internal override void ReceiveIcmpError(Instant now, in IcmpErrorInfo error, ReadOnlySpan<byte> quoted)
    {
        if (error.Reporter == error.Source)
        {
            Log.Add($"failed {error.Destination} at {now}");
        }

        Errors.Add(error);
    }

    internal override void ReceiveEchoReply(Instant now, in IpPacketInfo ip, ushort id, ushort sequence, ReadOnlySpan<byte> payload) =>
        Log.Add($"reply {ip.Source} {id} {sequence} {Convert.ToHexStringLower(payload)}");
}

using System.Buffers.Binary;
using SimNet.Capture;
using SimNet.Scripting.Comparison;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Scripting.Tests.Comparison;

/// <summary>A packet of a made-up capture: plain values that a test changes one at a time.</summary>
internal sealed record SamplePacket
{
    public double Milliseconds { get; init; }
    public bool FromClient { get; init; }
    public TcpFlags Flags { get; init; } = TcpFlags.Ack;
    public long Seq { get; init; }
    public long Ack { get; init; }
    public int Length { get; init; }
    public int Window { get; init; } = 64;
    public int Urgent { get; init; }
    public byte[] Options { get; init; } = Timestamps();
    public byte Ttl { get; init; } = 64;
    public bool DontFragment { get; init; } = true;
    public byte TrafficClass { get; init; }
    public ushort Id { get; init; }
    public bool V6 { get; init; }
    public byte[]? Icmp { get; init; }
    public bool Udp { get; init; }
    public int ClientPort { get; init; } = 40000;
    public int ServerPort { get; init; } = 80;
    public uint ClientIss { get; init; } = 4_294_967_000;
    public uint ServerIss { get; init; } = 77_000;

    public static byte[] Timestamps(byte value = 1) => [1, 1, 8, 10, 0, 0, 0, value, 0, 0, 0, value];

    public static byte[] SynOptions(byte value = 1) => [2, 4, 5, 0xB4, 4, 2, 8, 10, 0, 0, 0, value, 0, 0, 0, 0, 1, 3, 3, 7];

    /// <summary>A pcap file of packets; numbers of the two directions begin at the packets' ISS.</summary>
    public static byte[] File(
        IEnumerable<SamplePacket> packets, byte network = 0, int snapLength = 65535, CaptureLinkType linkType = CaptureLinkType.Ethernet)
    {
        var stream = new MemoryStream();
        using (var writer = new PcapWriter(stream, new PcapOptions { Nanoseconds = true, LinkType = linkType, LeaveOpen = true }))
        {
            foreach (SamplePacket packet in packets)
            {
                byte[] frame = [.. Link(linkType, packet.V6), .. packet.Ip(network)];
                writer.Write(
                    0, 1_000_000_000_000 + (long)(packet.Milliseconds * 1_000_000), frame.AsSpan(0, Math.Min(frame.Length, snapLength)),
                    originalLength: frame.Length);
            }
        }

        return stream.ToArray();
    }

    public static CaptureContent Read(byte[] file, string name = "sample") => CaptureContent.Read(new MemoryStream(file), name);

    public static CaptureContent Capture(IEnumerable<SamplePacket> packets, byte network = 0) => Read(File(packets, network));

    private static byte[] Link(CaptureLinkType linkType, bool v6) => linkType switch
    {
        CaptureLinkType.Ethernet => [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, .. Type(v6)],
        CaptureLinkType.LinuxCooked => [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, .. Type(v6)],
        CaptureLinkType.LinuxCooked2 => [.. Type(v6), 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0],
        CaptureLinkType.Null => [2, 0, 0, 0],
        _ => [],
    };

    private static byte[] Type(bool v6) => v6 ? [0x86, 0xDD] : [8, 0];

    private byte[] Ip(byte network)
    {
        byte[] payload = Icmp is not null ? Icmp : Udp ? Datagram() : Segment();
        byte protocol = (byte)(Icmp is not null ? (V6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp) : Udp ? IpProtocol.Udp : IpProtocol.Tcp);
        byte low = (byte)(FromClient ? 1 : 2);
        byte high = (byte)(3 - low);
        if (V6)
        {
            byte[] header = new byte[40];
            BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)(0x6000 | (TrafficClass << 4)));
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)payload.Length);
            (header[6], header[7]) = (protocol, Ttl);
            (header[8], header[22], header[23], header[24], header[38], header[39]) = (0xFD, network, low, 0xFD, network, high);
            return [.. header, .. payload];
        }

        byte[] bytes = [.. new byte[20], .. payload];
        (bytes[0], bytes[1]) = (0x45, TrafficClass);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), Id);
        bytes[6] = (byte)(DontFragment ? 0x40 : 0);
        (bytes[8], bytes[9]) = (Ttl, protocol);
        (bytes[12], bytes[14], bytes[15], bytes[16], bytes[18], bytes[19]) = (10, network, low, 10, network, high);
        return bytes;
    }

    private byte[] Datagram()
    {
        byte[] bytes = new byte[8 + Length];
        WritePorts(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)bytes.Length);
        return bytes;
    }

    private byte[] Segment()
    {
        byte[] options = [.. Options, .. new byte[(4 - (Options.Length % 4)) % 4]];
        byte[] bytes = [.. new byte[20], .. options, .. new byte[Length]];
        WritePorts(bytes);
        uint own = FromClient ? ClientIss : ServerIss;
        uint other = FromClient ? ServerIss : ClientIss;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), unchecked(own + (uint)Seq));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), (Flags & TcpFlags.Ack) != 0 ? unchecked(other + (uint)Ack) : 0);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(12), (ushort)(((20 + options.Length) / 4 << 12) | (int)Flags));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(14), (ushort)Window);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(18), (ushort)Urgent);
        return bytes;
    }

    private void WritePorts(byte[] bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(FromClient ? ClientPort : ServerPort));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)(FromClient ? ServerPort : ClientPort));
    }
}

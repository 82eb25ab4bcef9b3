using SimNet.Capture;
using SimStack.Ip;

namespace SimNet.Tests.Capture;

/// <summary>Small captures and what reading them gives, for the tests of this folder.</summary>
internal static class CaptureSamples
{
    /// <summary>2013-05-01T14:52:19.772673Z.</summary>
    public const long Start = 1_367_419_939_772_673_000;

    /// <summary>A packet with its bytes copied, so that it outlives the reader's next step.</summary>
    internal sealed record Packet(
        int InterfaceId, long Time, string Data, int OriginalLength, CaptureDirection Direction, string? Comment);

    /// <summary>An Ethernet frame with a valid IPv4 header and an ICMP echo request or reply in it.</summary>
    public static byte[] Ping(int sequence, bool reply = false, int payload = 32)
    {
        byte[] frame = new byte[14 + 20 + 8 + payload];
        frame[5] = (byte)(reply ? 1 : 2);
        frame[0] = frame[6] = 2;
        frame[11] = (byte)(reply ? 2 : 1);
        frame[12] = 8;
        Span<byte> ip = frame.AsSpan(14);
        ip[0] = 0x45;
        ip[2] = (byte)((frame.Length - 14) >> 8);
        ip[3] = (byte)(frame.Length - 14);
        ip[8] = 64;
        ip[9] = 1;
        new byte[] { 10, 0, 0, (byte)(reply ? 2 : 1) }.CopyTo(ip[12..]);
        new byte[] { 10, 0, 0, (byte)(reply ? 1 : 2) }.CopyTo(ip[16..]);
        Checksum(ip[..20], ip[10..]);
        Span<byte> icmp = ip[20..];
        icmp[0] = (byte)(reply ? 0 : 8);
        icmp[5] = 1;
        icmp[6] = (byte)(sequence >> 8);
        icmp[7] = (byte)sequence;
        Checksum(icmp, icmp[2..]);
        return frame;
    }

    /// <summary>One of everything that the pcapng writer can write.</summary>
    public static byte[] Pcapng()
    {
        MemoryStream stream = new();
        PcapngOptions options = new() { Application = "sim (Simulator 0.1.0)", Comment = "two hosts", LeaveOpen = true };
        using (PcapngWriter writer = new(stream, options))
        {
            int client = writer.AddInterface(new() { Name = "client.eth0", Description = "the client's card" });
            int server = writer.AddInterface(new() { Name = "server.eth0", SnapLength = 60 });
            writer.AddName(IpAddress.Parse("10.0.0.1"), "client");
            writer.AddName(IpAddress.Parse("10.0.0.2"), "server");
            writer.AddName(IpAddress.Parse("2001:db8::1"), "client6");
            writer.Write(client, Start, Ping(1), CaptureDirection.Outbound, "SYN-SENT → ESTABLISHED");
            writer.Write(server, Start + 1, Ping(1), CaptureDirection.Inbound);
            writer.Write(server, Start + 2, Ping(1, reply: true), CaptureDirection.Outbound, "dropped: link loss"u8);
            writer.Write(client, Start + 1_000_000_003, Ping(1, reply: true, payload: 33), CaptureDirection.Inbound);
            writer.SetStatistics(client, received: 2, dropped: 1);
        }

        return stream.ToArray();
    }

    public static byte[] Pcap(bool nanoseconds = true)
    {
        MemoryStream stream = new();
        using (PcapWriter writer = new(stream, new() { Nanoseconds = nanoseconds, LeaveOpen = true }))
        {
            for (int i = 0; i < 5; i++)
            {
                writer.Write(0, Start + (i * 1_001_001L), Ping(i, payload: 20 + i));
            }
        }

        return stream.ToArray();
    }

    /// <summary>Reads to the end.</summary>
    public static List<Packet> ReadAll(byte[] file) => ReadAll(file, out _);

    public static List<Packet> ReadAll(byte[] file, out CaptureReader reader)
    {
        List<Packet> packets = [];
        reader = CaptureReader.Open(new MemoryStream(file));
        ReadInto(reader, packets);
        return packets;
    }

    /// <summary>Reads as far as the file goes; what was read stays in the list when the reader throws.</summary>
    public static void ReadInto(CaptureReader reader, List<Packet> packets)
    {
        while (reader.TryRead(out CapturedPacket packet))
        {
            string data = Convert.ToHexString(packet.Data.Span);
            packets.Add(new(packet.InterfaceId, packet.UnixNanoseconds, data, packet.OriginalLength, packet.Direction, packet.Comment));
        }
    }

    private static void Checksum(ReadOnlySpan<byte> bytes, Span<byte> field)
    {
        int sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += (i & 1) == 0 ? bytes[i] << 8 : bytes[i];
        }

        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        field[0] = (byte)(~sum >> 8);
        field[1] = (byte)~sum;
    }
}

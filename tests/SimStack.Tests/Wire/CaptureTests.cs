using System.Buffers.Binary;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Wire;

/// <summary>Frames that a real Linux kernel sent: all parse, all checksums hold, and our writers give the same bytes back.</summary>
public sealed class CaptureTests
{
    private static IEnumerable<(string File, int Number, byte[] Bytes, int OriginalLength)> Frames()
    {
        string? folder = SharedFolder.Find("captures/linux-6.18");
        Assert.SkipWhen(folder is null, "no captures beside the repository (SIM_SHARED)");
        foreach (string file in Directory.GetFiles(folder!, "*.pcap").Order(StringComparer.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(file);
            int number = 0;
            for (int at = 24; at + 16 <= bytes.Length;)
            {
                int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 8));
                int original = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 12));
                yield return (Path.GetFileName(file), ++number, bytes[(at + 16)..(at + 16 + length)], original);
                at += 16 + length;
            }
        }
    }

    [Fact]
    public void EveryFrameParsesAndIsWrittenBackTheSame()
    {
        int segments = 0;
        foreach ((string file, int number, byte[] bytes, int original) in Frames())
        {
            string where = $"{file} frame {number}";
            Assert.True(EthernetView.TryParse(bytes, out EthernetView ethernet, out _), where);
            // Frames were cut at 200 bytes: what lies behind stays unknown, so those are read with zeros and no checksum.
            bool whole = bytes.Length == original;
            byte[] packet = new byte[original - 14];
            ethernet.Payload.CopyTo(packet);
            byte[] rewritten = new byte[packet.Length];
            WireError error;
            switch (ethernet.EtherType)
            {
                case EtherType.Arp:
                    Assert.True(ArpView.TryParse(packet, out ArpView arp, out error), where + error);
                    ArpWriter.Write(rewritten, arp.Operation, arp.SenderMac, arp.SenderAddress, arp.TargetMac, arp.TargetAddress);
                    Assert.Equal(packet.AsSpan(0, 28).ToArray(), rewritten.AsSpan(0, 28).ToArray());
                    break;
                case EtherType.Ipv4:
                    Assert.True(Ipv4View.TryParse(packet, out Ipv4View v4, out error), where + error);
                    Ipv4Writer.Write(rewritten, v4.Source, v4.Destination, v4.Protocol, v4.Payload.Length, v4.Ttl, v4.TrafficClass, v4.Id, v4.DontFragment);
                    Assert.Equal(packet.AsSpan(0, 20).ToArray(), rewritten.AsSpan(0, 20).ToArray());
                    segments += CheckTransport(where, v4.Protocol, v4.Payload, v4.Source, v4.Destination, whole);
                    break;
                case EtherType.Ipv6:
                    Assert.True(Ipv6View.TryParse(packet, out Ipv6View v6, out error), where + error);
                    Ipv6Writer.Write(rewritten, v6.Source, v6.Destination, v6.NextHeader, v6.PayloadLength, v6.HopLimit, v6.TrafficClass, v6.FlowLabel);
                    Assert.Equal(packet.AsSpan(0, 40).ToArray(), rewritten.AsSpan(0, 40).ToArray());
                    segments += CheckTransport(where, v6.Protocol, v6.Payload, v6.Source, v6.Destination, whole);
                    break;
                default:
                    Assert.Fail($"{where}: type {ethernet.EtherType}");
                    break;
            }
        }

        Assert.InRange(segments, 1000, int.MaxValue);
    }

    private static int CheckTransport(
        string where, IpProtocol protocol, ReadOnlySpan<byte> payload, SimStack.Ip.IpAddress source, SimStack.Ip.IpAddress destination, bool whole)
    {
        WireError error;
        switch (protocol)
        {
            case IpProtocol.Tcp:
                Assert.True(TcpView.TryParse(payload, out TcpView tcp, out error), where + error);
                Assert.True(!whole || TcpView.VerifyChecksum(source, destination, payload), where);
                Assert.True(TcpOptions.TryParse(tcp.OptionBytes, out TcpOptions options), where);
                byte[] header = new byte[60];
                int length = TcpWriter.Write(
                    header, tcp.SourcePort, tcp.DestinationPort, tcp.Sequence, tcp.Acknowledgment, tcp.Flags, tcp.Window, tcp.UrgentPointer,
                    options, TcpOptionLayout.Linux);
                BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(16), tcp.Checksum);
                Assert.True(tcp.Bytes[..tcp.HeaderLength].SequenceEqual(header.AsSpan(0, length)), where + ": options in another order");
                return 1;
            case IpProtocol.Udp:
                Assert.True(UdpView.TryParse(payload, out UdpView udp, out error) && udp.VerifyChecksum(source, destination), where + error);
                return 0;
            case IpProtocol.Icmp:
                Assert.True(IcmpView.TryParse(payload, out IcmpView icmp, out error), where + error);
                Assert.True(!icmp.IsError || Ipv4View.TryParseQuoted(icmp.Payload, out _), where);
                return 0;
            case IpProtocol.IcmpV6:
                Assert.True(Icmpv6View.TryParse(payload, source, destination, out Icmpv6View icmp6, out error), where + error);
                Assert.True(NeighborView.TryParse(icmp6.Bytes, out _, out error), where + error);
                return 0;
            default:
                Assert.Fail($"{where}: protocol {protocol}");
                return 0;
        }
    }
}

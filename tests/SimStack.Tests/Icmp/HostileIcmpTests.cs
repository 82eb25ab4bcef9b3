using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tests.Udp;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Icmp;

/// <summary>Whatever ICMP arrives, nothing is thrown, nothing grows without bound, and no frame leaks.</summary>
public sealed class HostileIcmpTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void Random_messages_do_no_harm(uint seed, bool ipv6)
    {
        DatagramBench bench = new();
        IpEndpoint peer = new(ipv6 ? DatagramBench.Peer6 : DatagramBench.Peer, 9);
        UdpSocket udp = bench.Connected(peer);
        udp.SetOption(bench.Now, SocketOption.IP_RECVERR, 1);
        udp.Send(bench.Now, "x"u8);
        byte[] packet = bench.SentOne();
        TcpSocket tcp = bench.Host.OpenTcpSocket(ipv6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET);
        tcp.Connect(bench.Now, peer);
        byte[] syn = bench.SentOne();
        PingSocket ping = bench.Host.OpenPingSocket(ipv6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET);
        ping.SetOption(bench.Now, SocketOption.IP_RECVERR, 1);
        byte[] request = new byte[8];
        PingSocket.WriteRequest(request, ping.Family, 1, []);
        ping.SendTo(bench.Now, request, peer with { Port = 0 });
        byte[] echo = bench.SentOne();
        for (int i = 0; i < 20_000; i++)
        {
            // Half of the messages quote something that was sent, cut and with bits turned.
            byte[] message = new byte[Next(ref seed) % 120];
            Fill(message, ref seed);
            if (message.Length > 8 && (Next(ref seed) & 1) == 0)
            {
                byte[] quote = (Next(ref seed) % 3) switch { 0 => packet, 1 => syn, _ => echo };
                int length = Math.Min(quote.Length, message.Length - 8);
                quote.AsSpan(0, length).CopyTo(message.AsSpan(8));
                message[0] = (byte)(Next(ref seed) % (ipv6 ? 6u : 20u));
                message[8 + (Next(ref seed) % (uint)length)] ^= (byte)((Next(ref seed) & 3) == 0 ? 1 << (int)(Next(ref seed) & 7) : 0);
            }

            Seal(message, ipv6);
            bench.ArrivesRaw(ipv6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp, message, ipv6 ? DatagramBench.Own6 : DatagramBench.Own);
            bench.Sent();
            bench.Now += Duration.FromMilliseconds(1);
            if (i % 1000 == 0)
            {
                bench.Host.Advance(bench.Now);
                bench.Sent();
            }
        }

        Assert.InRange(udp.QueuedErrors, 1, 300);
        Assert.InRange(ping.QueuedErrors, 1, 300);
        Assert.True(bench[ipv6 ? SnmpCounter.Icmp6InErrors : SnmpCounter.IcmpInErrors] > 100);
        udp.Close(bench.Now);
        tcp.Abort(bench.Now);
        ping.Close(bench.Now);
        bench.Sent();
        Assert.Equal(0, bench.Pool.Outstanding);
    }

    // A right checksum, so that the message gets past the first check.
    private static void Seal(byte[] message, bool ipv6)
    {
        if (message.Length < 4)
        {
            return;
        }

        message[2] = message[3] = 0;
        ulong sum = ipv6
            ? InternetChecksum.PseudoHeader(DatagramBench.Peer6, DatagramBench.Own6, IpProtocol.IcmpV6, message.Length)
            : 0;
        ushort checksum = InternetChecksum.Fold(InternetChecksum.Sum(message, sum));
        message[2] = (byte)(checksum >> 8);
        message[3] = (byte)checksum;
    }

    private static void Fill(byte[] bytes, ref uint seed)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)Next(ref seed);
        }
    }

    private static uint Next(ref uint seed)
    {
        seed = (seed * 1_664_525) + 1_013_904_223;
        return seed >> 8;
    }
}

using System.Text;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>
/// Which packets data leaves in, and where PSH stands, compared with a Linux 6.18 kernel that was given the same calls and ACKs (reno, a
/// tun device). MSS 1000; a packet is written as first:last+1 with the sequence numbers of the stream, and P when its end is pushed.
/// </summary>
public sealed class OffloadTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    [Theory]
    [InlineData(
        "a long write: pairs, for the rate is low; a round trip later the same", 100, 7, 257,
        """
        sndbuf 200000
        write 200000 = 200000: 1:2001P 2001:4001P 4001:6001P 6001:8001P 8001:10001P
        ack 2001: 10001:12001P 12001:14001P
        ack 4001: 14001:16001P 16001:18001P
        ack 6001: 18001:20001P 20001:22001P
        """)]
    [InlineData(
        "tcp_notsent_lowat", 30, 7, 257,
        """
        lowat 4000
        write 59000 = 26000: 1:2001P 2001:4001P 4001:6001P 6001:8001P 8001:10001P
        write 100 = -1:
        ack 2001: 10001:12001P 12001:14001P
        ack 4001: 14001:16001P 16001:18001P
        ack 6001: 18001:20001P 20001:22001P
        ack 8001: 22001:24001P 24001:26001P
        """)]
    [InlineData(
        "a record's end", 30, 10, 514,
        """
        write 10400 = 10400: 1:2001P 2001:4001P 4001:6001P 6001:8001P 8001:10001P
        eor 10400 = 10400:
        write 2000 = 2000:
        ack 10001: 10001:12001P 12001:14001P 14001:16001P 16001:18001P 18001:20001P 20001:20801P 20801:22801P
        """)]
    [InlineData(
        "small writes", 50, 7, 257,
        """
        write 300 = 300: 1:301P
        write 300 = 300:
        write 300 = 300:
        write 300 = 300:
        write 300 = 300: 301:1301
        write 300 = 300:
        write 1500 = 1500: 1301:3301P
        write 2500 = 2500: 3301:5301P
        write 300 = 300:
        ack 301: 5301:6101P
        ack 3001:
        """)]
    [InlineData(
        "MSG_MORE: pushed when a packet leaves that has many segments, and sent by the next ACK if Nagle lets it", 50, 7, 257,
        """
        more 300 = 300:
        more 1500 = 1500: 1:1001
        more 2500 = 2500: 1001:3001P 3001:4001
        ack 1001: 4001:4301
        write 10 = 10:
        ack 3001:
        """)]
    [InlineData(
        "a full send buffer, which grows with the window", 50, 7, 257,
        """
        write 20000 = 20000: 1:2001P 2001:4001P 4001:6001P 6001:8001P 8001:10001P
        write 20000 = 20000:
        write 20000 = 2000:
        write 20000 = -1:
        ack 2001: 10001:12001P 12001:14001P
        ack 4001: 14001:16001P 16001:18001P
        ack 6001: 18001:20001P 20001:22001P
        ack 8001: 22001:24001P 24001:26001P
        ack 10001: 26001:28001P 28001:30001P
        ack 12001: 30001:32001P 32001:34001P
        ack 14001: 34001:36001P 36001:38001P
        ack 16001: 38001:40001P 40001:42001P
        ack 18001:
        ack 20001:
        ack 22001:
        write 50000 = 44000: 42001:44001P 44001:46001P 46001:48001P 48001:50001P 50001:52001P 52001:54001P
        """)]
    public void Data_leaves_in_the_kernels_packets(string what, int roundTrip, int scale, int window, string script)
    {
        Dialogue net = Established(roundTrip, scale, window);
        StringBuilder happened = new();
        foreach (string line in script.Split('\n'))
        {
            string[] words = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            int number = int.Parse(words[1]);
            string result = "";
            switch (words[0])
            {
                case "ack":
                    net.Peer.Send(Ack(Next, Iss + (uint)number).Win(window));
                    break;
                case "sndbuf":
                    net.Socket.SetOption(net.Now, SocketOption.SO_SNDBUF, number);
                    happened.Append(line).Append('\n');
                    continue;
                case "lowat":
                    net.Host.Sysctls.NotSentLowWater = (uint)number;
                    happened.Append(line).Append('\n');
                    continue;
                default:
                    MessageFlags flags = words[0] switch { "more" => MessageFlags.MSG_MORE, "eor" => MessageFlags.MSG_EOR, _ => MessageFlags.None };
                    result = $" = {net.Socket.Send(net.Now, new byte[number], flags).Value}";
                    break;
            }

            happened.Append(words[0]).Append(' ').Append(number).Append(result).Append(':').Append(Packets(net)).Append('\n');
            net.AdvanceMs(15);
        }

        Assert.True(script + "\n" == happened.ToString(), $"{what}:\n{happened}");
    }

    private static Dialogue Established(int roundTrip, int scale, int window)
    {
        Dialogue net = new();
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1000).Scale(scale).SackOk().Win(32_792));
        net.AdvanceMs(roundTrip);
        net.Peer.Send(Ack(Next, First).Win(window));
        net.Accept();
        net.Peer.Ignore();
        return net;
    }

    private static string Packets(Dialogue net)
    {
        StringBuilder text = new();
        uint? start = null;
        while (net.Peer.Take() is { } segment)
        {
            start ??= segment.Seq!.Value - Iss;
            bool pushed = (segment.Flags & TcpFlags.Psh) != 0;
            Assert.False(segment.Followed && pushed, "PSH within a packet");
            if (!segment.Followed)
            {
                text.Append($" {start}:{segment.Seq!.Value - Iss + (uint)segment.Data!.Length}{(pushed ? "P" : "")}");
                start = null;
            }
        }

        Assert.Null(start);
        return text.ToString();
    }
}

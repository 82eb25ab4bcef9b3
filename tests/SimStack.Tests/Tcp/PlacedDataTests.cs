using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>
/// Data is copied to where it belongs while its checksum is verified: nothing of it may show when that is wrong (RFC 9293 §3.1, MUST-3), and
/// all of it once, wherever the queue stands, when it is right.
/// </summary>
public sealed class PlacedDataTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private readonly byte[] _buffer = new byte[100_000];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7_000)]
    [InlineData(8_000)]
    [InlineData(8_192)]
    [InlineData(20_000)]
    public void A_segment_with_a_wrong_checksum_leaves_nothing_behind(int unread)
    {
        foreach (bool ipv6 in new[] { false, true })
        {
            Dialogue net = Established(ipv6);
            uint next = Next;
            for (int left = unread; left > 0; left -= 1000)
            {
                net.Peer.Send(Data(next, First, Math.Min(left, 1000)));
                next += (uint)Math.Min(left, 1000);
            }

            net.DeliverRaw(Segment(next, 1000, 0xEE), wrong: 1);
            Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpInCsumErrors]);
            Assert.Equal(unread, net.Socket.ReadableCount);
            net.Peer.Send(Data(next, First, 600));
            net.Peer.Send(Data(next + 600, First, 700));
            AssertReads(net, unread + 1300);
        }
    }

    [Fact]
    public void What_waits_behind_a_hole_is_not_written_over()
    {
        Dialogue net = Established(false);
        net.Peer.Send(Data(Next + 500, First, 1000));
        net.DeliverRaw(Segment(Next, 1400, 0xEE), wrong: 1);
        net.Peer.Send(Data(Next, First, 500));
        AssertReads(net, 1500);
    }

    [Fact]
    public void What_is_not_taken_whole_is_taken_as_far_as_it_may_be()
    {
        Dialogue net = Established(false);
        // A FIN ahead: nothing comes behind it, whatever is claimed later.
        net.Peer.Send(Fin(Next + 700, First));
        net.Peer.Send(Data(Next, First, 1000));
        AssertReads(net, 700);
        Assert.Equal(0, net.Socket.Receive(net.Now, _buffer).Value);
    }

    [Fact]
    public void A_reset_with_data_leaves_none()
    {
        Dialogue net = Established(false);
        net.Peer.Send(Data(Next, First, 300));
        net.Peer.Send(Rst(Next + 300) with { Length = 400 });
        Assert.Equal(300, net.Socket.ReadableCount);
    }

    private static Dialogue Established(bool ipv6)
    {
        Dialogue net = new(ipv6);
        net.EstablishPassively(Syn().Mss(1460));
        return net;
    }

    private static byte[] Segment(uint seq, int length, byte filler)
    {
        byte[] tcp = new byte[20 + length];
        TcpOptions none = default;
        TcpWriter.Write(tcp, PeerPort, HostPort, new SequenceNumber(seq), new SequenceNumber(First), TcpFlags.Ack, 1000, 0, none, TcpOptionLayout.Linux);
        tcp.AsSpan(20).Fill(filler);
        return tcp;
    }

    private void AssertReads(Dialogue net, int length)
    {
        Assert.Equal(length, net.Socket.ReadableCount);
        Assert.Equal(length, net.Socket.Receive(net.Now, _buffer).Value);
        Assert.Equal(Bytes(Next, length), _buffer[..length]);
    }
}

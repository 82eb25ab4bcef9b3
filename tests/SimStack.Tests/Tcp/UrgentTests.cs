using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>The urgent pointer in both directions (RFC 9293 §3.8.5, RFC 6093), handed over as Linux does.</summary>
public sealed class UrgentTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private readonly byte[] _buffer = new byte[100];

    [Fact]
    [Trait("RFC9293", "MUST-30")]
    [Trait("RFC9293", "MUST-62")]
    public void The_pointer_names_the_byte_after_the_last_urgent_one()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, "abc"u8);
        net.Peer.Expect(Data(First, Next, 3));
        net.Socket.Send(net.Now, "X"u8, MessageFlags.MSG_OOB);
        SegmentPattern urgent = net.Peer.Expect(Data(First + 3, Next, "X").With(TcpFlags.Urg));
        Assert.Equal(1, (int)urgent.UrgentPointer!.Value);
        net.AdvanceMs(201);
        net.Peer.Expect(Data(First, Next, 4).With(TcpFlags.Urg) with { UrgentPointer = 4 }); // also on what lies before it
        net.Peer.Send(Ack(Next, First + 4));
        net.Socket.Send(net.Now, "d"u8);
        net.Peer.Expect(Data(First + 4, Next, "d"));
    }

    [Fact]
    [Trait("RFC9293", "MUST-31")]
    public void Urgent_data_may_have_any_length()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, Bytes(First, 2500), MessageFlags.MSG_OOB);
        foreach (int before in new[] { 0, 1000, 2000 })
        {
            SegmentPattern segment = net.Peer.Take()!;
            Assert.True((segment.Flags & TcpFlags.Urg) != 0);
            Assert.Equal(2500 - before, segment.UrgentPointer!.Value);
        }
    }

    [Fact]
    public void A_pointer_further_off_than_16_bits_is_cut()
    {
        Dialogue net = new();
        net.EstablishPassively(Syn().Mss(1000).Scale(7));
        net.Socket.SetOption(net.Now, SocketOption.SO_SNDBUFFORCE, 1_000_000);
        Assert.Equal(100_000, net.Socket.Send(net.Now, new byte[100_000], MessageFlags.MSG_OOB).Value);
        Assert.Equal(65_535, net.Peer.Take()!.UrgentPointer!.Value);
    }

    [Fact]
    [Trait("RFC9293", "MUST-32")]
    [Trait("RFC9293", "MUST-33")]
    public void Reading_stops_at_the_mark_and_MSG_OOB_gives_the_byte_once()
    {
        Dialogue net = Established();
        net.Peer.Send(Data(Next, First, "abcXdef").Urgent(4));
        Assert.True((net.Socket.Poll() & PollEvents.POLLPRI) != 0);
        Assert.Equal(3, Read(net));
        Assert.Equal("abc"u8, _buffer.AsSpan(0, 3));
        Assert.Equal(1, Read(net, MessageFlags.MSG_OOB | MessageFlags.MSG_PEEK));
        Assert.Equal(1, Read(net, MessageFlags.MSG_OOB));
        Assert.Equal((byte)'X', _buffer[0]);
        Assert.Equal(Errno.EINVAL, net.Socket.Receive(net.Now, _buffer, MessageFlags.MSG_OOB).Error);
        Assert.False((net.Socket.Poll() & PollEvents.POLLPRI) != 0);
        net.Peer.Send(Data(Next + 7, First, "g"));
        Assert.Equal(Errno.EINVAL, net.Socket.Receive(net.Now, _buffer, MessageFlags.MSG_OOB).Error);
        Assert.Equal(4, Read(net));
        Assert.Equal("defg"u8, _buffer.AsSpan(0, 4));
    }

    [Fact]
    public void An_urgent_byte_that_is_read_past_is_lost()
    {
        Dialogue net = Established();
        net.Peer.Send(Data(Next, First, "aXb").Urgent(2));
        Assert.Equal(1, Read(net));
        Assert.Equal(1, Read(net));
        Assert.Equal((byte)'b', _buffer[0]);
        Assert.Equal(Errno.EINVAL, net.Socket.Receive(net.Now, _buffer, MessageFlags.MSG_OOB).Error);
    }

    [Fact]
    public void Inline_it_stays_in_the_stream_and_reading_still_stops_before_it()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.SO_OOBINLINE, 1);
        net.Peer.Send(Data(Next, First, "abXcd").Urgent(3));
        Assert.Equal(2, Read(net));
        Assert.Equal(3, Read(net));
        Assert.Equal("Xcd"u8, _buffer.AsSpan(0, 3));
        Assert.Equal(Errno.EINVAL, net.Socket.Receive(net.Now, _buffer, MessageFlags.MSG_OOB).Error);
    }

    [Fact]
    public void The_pointer_may_come_before_its_byte()
    {
        Dialogue net = Established();
        net.Peer.Send(Data(Next, First, "ab").Urgent(4));
        Assert.Equal(Errno.EAGAIN, net.Socket.Receive(net.Now, _buffer, MessageFlags.MSG_OOB).Error);
        Assert.Equal(2, Read(net));
        net.Peer.Send(Data(Next + 2, First, "cXd").Urgent(2));
        Assert.Equal(1, Read(net, MessageFlags.MSG_OOB));
        Assert.Equal((byte)'X', _buffer[0]);
        Assert.Equal(1, Read(net));
        Assert.Equal(1, Read(net));
        Assert.Equal((byte)'d', _buffer[0]);
    }

    [Fact]
    public void Of_several_urgent_bytes_the_last_counts_and_the_others_are_ordinary()
    {
        Dialogue net = Established();
        net.Peer.Send(Data(Next, First, "aX").Urgent(2));
        net.Peer.Send(Data(Next + 2, First, "bYc").Urgent(2));
        Assert.Equal(3, Read(net));
        Assert.Equal("aXb"u8, _buffer.AsSpan(0, 3));
        Assert.Equal(1, Read(net, MessageFlags.MSG_OOB));
        Assert.Equal((byte)'Y', _buffer[0]);
        Assert.Equal(1, Read(net));
        Assert.Equal((byte)'c', _buffer[0]);
    }

    private static Dialogue Established()
    {
        Dialogue net = new();
        net.EstablishPassively(Syn().Mss(1000));
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        return net;
    }

    private int Read(Dialogue net, MessageFlags flags = MessageFlags.None)
    {
        SocketResult result = net.Socket.Receive(net.Now, _buffer, flags);
        Assert.True(result.Succeeded, result.Error.ToString());
        return result.Value;
    }
}

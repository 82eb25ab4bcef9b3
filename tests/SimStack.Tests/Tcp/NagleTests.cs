using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>What small writes become: Nagle's algorithm in both forms, TCP_NODELAY, TCP_CORK, MSG_MORE and PSH (RFC 9293 §3.7.4, §3.9.1.2).</summary>
public sealed class NagleTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>MSS 1000; writes in a row without an ACK in between; what leaves at once, and what after everything was acknowledged.</summary>
    [Theory]
    [Trait("RFC9293", "SHLD-7")]
    [InlineData("linux", false, new[] { 10, 10, 10 }, "10", "20")]
    [InlineData("linux", false, new[] { 1500, 10 }, "1000 500", "10")]
    [InlineData("linux", false, new[] { 1000, 10, 10 }, "1000 10", "10")] // Minshall: only an earlier small segment holds back
    [InlineData("linux", false, new[] { 2000, 500, 600 }, "1000 1000 500", "600")]
    [InlineData("linux", false, new[] { 10, 990, 10 }, "10 1000", "")] // the second write waits until the third fills it up
    [InlineData("rfc9293", false, new[] { 1000, 10, 10 }, "1000", "20")]
    [InlineData("rfc9293", false, new[] { 10, 10, 10 }, "10", "20")]
    [InlineData("rfc9293", false, new[] { 10, 2000 }, "10 1000 1000", "")]
    [Trait("RFC9293", "MUST-17")]
    [InlineData("linux", true, new[] { 10, 10, 10 }, "10 10 10", "")]
    [InlineData("rfc9293", true, new[] { 1000, 10, 10 }, "1000 10 10", "")]
    public void Small_segments_wait_for_acknowledgements(string profile, bool noDelay, int[] writes, string atOnce, string afterwards)
    {
        Assert.True(Profile.TryGet(profile, out Profile chosen));
        Dialogue net = Established(chosen);
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, noDelay ? 1 : 0);
        foreach (int count in writes)
        {
            Write(net, count);
        }

        Assert.Equal(atOnce, Lengths(net));
        net.Peer.Send(Ack(Next, net.Socket.Connection!.Snd.Nxt.Value));
        Assert.Equal(afterwards, Lengths(net));
    }

    [Fact]
    public void A_cork_holds_what_is_less_than_a_segment_until_it_is_taken_out()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.TCP_CORK, 1);
        Write(net, 300);
        Write(net, 900);
        Assert.Equal("1000", Lengths(net));
        net.Peer.Send(Ack(Next, First + 1000));
        net.Peer.ExpectNothing();
        net.Socket.SetOption(net.Now, SocketOption.TCP_CORK, 0);
        Assert.Equal("200", Lengths(net));
    }

    [Fact]
    public void A_cork_leaks_after_200_ms()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.TCP_CORK, 1);
        Write(net, 300);
        net.AdvanceMs(199);
        net.Peer.ExpectNothing();
        net.AdvanceMs(2);
        net.Peer.Expect(Data(First, Next, Bytes(First, 300)).Push());
        net.Peer.Send(Ack(Next, First + 300));
        net.AdvanceMs(1000);
        net.Peer.ExpectNothing();
    }

    [Fact]
    public void MSG_MORE_joins_two_writes_and_the_close_after_it()
    {
        Dialogue net = Established();
        Write(net, 100, MessageFlags.MSG_MORE);
        net.Peer.ExpectNothing();
        Write(net, 100);
        net.Peer.Expect(Data(First, Next, Bytes(First, 200)).Push());
        net.Peer.Send(Ack(Next, First + 200));
        Write(net, 50, MessageFlags.MSG_MORE);
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        net.Peer.Expect(Fin(First + 200, Next) with { Length = 50 });
    }

    [Fact]
    [Trait("RFC9293", "MUST-60")]
    [Trait("RFC9293", "MUST-61")]
    public void PSH_marks_the_last_segment_of_a_write_also_when_sent_again()
    {
        Dialogue net = Established();
        Write(net, 2500);
        net.Peer.Expect(Data(First, Next, 1000).Push(false));
        net.Peer.Expect(Data(First + 1000, Next, 1000).Push(false));
        net.Peer.Expect(Data(First + 2000, Next, 500).Push());
        net.Peer.Send(Ack(Next, First + 2000));
        net.AdvanceMs(300);
        net.Peer.Expect(Data(First + 2000, Next, 500).Push());
    }

    [Fact]
    public void A_FIN_and_urgent_data_do_not_wait()
    {
        Dialogue net = Established();
        Write(net, 10);
        Write(net, 10);
        Assert.Equal("10", Lengths(net));
        net.Socket.Send(net.Now, "!"u8, MessageFlags.MSG_OOB);
        Assert.Equal("11", Lengths(net));
        net.Peer.Send(Ack(Next, First + 21));
        Write(net, 10);
        Write(net, 10);
        Assert.Equal("10", Lengths(net));
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(First + 31, Next) with { Length = 10 });
    }

    private static Dialogue Established(Profile? profile = null)
    {
        Dialogue net = new(profile: profile);
        net.EstablishPassively(Syn().Mss(1000));
        return net;
    }

    private static void Write(Dialogue net, int count, MessageFlags flags = MessageFlags.None)
    {
        Assert.Equal(count, net.Socket.Send(net.Now, Bytes(net.Socket.Connection!.Snd.Written.Value, count), flags).Value);
        net.Drain();
    }

    private static string Lengths(Dialogue net)
    {
        List<int> lengths = [];
        while (net.Peer.Take() is { } segment)
        {
            lengths.Add(segment.Data!.Length);
        }

        return string.Join(' ', lengths);
    }
}

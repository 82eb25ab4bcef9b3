using SimStack.Profiles;
using SimStack.Sockets;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>SACK blocks as a receiver (RFC 2018) with D-SACK (RFC 2883), and overlapping segments of all kinds.</summary>
public sealed class SackTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>Segments as from-to, and what the ACK of the last reports: next expected, blocks.</summary>
    [Theory]
    [InlineData("0-10", 10, "")]
    [InlineData("10-20", 0, "10-20")]
    [InlineData("10-20 20-30", 0, "10-30")] // merged to the left
    [InlineData("20-30 10-20", 0, "10-30")] // and to the right
    [InlineData("10-20 30-40", 0, "30-40 10-20")] // the latest first
    [InlineData("10-20 30-40 50-60 70-80", 0, "70-80 50-60 30-40 10-20")] // four without timestamps
    [InlineData("10-20 30-40 50-60 70-80 90-99", 0, "90-99 70-80 50-60 30-40")]
    [InlineData("10-20 30-40 50-60 15-35", 0, "15-20 10-40 50-60")] // a duplicate part, then the merged block, the latest
    [InlineData("10-20 30-40 0-10", 20, "30-40")]
    [InlineData("10-20 0-10", 20, "")]
    [InlineData("10-20 10-20", 0, "10-20 10-20")] // D-SACK inside a block (RFC 2883 §4.1.2)
    [InlineData("10-20 30-40 12-15", 0, "12-15 10-20 30-40")]
    [InlineData("0-10 0-10", 10, "0-10")] // below RCV.NXT (§4.1.1)
    [InlineData("0-10 30-40 0-10", 10, "0-10 30-40")]
    [InlineData("0-10 5-15", 15, "5-10")]
    public void Blocks_are_exact_and_in_order_of_recency(string segments, uint next, string blocks)
    {
        Dialogue net = Established(Syn().Mss(1000).SackOk());
        SegmentPattern last = Feed(net, segments);
        Assert.Equal(Next + next, last.Ack);
        Assert.Equal(blocks, string.Join(' ', last.SackBlocks!.Select(b => $"{b.Left.Value - Next}-{b.Right.Value - Next}")));
    }

    [Fact]
    public void With_timestamps_there_is_room_for_three()
    {
        Dialogue net = Established(Syn().Mss(1000).SackOk().Ts(1, 0));
        SegmentPattern last = Feed(net, "10-20 30-40 50-60 70-80");
        Assert.Equal(3, last.SackBlocks!.Length);
        Assert.Equal(Next + 70, last.SackBlocks[0].Left.Value);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Without_permission_there_are_none(bool ours, bool theirs)
    {
        Dialogue net = Established(Syn().Mss(1000).SackOk(theirs), s => s.Sack = ours);
        Assert.Empty(Feed(net, "10-20 30-40").SackBlocks!);
    }

    [Fact]
    public void Without_tcp_dsack_duplicates_are_not_reported() =>
        Assert.Empty(Feed(Established(Syn().Mss(1000).SackOk(), s => s.Dsack = false), "0-10 0-10").SackBlocks!);

    [Fact]
    public void Data_of_ours_carries_the_blocks_and_still_fits_the_MSS()
    {
        Dialogue net = Established(Syn().Mss(1000).SackOk());
        Feed(net, "10-20");
        net.Socket.Send(net.Now, Bytes(First, 3000));
        net.Peer.Expect(Data(First, Next, 988).Sack(Next + 10, Next + 20));
    }

    /// <summary>Every way in which a segment can lie to what is there already: the bytes read are always the right ones.</summary>
    [Theory]
    [Trait("RFC9293", "SHLD-31")]
    [InlineData("20-40 10-20 0-10")]
    [InlineData("20-40 10-30 0-20")] // overlaps on the left
    [InlineData("20-40 30-50 0-30")] // on the right
    [InlineData("20-40 25-35 0-50")] // inside, then around everything
    [InlineData("20-40 10-50 0-60")] // outside
    [InlineData("20-30 40-50 60-70 15-65 0-20 0-80")]
    [InlineData("0-20 10-30 5-40")] // old on the left
    [InlineData("20-40 20-40 0-20 0-40")]
    [InlineData("10-11 12-13 14-15 11-12 13-14 0-10")]
    public void Overlaps_are_trimmed(string segments)
    {
        Dialogue net = Established(Syn().Mss(1000).SackOk());
        SegmentPattern last = Feed(net, segments);
        int length = (int)(last.Ack!.Value - Next);
        byte[] got = new byte[200];
        Assert.Equal(length, net.Socket.Receive(net.Now, got).Value);
        Assert.Equal(Bytes(Next, length), got[..length]);
        Assert.Equal(segments.Split(' ', '-').Max(int.Parse), length);
    }

    [Fact]
    [Trait("RFC9293", "MUST-58")]
    public void What_lies_beyond_the_window_is_cut_off()
    {
        Dialogue net = Established(Syn().Mss(1000), profile: Profile.Rfc9293);
        uint window = (uint)net.Socket.Connection!.Rcv.Remaining;
        net.Peer.Send(Data(Next + window - 10, First, 20));
        net.Peer.Expect(Ack(First, Next));
        net.Peer.Send(Data(Next + window, First, 20));
        net.Peer.Expect(Ack(First, Next));
        for (uint at = 0; at < window - 10; at += 1000)
        {
            net.Peer.Send(Data(Next + at, First, (int)Math.Min(1000, window - 10 - at)));
        }

        Assert.Equal((int)window, net.Socket.ReadableCount);
    }

    /// <summary>Linux takes such a segment whole while nothing waits to be read, and otherwise not at all (tcp_sequence).</summary>
    [Theory]
    [InlineData(0, 100)]
    [InlineData(10, 10)]
    public void In_Linux_it_is_taken_whole_or_not_at_all(int unread, int readable)
    {
        Dialogue net = Established(Syn().Mss(1000), s => (s.RmemDefault, s.RmemMaximum) = (2304, 2304));
        uint window = (uint)net.Socket.Connection!.Rcv.Remaining;
        net.Peer.Ignore();
        if (unread > 0)
        {
            net.Peer.Send(Data(Next, First, unread));
        }

        net.Peer.Send(Data(Next + (uint)unread, First, (int)window + 100));
        Assert.Equal(unread > 0 ? readable : (int)window + readable, net.Socket.ReadableCount);
        Assert.Equal(unread > 0 ? 1 : 0, net.Host.Counters[SnmpCounter.TcpExtBeyondWindow]);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0xFFFF_FFF0u)]
    [InlineData(0x7FFF_FFF0u)]
    public void The_numbers_wrap_in_both_directions(uint top)
    {
        Dialogue net = new();
        net.Listen();
        net.Listener.SetInitialSequenceNumber(top);
        net.Peer.Send(Syn(top).Mss(1000).SackOk());
        net.Peer.Expect(SynAck(top, unchecked(top + 1)));
        net.Peer.Send(Ack(unchecked(top + 1), unchecked(top + 1)));
        net.Accept();
        uint next = unchecked(top + 1);
        net.Peer.Send(Data(unchecked(next + 10), next, 20));
        net.Peer.Expect(Ack(next, next).Sack(unchecked(next + 10), unchecked(next + 30)));
        net.Peer.Send(Data(next, next, 15));
        net.Peer.Expect(Ack(next, unchecked(next + 30)));
        byte[] got = new byte[100];
        Assert.Equal(30, net.Socket.Receive(net.Now, got).Value);
        Assert.Equal(Bytes(next, 30), got[..30]);
        net.Socket.Send(net.Now, Bytes(next, 40));
        net.Peer.Expect(Data(next, unchecked(next + 30), Bytes(next, 40)));
        net.AdvanceMs(201);
        net.Peer.Expect(Data(next, unchecked(next + 30), Bytes(next, 40)));
        net.Peer.Send(Ack(unchecked(next + 30), unchecked(next + 25)));
        net.AdvanceMs(500);
        net.Peer.Expect(Data(unchecked(next + 25), unchecked(next + 30), Bytes(unchecked(next + 25), 15)));
    }

    private static SegmentPattern Feed(Dialogue net, string segments)
    {
        bool timestamps = net.Socket.Connection!.TimestampsOn;
        SegmentPattern? last = null;
        foreach (string segment in segments.Split(' '))
        {
            uint[] ends = [.. segment.Split('-').Select(uint.Parse)];
            SegmentPattern data = Data(Next + ends[0], First, (int)(ends[1] - ends[0]));
            net.Peer.Send(timestamps ? data.Ts(2, 0) : data);
            last = net.Peer.Expect(Ack(First));
        }

        return last!;
    }

    private static Dialogue Established(SegmentPattern syn, Action<Sysctls>? settings = null, Profile? profile = null)
    {
        // Every segment is acknowledged by itself: holding ACKs back has tests of its own.
        settings += s => s.CompressedSackCount = 0;
        Dialogue net = new(profile: profile, settings: settings);
        net.EstablishPassively(syn);
        return net;
    }
}

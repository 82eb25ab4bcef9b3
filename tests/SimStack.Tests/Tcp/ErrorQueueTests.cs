using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>
/// What MSG_ZEROCOPY and SO_TIMESTAMPING bring into the error queue (Linux: msg_zerocopy.rst, timestamping.rst). MSS 1000. Entries are written
/// <c>zerocopy first-last</c>, and <c>kind byte @ms</c> for times.
/// </summary>
public sealed class ErrorQueueTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private const MessageFlags Zerocopy = MessageFlags.MSG_ZEROCOPY;

    private const TimestampingFlags All = TimestampingFlags.SOF_TIMESTAMPING_TX_SCHED | TimestampingFlags.SOF_TIMESTAMPING_TX_SOFTWARE
        | TimestampingFlags.SOF_TIMESTAMPING_TX_ACK | TimestampingFlags.SOF_TIMESTAMPING_SOFTWARE | TimestampingFlags.SOF_TIMESTAMPING_OPT_ID;

    [Fact]
    public void A_call_is_told_of_when_its_data_is_acknowledged_and_calls_in_a_row_make_one_entry()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[1500], Zerocopy);
        net.Socket.Send(net.Now, new byte[0], Zerocopy);
        Assert.Equal(Errno.EAGAIN, net.Socket.ReceiveError(out _));
        net.Peer.Send(Ack(Next, First + 1000));
        Assert.Equal("", Entries(net));
        net.Peer.Send(Ack(Next, First + 1500));
        Assert.Equal("zerocopy 0-0", Entries(net));

        net.Socket.Send(net.Now, new byte[1000], Zerocopy);
        net.Socket.Send(net.Now, new byte[1000], Zerocopy);
        net.Socket.Send(net.Now, new byte[1000]);
        net.Socket.Send(net.Now, new byte[1000], Zerocopy);
        net.Peer.Send(Ack(Next, First + 2500));
        net.Peer.Send(Ack(Next, First + 5500));
        Assert.Equal("zerocopy 1-3", Entries(net));
    }

    [Fact]
    public void Without_SO_ZEROCOPY_the_flag_means_nothing()
    {
        Dialogue net = Established(zerocopy: false);
        Assert.Equal(500, net.Socket.Send(net.Now, new byte[500], Zerocopy).Value);
        net.Peer.Send(Ack(Next, First + 500));
        Assert.Equal("", Entries(net));
        Assert.Equal(Errno.EINVAL, net.Socket.SetOption(net.Now, SocketOption.SO_ZEROCOPY, 2));
    }

    [Fact]
    public void A_call_that_sent_nothing_gives_its_number_back()
    {
        Dialogue net = Established(sendBuffer: 4608);
        int taken = net.Socket.Send(net.Now, new byte[60_000], Zerocopy).Value;
        Assert.InRange(taken, 4608, 59_999);
        Assert.Equal(Errno.EAGAIN, net.Socket.Send(net.Now, new byte[1000], Zerocopy).Error);
        AcknowledgeAll(net, taken);
        net.Socket.Send(net.Now, new byte[10], Zerocopy);
        AcknowledgeAll(net, taken + 10);
        Assert.Equal("zerocopy 0-1", Entries(net));
    }

    [Fact]
    public void Data_in_one_packet_is_let_go_of_with_the_packet()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[10]); // Nagle holds the others back.
        net.Socket.Send(net.Now, new byte[20], Zerocopy);
        net.Socket.Send(net.Now, new byte[30], Zerocopy);
        net.Socket.Send(net.Now, new byte[40]);
        net.Socket.TakeWakeUps();
        net.Peer.Send(Ack(Next, First + 10));
        net.Peer.Ignore();
        net.Peer.Send(Ack(Next, First + 60));
        Assert.Equal("", Entries(net));
        net.Peer.Send(Ack(Next, First + 100));
        Assert.Equal("zerocopy 0-1", Entries(net));
    }

    [Fact]
    public void What_a_reset_drops_is_told_of_the_unsent_first()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[500], Zerocopy);
        net.Socket.Send(net.Now, new byte[500], Zerocopy); // Nagle
        net.Peer.Send(Rst(Next));
        Assert.Equal(Errno.ECONNRESET, net.Socket.TakeError());
        Assert.Equal(PollEvents.POLLERR, net.Socket.Poll() & PollEvents.POLLERR);
        Assert.Equal("zerocopy 1-1; zerocopy 0-0", Entries(net));
        Assert.Equal(PollEvents.None, net.Socket.Poll() & PollEvents.POLLERR);
        net.Socket.Close(net.Now);
        Assert.Equal(Errno.EBADF, net.Socket.ReceiveError(out _));
    }

    [Theory]
    [InlineData(1000, 1, "zerocopy 0-1")]
    [InlineData(60_000, 0, "zerocopy 0-0")] // The second call takes nothing, but shares the first one's packet.
    public void A_call_that_a_reset_ends_is_told_of_when_it_returns(int first, int early, string entries)
    {
        Dialogue net = Established(sendBuffer: 20_000);
        Assert.NotEqual(0, net.Socket.Send(net.Now, new byte[first], Zerocopy).Value);
        SendProgress call = new(60_000) { Blocks = true };
        net.Socket.Send(net.Now, new byte[60_000], Zerocopy, call);
        Assert.Equal(early == 0, call.Taken == 0);
        net.Peer.Send(Rst(Next));
        Assert.Equal(early, net.Socket.QueuedErrors);
        Assert.Equal(Errno.ECONNRESET, net.Socket.Send(net.Now, new byte[1], Zerocopy, call).Error);
        net.Socket.EndSend(net.Now, call);
        Assert.Equal(entries, Entries(net));
    }

    [Fact]
    public void It_wakes_for_errors_alone_and_again_as_long_as_something_is_left()
    {
        Dialogue net = Established();
        SetTimestamping(net, All);
        net.Socket.TakeWakeUps();
        net.Socket.Send(net.Now, new byte[500]);
        Assert.Equal(PollEvents.POLLERR, net.Socket.TakeWakeUps());
        Assert.Equal(PollEvents.POLLERR | PollEvents.POLLOUT, net.Socket.Poll());
        Assert.False(net.Socket.HasPendingError);
        Assert.Equal(2, net.Socket.QueuedErrors);
        net.Socket.ReceiveError(out _);
        Assert.Equal(PollEvents.POLLERR, net.Socket.TakeWakeUps());
        net.Socket.ReceiveError(out _);
        Assert.Equal(PollEvents.None, net.Socket.TakeWakeUps());
        Assert.Equal(PollEvents.POLLOUT, net.Socket.Poll());
    }

    [Fact]
    public void Calls_not_told_of_take_memory()
    {
        Dialogue net = Established();
        net.Host.Sysctls.OptMemMax = 832 + 576;
        Assert.Equal(1000, net.Socket.Send(net.Now, new byte[1000], Zerocopy).Value);
        Assert.Equal(1000, net.Socket.Send(net.Now, new byte[1000], Zerocopy).Value);
        Assert.Equal(Errno.ENOBUFS, net.Socket.Send(net.Now, new byte[1000], Zerocopy).Error);
        net.Peer.Send(Ack(Next, First + 2000)); // One entry
        Assert.Equal(1000, net.Socket.Send(net.Now, new byte[1000], Zerocopy).Value);
        Assert.Equal("zerocopy 0-1", Entries(net));
        AcknowledgeAll(net, 3000);
        Assert.Equal("zerocopy 2-2", Entries(net));
    }

    /// <summary>Every buffer is a fragment, every page of it; 17 make a packet full.</summary>
    [Theory]
    [InlineData("18 of 1", "17P 1P")]
    [InlineData("64 of 1", "17P 17P 17P 13P")]
    [InlineData("17 of 58", "986P")]
    [InlineData("2 of 0, 20 of 10, 3 of 0", "170P 30P")]
    [InlineData("1 of 5000, 16 of 1", "2000P 2000P 1015P 1P")]
    public void A_packet_has_17_fragments(string elements, string packets)
    {
        List<int> lengths = [];
        foreach (string part in elements.Split(", "))
        {
            string[] words = part.Split(" of ");
            lengths.AddRange(Enumerable.Repeat(int.Parse(words[1]), int.Parse(words[0])));
        }

        Dialogue net = Established(sendBuffer: 1_000_000, window: 60_000);
        SendProgress call = new(lengths.Sum()) { Elements = lengths };
        Assert.Equal(call.Length, net.Socket.Send(net.Now, new byte[call.Length], Zerocopy, call).Value);
        Assert.Equal(packets, Packets(net, (int)call.Length));
        Assert.Equal("zerocopy 0-0", Entries(net));
    }

    [Fact]
    public void Copied_data_joins_a_packet_until_it_is_full_and_pinned_pages_only_their_own_calls()
    {
        Dialogue net = Established(sendBuffer: 1_000_000);
        net.Socket.SetOption(net.Now, SocketOption.TCP_CORK, 1);
        SendProgress call = new(16) { Elements = [.. Enumerable.Repeat(1, 16)] };
        net.Socket.Send(net.Now, new byte[16], Zerocopy, call);
        net.Socket.Send(net.Now, new byte[100]);
        net.Socket.Send(net.Now, new byte[100]);
        net.Socket.Send(net.Now, new byte[1], Zerocopy); // Full: a new packet.
        Assert.Equal("216P 1P", Packets(net, 217));
        Assert.Equal("zerocopy 0-1", Entries(net));
    }

    [Fact]
    public void Pinned_pages_count_whole()
    {
        Dialogue net = Established(sendBuffer: 100_000);
        SendProgress call = new(100) { Elements = [.. Enumerable.Repeat(1, 100)] };
        Assert.Equal(34, net.Socket.Send(net.Now, new byte[100], Zerocopy, call).Value);
        AcknowledgeAll(net, 34);
        Assert.Equal("zerocopy 0-0", Entries(net));
        Assert.Equal(10_000, net.Socket.Send(net.Now, new byte[10_000], Zerocopy).Value);
    }

    [Fact]
    public void A_call_that_blocks_is_told_of_once_it_is_over()
    {
        Dialogue net = Established(sendBuffer: 4608);
        SetTimestamping(net, All);
        SendProgress call = new(60_000) { Blocks = true };
        int taken = net.Socket.Send(net.Now, new byte[60_000], Zerocopy, call).Value;
        AcknowledgeAll(net, taken);
        Assert.Equal("", Entries(net));
        while (call.Taken < call.Length)
        {
            Assert.True(net.Socket.Send(net.Now, new byte[call.Length - call.Taken], Zerocopy, call).Succeeded);
            AcknowledgeAll(net, (int)call.Taken);
        }

        Assert.Equal("scheduled 59999 @10; sent 59999 @10; acknowledged 59999 @10; zerocopy 0-0", Entries(net));
        Assert.Throws<ArgumentOutOfRangeException>(() => net.Socket.Send(net.Now, new byte[1], Zerocopy, call));

        call = new(100_000) { Blocks = true };
        net.Socket.Send(net.Now, new byte[100_000], Zerocopy, call);
        AcknowledgeAll(net, 60_000 + (int)call.Taken);
        Assert.Equal("", Entries(net));
        net.Socket.EndSend(net.Now, call); // Its time is over.
        net.Socket.EndSend(net.Now, call);
        Assert.Equal("zerocopy 1-1", Entries(net));
    }

    [Fact]
    public void The_last_byte_of_a_call_is_stamped_when_it_is_sent_and_acknowledged()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[500]);
        AcknowledgeAll(net, 500);
        SetTimestamping(net, All);
        net.Socket.Send(net.Now, new byte[10_000]);
        Assert.Equal("scheduled 9999 @10; sent 9999 @10", Entries(net));
        net.AdvanceMs(5);
        net.Peer.Send(Ack(Next, First + 10_499));
        Assert.Equal("", Entries(net));
        net.Peer.Send(Ack(Next, First + 10_500));
        Assert.Equal("acknowledged 9999 @15", Entries(net));
    }

    [Fact]
    public void A_packet_has_one_stamp_that_of_the_last_write_to_it()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[10]);
        SetTimestamping(net, All & ~TimestampingFlags.SOF_TIMESTAMPING_TX_SCHED, fromWritten: true);
        net.Socket.Send(net.Now, new byte[20]);
        net.Socket.Send(net.Now, new byte[30]);
        Assert.Equal("", Entries(net));
        net.Peer.Send(Ack(Next, First + 10));
        Assert.Equal("sent 49 @10", Entries(net));

        // A write that asks for nothing leaves it where it was.
        net.Socket.Send(net.Now, new byte[5], MessageFlags.MSG_MORE);
        SendProgress quiet = new(7) { Timestamping = TimestampingFlags.None };
        net.Socket.Send(net.Now, new byte[7], MessageFlags.None, quiet);
        net.Peer.Send(Ack(Next, First + 60));
        Assert.Equal("acknowledged 49 @10; sent 54 @10", Entries(net));
    }

    /// <summary>On a path without delay packets are as large as the window: the rest of the first one and the second leave as one.</summary>
    [Fact]
    public void Packets_that_are_joined_keep_the_later_stamp()
    {
        Dialogue net = new();
        net.EstablishPassively(Syn(Irs).Mss(1000).Win(65_535));
        SetTimestamping(net, All & ~TimestampingFlags.SOF_TIMESTAMPING_TX_ACK);
        Assert.Equal(31_000, net.Socket.Send(net.Now, new byte[31_000]).Value);
        Assert.Equal(15_000, net.Socket.Send(net.Now, new byte[15_000]).Value); // Only a part fits the first packet.
        net.Peer.Send(Ack(Next, First + 10_000).Win(65_535));
        Assert.Equal("", Entries(net));
        net.Peer.Send(Ack(Next, First + 30_000).Win(65_535));
        Assert.Equal("scheduled 45999 @0; sent 45999 @0", Entries(net));
        net.Peer.Ignore();
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(true, 100)]
    public void Small_packets_join_when_they_are_sent_again_unless_they_have_pinned_pages(bool zerocopy, int length)
    {
        Dialogue net = Established(zerocopy);
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        net.Socket.Send(net.Now, new byte[100], Zerocopy);
        net.Socket.Send(net.Now, new byte[100], Zerocopy);
        net.Peer.Ignore();
        net.AdvanceMs(250);
        net.Peer.Expect(Data(First, Next, length).Push());
    }

    [Fact]
    public void What_is_sent_again_is_stamped_again()
    {
        Dialogue net = Established();
        SetTimestamping(net, All);
        net.Socket.Send(net.Now, new byte[500]);
        net.AdvanceMs(250);
        AcknowledgeAll(net, 500);
        Assert.Equal("scheduled 499 @10; sent 499 @10; scheduled 499 @220; sent 499 @220; acknowledged 499 @260", Entries(net));
    }

    [Fact]
    public void A_control_message_says_which_times_a_call_wants()
    {
        Dialogue net = Established();
        SetTimestamping(net, TimestampingFlags.SOF_TIMESTAMPING_SOFTWARE | TimestampingFlags.SOF_TIMESTAMPING_TX_SCHED);
        SendProgress asks = new(1000) { Timestamping = TimestampingFlags.SOF_TIMESTAMPING_TX_ACK };
        net.Socket.Send(net.Now, new byte[1000], MessageFlags.None, asks);
        AcknowledgeAll(net, 1000);
        Assert.Equal("acknowledged 0 @10", Entries(net)); // No OPT_ID: no number.
        SendProgress wrong = new(10) { Timestamping = TimestampingFlags.SOF_TIMESTAMPING_SOFTWARE };
        Assert.Equal(Errno.EINVAL, net.Socket.Send(net.Now, new byte[10], MessageFlags.None, wrong).Error);
    }

    [Theory]
    [InlineData(0, 1052, 1052, 1000)] // headers without options and data; of what is acknowledged the data
    [InlineData((int)TimestampingFlags.SOF_TIMESTAMPING_OPT_TSONLY, 0, 0, 0)]
    public void Times_come_with_the_packet_or_without(int flag, int scheduled, int sent, int acknowledged)
    {
        Dialogue net = new();
        net.EstablishPassively(Syn(Irs).Mss(1012).Ts(1, 0));
        net.Peer.Ignore();
        SetTimestamping(net, All | (TimestampingFlags)flag);
        net.Socket.Send(net.Now, new byte[1000]);
        AcknowledgeAll(net, 1000);
        foreach (int length in (int[])[scheduled, sent, acknowledged])
        {
            Assert.Equal(Errno.OK, net.Socket.ReceiveError(out ExtendedError? error));
            Assert.Equal((Errno.ENOMSG, length), (error!.Error, error.Length));
        }
    }

    [Fact]
    public void Stamps_that_find_no_room_are_lost()
    {
        Dialogue net = Established(options: s => s.SetOption(default, SocketOption.SO_RCVBUF, 2000));
        SetTimestamping(net, All);
        net.Socket.Send(net.Now, new byte[1500]);
        Assert.Equal("scheduled 1499 @10", Entries(net));
    }

    [Fact]
    public void Flags_are_checked_and_bytes_counted_only_while_there_is_a_stream()
    {
        Dialogue net = new();
        TcpSocket socket = net.NewSocket();
        Assert.Equal(Errno.EINVAL, socket.SetOption(net.Now, SocketOption.SO_TIMESTAMPING, 1 << 19));
        Assert.Equal(Errno.EINVAL, socket.SetOption(net.Now, SocketOption.SO_TIMESTAMPING, (int)TimestampingFlags.SOF_TIMESTAMPING_OPT_STATS));
        Assert.Equal(Errno.EINVAL, socket.SetOption(net.Now, SocketOption.SO_TIMESTAMPING, (int)TimestampingFlags.SOF_TIMESTAMPING_OPT_ID_TCP));
        Assert.Equal(Errno.EINVAL, socket.SetOption(net.Now, SocketOption.SO_TIMESTAMPING, (int)All));
        Assert.Equal(0, socket.GetOption(SocketOption.SO_TIMESTAMPING).Value);
        Assert.Equal(Errno.OK, socket.SetOption(net.Now, SocketOption.SO_TIMESTAMPING, (int)(All & ~TimestampingFlags.SOF_TIMESTAMPING_OPT_ID)));
        net = Established();
        SetTimestamping(net, All);
        net.Socket.Send(net.Now, new byte[10]);
        SetTimestamping(net, All | TimestampingFlags.SOF_TIMESTAMPING_OPT_CMSG); // Still set: it goes on counting.
        AcknowledgeAll(net, 10);
        Assert.Equal("scheduled 9 @10; sent 9 @10; acknowledged 9 @10", Entries(net));
    }

    private static void SetTimestamping(Dialogue net, TimestampingFlags flags, bool fromWritten = false)
    {
        flags |= fromWritten ? TimestampingFlags.SOF_TIMESTAMPING_OPT_ID_TCP : TimestampingFlags.None;
        Assert.Equal(Errno.OK, net.Socket.SetOption(net.Now, SocketOption.SO_TIMESTAMPING, (int)flags));
    }

    /// <summary>ACKs for everything up to that byte of the stream, as far as it was sent each time.</summary>
    private static void AcknowledgeAll(Dialogue net, int bytes) => Packets(net, bytes);

    private static string Packets(Dialogue net, int bytes)
    {
        List<string> packets = [];
        int inPacket = 0;
        for (int rounds = 0; net.Socket.GetOutputQueue().Value > 0 && rounds < 1000; rounds++)
        {
            uint end = First;
            while (net.Peer.Take() is { } segment)
            {
                end = segment.Seq!.Value + (uint)segment.Data!.Length;
                inPacket += segment.Data.Length;
                if (!segment.Followed)
                {
                    packets.Add($"{inPacket}{((segment.Flags & TcpFlags.Psh) != 0 ? "P" : "")}");
                    inPacket = 0;
                }
            }

            if (end == First)
            {
                net.Socket.SetOption(net.Now, SocketOption.TCP_CORK, 0);
                continue;
            }

            net.Peer.Send(Ack(Next, end).Win(60_000));
        }

        Assert.Equal(bytes, (int)net.Socket.GetInfo(net.Now).BytesAcked);
        return string.Join(' ', packets);
    }

    private static string Entries(Dialogue net)
    {
        List<string> entries = [];
        while (net.Socket.ReceiveError(out ExtendedError? error) is Errno.OK)
        {
            entries.Add(error!.Origin is ErrorOrigin.Zerocopy
                ? $"zerocopy {error.Info}-{error.EeData}"
                : $"{((TimestampKind)error.Info).ToString().ToLowerInvariant()} {error.EeData} @{error.Time.Nanoseconds / 1_000_000}");
            Assert.Equal(error.Origin is ErrorOrigin.Zerocopy ? (Errno.OK, 1) : (Errno.ENOMSG, 0), (error.Error, error.Code));
        }

        return string.Join("; ", entries);
    }

    private static Dialogue Established(
        bool zerocopy = true, int sendBuffer = 0, int window = 65_535, Action<TcpSocket>? options = null)
    {
        Dialogue net = new();
        net.Listen(options: socket =>
        {
            Assert.Equal(Errno.OK, socket.SetOption(net.Now, SocketOption.SO_ZEROCOPY, zerocopy ? 1 : 0));
            if (sendBuffer > 0)
            {
                socket.SetOption(net.Now, SocketOption.SO_SNDBUF, sendBuffer / 2);
            }

            options?.Invoke(socket);
        });
        net.Peer.Send(Syn(Irs).Mss(1000));
        net.AdvanceMs(10);
        net.Peer.Send(Ack(Next, First).Win(window));
        net.Accept();
        net.Peer.Ignore();
        Assert.Equal(zerocopy ? 1 : 0, net.Socket.GetOption(SocketOption.SO_ZEROCOPY).Value);
        return net;
    }
}

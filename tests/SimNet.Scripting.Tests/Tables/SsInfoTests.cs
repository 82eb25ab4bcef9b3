using System.Buffers.Binary;
using SimNet.Scripting.Tables;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Tests.Tables;

/// <summary>What <c>ss -tino</c> prints, held against what iproute2's ss 6.1 printed on Linux 6.18 for sockets with these values.</summary>
public class SsInfoTests
{
    private static readonly TcpInfo Sender = new()
    {
        State = 1,
        Options = 3 | 4,
        SndWscale = 10,
        RcvWscale = 10,
        Rto = 208_000,
        Rtt = 5_403,
        Rttvar = 10_753,
        SndMss = 47_616,
        Pmtu = 65_535,
        RcvMss = 536,
        Advmss = 65_483,
        SndCwnd = 14,
        SndSsthresh = int.MaxValue,
        BytesSent = 134_518,
        BytesRetrans = 34_518,
        BytesAcked = 100_001,
        SegsOut = 6,
        SegsIn = 3,
        DataSegsOut = 4,
        LastDataSent = 364,
        LastDataRecv = 372,
        LastAckRecv = 328,
        PacingRate = 28_354_212_845,
        MaxPacingRate = long.MaxValue,
        DeliveryRate = 3_363_107,
        Delivered = 5,
        BusyTime = 44_000,
        TotalRetrans = 1,
        DsackDups = 1,
        Reordering = 3,
        RcvSpace = 65_495,
        RcvSsthresh = 65_495,
        MinRtt = 25,
        SndWnd = 28_672,
    };

    private static readonly TcpInfo Receiver = new()
    {
        State = 1,
        Options = 3 | 4,
        SndWscale = 10,
        RcvWscale = 10,
        Rto = 204_000,
        Rtt = 16,
        Rttvar = 8,
        Ato = 80_000,
        SndMss = 32_768,
        Pmtu = 65_535,
        RcvMss = 34_518,
        Advmss = 65_483,
        SndCwnd = 10,
        SndSsthresh = int.MaxValue,
        BytesReceived = 100_000,
        SegsOut = 2,
        SegsIn = 6,
        DataSegsIn = 4,
        LastDataSent = 372,
        LastDataRecv = 372,
        LastAckRecv = 364,
        PacingRate = 58_528_800_000,
        MaxPacingRate = long.MaxValue,
        Delivered = 1,
        DeliveryRateAppLimited = 1,
        Reordering = 3,
        RcvRtt = 25,
        RcvSpace = 65_483,
        RcvSsthresh = 94_833,
        MinRtt = 16,
        SndWnd = 65_536,
    };

    private static readonly TcpInfo Listening = new() { State = 10, SndCwnd = 10, Reordering = 3, Sacked = 5 };

    [Fact]
    public void TheWordsAreThoseOfSs()
    {
        Assert.Equal(
            "ts sack bbr wscale:10,10 rto:208 rtt:5.403/10.753 mss:47616 pmtu:65535 rcvmss:536 advmss:65483 cwnd:14 bytes_sent:134518 "
            + "bytes_retrans:34518 bytes_acked:100001 segs_out:6 segs_in:3 data_segs_out:4 "
            + "bbr:(bw:15237105464bps,mrtt:0.025,pacing_gain:2.88672,cwnd_gain:2.88672) send 987042754bps lastsnd:364 lastrcv:372 lastack:328 "
            + "pacing_rate 226833702760bps delivery_rate 26904856bps delivered:5 busy:44ms retrans:0/1 dsack_dups:1 rcv_space:65495 "
            + "rcv_ssthresh:65495 minrtt:0.025 snd_wnd:28672",
            Info(Sender, Bbr(1_904_638_183, 25, 739, 739), numeric: true));
        Assert.Equal(
            "ts sack bbr wscale:10,10 rto:204 rtt:0.016/0.008 ato:80 mss:32768 pmtu:65535 rcvmss:34518 advmss:65483 cwnd:10 bytes_received:100000 "
            + "segs_out:2 segs_in:6 data_segs_in:4 bbr:(bw:0bps,mrtt:0.016) send 163840000000bps lastsnd:372 lastrcv:372 lastack:364 "
            + "pacing_rate 468230400000bps delivered:1 app_limited rcv_rtt:0.025 rcv_space:65483 rcv_ssthresh:94833 minrtt:0.016 snd_wnd:65536",
            Info(Receiver, Bbr(0, 16, 0, 0), numeric: true));
        Assert.Equal("bbr cwnd:10", Info(Listening, default, numeric: true, TcpState.Listen));
    }

    [Fact]
    public void WithoutNumericRatesHaveThreeDigits()
    {
        string info = Info(Sender, Bbr(1_904_638_183, 25, 739, 739), numeric: false);
        Assert.Contains("bw:15.2Gbps", info, StringComparison.Ordinal);
        Assert.Contains(" send 987Mbps ", info, StringComparison.Ordinal);
        Assert.Contains(" pacing_rate 227Gbps delivery_rate 26.9Mbps ", info, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketTimerKind.Off, 0, 0, "")]
    [InlineData(SocketTimerKind.On, 200, 0, "timer:(on,200ms,0)")]
    [InlineData(SocketTimerKind.On, 7, 3, "timer:(on,007ms,3)")]
    [InlineData(SocketTimerKind.On, 1250, 2, "timer:(on,1.250ms,2)")]
    [InlineData(SocketTimerKind.Persist, 5000, 1, "timer:(persist,5sec,1)")]
    [InlineData(SocketTimerKind.TimeWait, 59_996, 0, "timer:(timewait,59sec,0)")]
    [InlineData(SocketTimerKind.KeepAlive, 90_500, 0, "timer:(keepalive,1min30sec,0)")]
    [InlineData(SocketTimerKind.KeepAlive, 7_199_625, 0, "timer:(keepalive,119min,0)")]
    [InlineData(SocketTimerKind.On, 0, 1, "timer:(on,,1)")]
    public void ATimerIsPrintedAsSsDoes(SocketTimerKind kind, int milliseconds, int retransmissions, string expected) =>
        Assert.Equal(expected, SsInfoText.Timer(new SocketTimer(kind, Duration.FromMilliseconds(milliseconds), retransmissions)));

    [Fact]
    public void Nstat_leaves_out_zeros_and_the_gauge() => Assert.Equal(
        ["#kernel", "TcpActiveOpens                  3                  0.0", "TcpExtTCPLossProbes             1                  0.0"],
        CounterTable.Nstat([new("TcpActiveOpens", 3), new("TcpCurrEstab", 2), new("TcpOutRsts", 0), new("TcpExtTCPLossProbes", 1)]));

    private static string Info(TcpInfo info, ReadOnlyMemory<byte> own, bool numeric, TcpState state = TcpState.Established) => SsInfoText.Info(
        new SocketTableRow(default, default, state, 0, 0, 0, 0, true) { Info = info, CongestionControl = "bbr", CongestionInfo = own }, true, numeric);

    private static byte[] Bbr(ulong bytesPerSecond, uint leastRtt, int pacingGain, int windowGain)
    {
        byte[] info = new byte[20];
        BinaryPrimitives.WriteUInt64LittleEndian(info, bytesPerSecond);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(8), leastRtt);
        BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(12), pacingGain);
        BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(16), windowGain);
        return info;
    }
}

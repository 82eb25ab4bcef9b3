using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Tail loss probes (RFC 8985 §7), by the milliseconds after the handshake. MSS 1000, round trip 50 ms, so that the RTO is 250 ms.</summary>
public sealed class TailLossProbeTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>What goes out when nothing comes back, as a Linux 6.18 kernel does it, its ticks apart.</summary>
    [Theory]
    [InlineData(10_000, true, 3, "102:9001+1000P 352:1+1000 852:1+1000")] // two round trips and 2 ms; the RTO begins with the probe
    [InlineData(20_000, true, 3, "102:10001+1000 352:1+1000")] // new data, beyond the congestion window
    [InlineData(1000, true, 3, "250:1+1000P 500:1+1000P")] // a lone segment's probe is due later than the RTO, and takes its time
    [InlineData(2500, true, 4, "102:2001+500P 352:1+1000")]
    [InlineData(10_000, false, 3, "250:1+1000 750:1+1000")] // no probes without SACK
    [InlineData(10_000, true, 0, "250:1+1000 750:1+1000")] // or with tcp_early_retrans 0
    public void Silence_is_probed(int bytes, bool sack, int setting, string expected)
    {
        Dialogue net = Established(sack, s => s.EarlyRetransmit = setting);
        double start = net.Now.Nanoseconds / 1e6;
        net.Socket.Send(net.Now, new byte[bytes]);
        net.Peer.Ignore();
        net.AdvanceMs(900);
        List<string> sent = [];
        while (net.Peer.Take() is { } segment)
        {
            string push = (segment.Flags & TcpFlags.Psh) != 0 ? "P" : "";
            sent.Add($"{(segment.At.Nanoseconds / 1e6) - start:0}:{segment.Seq - Iss}+{segment.Data!.Length}{push}");
        }

        string[] wanted = expected.Split(' ');
        Assert.Equal(wanted, sent.Take(wanted.Length));
    }

    [Fact]
    public void ACKs_move_the_probe()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[10_000]);
        net.AdvanceMs(100);
        net.Peer.Send(Ack(Next, First + 2000));
        net.Peer.Ignore();
        // SRTT is (7 * 50 + 100) / 8 ms.
        net.AdvanceMs(114);
        net.Peer.ExpectNothing();
        net.AdvanceMs(1);
        net.Peer.Expect(Data(First + 9000, Next, 1000));
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtTCPLossProbes]);
    }

    /// <summary>Only an ACK beyond the probe can tell that the probe made good a loss, if nothing said before that both copies arrived.</summary>
    [Theory]
    [InlineData("", 1, 5)]
    [InlineData("duplicate", 0, 10)]
    [InlineData("D-SACK", 0, 10)]
    public void A_probe_that_made_good_a_loss_halves_the_window(string second, int recoveries, int window)
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[4000]);
        net.AdvanceMs(110);
        net.Peer.Send(Ack(Next, First + 4000));
        switch (second)
        {
            case "duplicate":
                net.Peer.Send(Ack(Next, First + 4000));
                break;
            case "D-SACK":
                net.Peer.Send(Ack(Next, First + 4000).Sack(First + 3000, First + 4000));
                break;
        }

        net.Socket.Send(net.Now, new byte[1000]);
        net.Peer.Send(Ack(Next, First + 5000));
        Assert.Equal(recoveries, net.Host.Counters[SnmpCounter.TcpExtTCPLossProbeRecovery]);
        Assert.Equal(window, net.Socket.GetInfo(net.Now).SndCwnd);
    }

    private static Dialogue Established(bool sack = true, Action<Sysctls>? settings = null)
    {
        settings += s => s.CongestionControl = "reno";
        Dialogue net = new(settings: settings);
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1000).SackOk(sack));
        net.AdvanceMs(50);
        net.Peer.Send(Ack(Next, First));
        net.Accept();
        net.Peer.Ignore();
        return net;
    }
}

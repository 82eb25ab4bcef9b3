using FsCheck;
using FsCheck.Fluent;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tcp.Recovery;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;
using Gen = SimStack.Tests.Wire.Gen;

namespace SimStack.Tests.Tcp;

/// <summary>The scoreboard's counts are what a count of its segments gives, whatever the network or a hostile peer does.</summary>
public sealed class ScoreboardTests
{
    private static readonly Profile[] Profiles = [Profile.Linux, Profile.Linux, Profile.Linux26, Profile.Rfc9293, Profile.FreeBsd];

    [Fact]
    public void It_counts_right_over_any_network() =>
        Prop.ForAll(FsCheck.Fluent.Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => Transfer((ulong)seed))
            .Check(Config.QuickThrowOnFailure.WithReplay(7, 9).WithMaxTest(150));

    /// <summary>Any ACK, with any blocks, at any time: no exception, no wrong count, and an honest peer still gets everything.</summary>
    [Fact]
    public void It_counts_right_whatever_a_peer_makes_up() =>
        Prop.ForAll(FsCheck.Fluent.Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => Storm((ulong)seed))
            .Check(Config.QuickThrowOnFailure.WithReplay(3, 5).WithMaxTest(150));

    private static void Transfer(ulong seed)
    {
        Gen random = new(seed);
        TwoHosts net = new(Profiles[random.Below(5)], Profile.Linux, s => Vary(s, random)) { KeepLog = false };
        (TcpSocket client, TcpSocket server) = net.Connected(clientIss: uint.MaxValue - (uint)random.Below(100_000));
        net.Delay = Duration.FromMicroseconds(500 + random.Below(40_000));
        int loss = random.Below(18), doubled = random.Below(8), late = random.Below(30);
        net.Lose = (_, _) => random.Below(100) < loss;
        net.Double = () => random.Below(100) < doubled;
        net.ExtraDelay = () => random.Below(100) < late ? Duration.FromMicroseconds(random.Below(30_000)) : Duration.Zero;
        client.SetOption(net.Now, SocketOption.SO_SNDBUF, 500_000);
        byte[] data = random.Bytes(1 + random.Below(300_000));
        byte[] buffer = new byte[100_000];
        List<byte> got = [];
        int sent = 0;
        for (int i = 0; i < 40_000 && got.Count < data.Length; i++)
        {
            SocketResult result = sent < data.Length ? client.Send(net.Now, data.AsSpan(sent, Math.Min(data.Length - sent, 1 + random.Below(60_000)))) : default;
            sent += result.Succeeded ? result.Value : 0;
            net.Run(Duration.FromMicroseconds(i < 2000 ? random.Below(5000) : 500_000));
            Check(client.Connection!);
            while (server.Receive(net.Now, buffer) is { Succeeded: true, Value: > 0 } read)
            {
                got.AddRange(buffer.AsSpan(0, read.Value));
            }
        }

        Assert.Equal(data, got);
    }

    private static void Vary(Sysctls s, Gen random)
    {
        s.Timestamps = random.Coin();
        s.Sack = random.Below(4) > 0;
        s.Dsack = random.Coin();
        s.Rack = random.Below(4) > 0;
        s.ProportionalReduction = random.Below(4) > 0;
        s.Frto = random.Coin() ? 2 : 0;
        s.EarlyRetransmit = random.Coin() ? 3 : 0;
        s.Reordering = 1 + random.Below(5);
        s.LossDetection = random.Below(8);
        s.CongestionControl = random.Coin() ? "cubic" : "reno";
        s.RmemDefault = 8_000 + random.Below(400_000);
    }

    private static void Storm(ulong seed)
    {
        Gen random = new(seed);
        Dialogue net = new(settings: s => Vary(s, random));
        bool timestamps = net.Host.Sysctls.Timestamps && random.Coin();
        int mss = random.Coin() ? 1000 : 100 + random.Below(200);
        net.Listen();
        net.Peer.Send(timestamps ? Syn(Irs).Mss((ushort)mss).SackOk().Ts(1, 0) : Syn(Irs).Mss((ushort)mss).SackOk());
        net.AdvanceMs(20);
        net.Peer.Ignore();
        SegmentPattern ack = Ack(Irs + 1, Iss + 1);
        net.Peer.Send(timestamps ? ack.Ts(2, 0) : ack);
        net.Accept();
        TcpConnection connection = net.Socket.Connection!;
        net.Socket.SetOption(net.Now, SocketOption.SO_SNDBUF, 300_000);
        for (int i = 0; i < 400 && connection.State is TcpState.Established; i++)
        {
            if (random.Below(3) == 0)
            {
                net.Socket.Send(net.Now, new byte[1 + random.Below(20_000)]);
            }

            net.Peer.Ignore();
            net.Peer.Send(MadeUp(random, connection, timestamps));
            Check(connection);
            if (random.Below(4) == 0)
            {
                net.Advance(Duration.FromMicroseconds(random.Below(random.Below(10) == 0 ? 2_000_000 : 20_000)));
                Check(connection);
            }
        }
    }

    private static SegmentPattern MadeUp(Gen random, TcpConnection connection, bool timestamps)
    {
        uint una = connection.Snd.Una.Value, nxt = connection.Snd.Nxt.Value;
        uint Near() => random.Below(8) switch
        {
            0 => (uint)random.Below(int.MaxValue) * 2,
            1 => una - (uint)random.Below(5000),
            2 => nxt + (uint)random.Below(5000),
            _ => una + (uint)random.Below((int)Math.Min(nxt - una + 1, 1_000_000)),
        };
        uint acknowledged = random.Below(3) > 0 ? una : Near();
        SegmentPattern segment = Ack(Irs + 1, acknowledged).Win((ushort)(random.Below(10) == 0 ? random.Below(3000) : 60_000));
        if (timestamps)
        {
            segment = segment.Ts(3, (uint)random.Below(int.MaxValue));
        }

        List<uint> blocks = [];
        for (int i = random.Below(timestamps ? 4 : 5); i > 0; i--)
        {
            uint left = Near();
            blocks.Add(left);
            blocks.Add(random.Coin() ? left + (uint)random.Below(3000) : Near());
        }

        return blocks.Count > 0 ? segment.Sack([.. blocks]) : segment;
    }

    private static void Check(TcpConnection connection)
    {
        (SegmentRing? segments, LossRecovery? known, bool sack) = connection.Scoreboard;
        if (segments is null || known is null)
        {
            return;
        }

        int sacked = 0, lost = 0, again = 0, listed = 0;
        for (int i = 0; i < segments.Count; i++)
        {
            SentSegment segment = segments[i];
            sacked += segment.Has(SentFlags.Sacked) ? 1 : 0;
            lost += segment.Has(SentFlags.Lost) ? 1 : 0;
            again += segment.Has(SentFlags.RetransmissionInFlight) ? 1 : 0;
            listed += segment.Listed ? 1 : 0;
            Assert.False(segment.Listed && segment.Has(SentFlags.Sacked));
            Assert.False(segment.Has(SentFlags.Sacked) && segment.Has(SentFlags.Lost));
            Assert.True(i == 0 || segments[i - 1].End == segment.Seq);
            Assert.True(segment.Length > 0);
        }

        if (sack)
        {
            Assert.Equal(sacked, known.SackedOut);
        }

        Assert.Equal(lost, known.LostOut);
        Assert.Equal(again, known.RetransmittedOut);
        Assert.InRange(known.SackedOut, 0, segments.Count);
        Assert.InRange(known.LeftOut, 0, segments.Count);
        CheckOrder(segments, listed);
        CheckSkips(segments);
    }

    private static void CheckOrder(SegmentRing segments, int listed)
    {
        uint order = 0;
        for (int position = segments.Oldest; position != SegmentRing.None; position = segments.At(position).Next, listed--)
        {
            Assert.True(segments.At(position).Listed);
            Assert.True(segments.At(position).Order >= order);
            order = segments.At(position).Order;
        }

        Assert.Equal(0, listed);
    }

    private static void CheckSkips(SegmentRing segments)
    {
        for (int position = segments.Start; position < segments.End; position++)
        {
            int found = segments.SkipSacked(position), expected = position;
            while (expected < segments.End && segments.At(expected).Has(SentFlags.Sacked))
            {
                expected++;
            }

            Assert.Equal(expected, found);
        }
    }
}

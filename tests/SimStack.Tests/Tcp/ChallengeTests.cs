using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Challenge ACKs of the whole host: net.ipv4.tcp_challenge_ack_limit (RFC 5961 §7).</summary>
public sealed class ChallengeTests
{
    private const uint Next = Irs + 1;

    /// <summary>Each second has a number of its own, between half and one and a half; the connections share it.</summary>
    [Fact]
    public void The_number_in_a_second_is_drawn_around_the_limit()
    {
        const int Limit = 20, Seconds = 60;
        HashSet<int> numbers = [];
        Dialogue net = Established(Limit, out ScriptedPeer[] peers);
        for (int second = 0; second < Seconds; second++)
        {
            int sent = 0;
            for (int i = 0; i < 2 * Limit; i++)
            {
                ScriptedPeer peer = peers[i % peers.Length];
                peer.Send(Syn(Next + 10));
                sent += peer.Take() is null ? 0 : 1;
            }

            Assert.InRange(sent, Limit / 2, Limit + Limit / 2 - 1);
            numbers.Add(sent);
            net.AdvanceMs(1000);
        }

        Assert.InRange(numbers.Count, Limit / 2, Limit);
        Assert.Equal(Seconds * 2 * Limit, net.Host.Counters[SnmpCounter.TcpExtTCPSYNChallenge]);
        Assert.Equal(Seconds * 2 * Limit, net.Host.Counters[SnmpCounter.TcpInErrs]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void None_and_the_greatest_are_no_limit(int limit)
    {
        Dialogue net = Established(limit, out ScriptedPeer[] peers);
        for (int i = 0; i < 2_000; i++)
        {
            peers[0].Send(Rst(Next + 10));
            peers[0].Expect(Ack());
        }

        Assert.Equal(2_000, net.Host.Counters[SnmpCounter.TcpExtTCPChallengeACK]);
    }

    private static Dialogue Established(int limit, out ScriptedPeer[] peers)
    {
        Dialogue net = new(settings: s => (s.ChallengeAckLimit, s.InvalidRateLimit) = (limit, 0));
        net.Listen();
        peers = [net.Peer, net.AddPeer(5001), net.AddPeer(5002)];
        foreach (ScriptedPeer peer in peers)
        {
            peer.Send(Syn(Irs));
            uint iss = peer.Expect(SynAck()).Seq!.Value;
            peer.Send(Ack(Next, iss + 1));
            peer.ExpectNothing();
        }

        return net;
    }
}

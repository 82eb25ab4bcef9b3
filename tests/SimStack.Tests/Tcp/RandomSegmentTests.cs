using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Wire;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Random and damaged segments, thousands for each state: nothing is thrown, everything is counted, no frame is lost.</summary>
public sealed class RandomSegmentTests
{
    public static TheoryData<string, bool> States()
    {
        TheoryData<string, bool> data = [];
        foreach (TcpState state in Enum.GetValues<TcpState>())
        {
            data.Add(state.ToRfcName(), false);
            data.Add(state.ToRfcName(), true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Nothing_a_peer_sends_throws_or_leaks(string state, bool strict)
    {
        Gen random = new((ulong)state.Length * 31 + (strict ? 7u : 0));
        byte[] buffer = new byte[4096];
        for (int round = 0; round < 40; round++)
        {
            Dialogue net = new(profile: strict ? Profile.Rfc9293 : Profile.Linux);
            Bring(net, state);
            long before = net.Host.Counters[SnmpCounter.TcpInSegs];
            for (int i = 0; i < 60; i++)
            {
                SegmentPattern segment = Random(random);
                net.Peer.Send(segment);
                if (random.Below(4) == 0)
                {
                    net.AdvanceMs(random.Below(random.Below(8) == 0 ? 60_000 : 100));
                }

                Use(net, random, buffer);
                net.Peer.Ignore();
            }

            Assert.Equal(60, net.Host.Counters[SnmpCounter.TcpInSegs] - before);
            net.Socket?.Close(net.Now);
            net.Listener?.Close(net.Now);
            net.Advance(Duration.FromSeconds(2000));
            Assert.Equal(TcpState.Closed, net.StateOf());
            Assert.Equal(0, net.Pool.Outstanding);
            Assert.Equal(0, net.Host.Tcp.Flows.Count);
            Assert.Equal(0, net.Host.Tcp.Timers.Count);
        }
    }

    [Fact]
    public void Damaged_frames_are_counted_and_dropped()
    {
        Dialogue net = new();
        net.EstablishPassively();
        Gen random = new(5);
        byte[] good = GoodFrame();
        for (int i = 0; i < 5000; i++)
        {
            byte[] frame = [.. good];
            int at = 34 + random.Below(frame.Length - 34);
            frame[at] ^= (byte)(1 + random.Below(255));
            net.DeliverFrame(frame.AsSpan(0, random.Below(3) == 0 ? random.Below(frame.Length) : frame.Length));
        }

        net.Peer.ExpectNothing();
        Assert.Equal(0, net.Socket.ReadableCount);
        Assert.InRange(net.Host.Counters[SnmpCounter.TcpInErrs], 2500, 5000);
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.DeliverFrame(good);
        Assert.Equal(20, net.Socket.ReadableCount);
        net.Socket.Abort(net.Now);
        net.Drain();
        Assert.Equal(0, net.Pool.Outstanding);
    }

    private static byte[] GoodFrame()
    {
        byte[] frame = new byte[34 + 20 + 20];
        EthernetWriter.Write(frame, new MacAddress(0x0200_0000_0001), new MacAddress(0x0200_0000_0002), EtherType.Ipv4);
        SimStack.Ip.IpAddress from = SimStack.Ip.IpAddress.FromV4(10, 0, 0, 2), to = SimStack.Ip.IpAddress.FromV4(10, 0, 0, 1);
        Ipv4Writer.Write(frame.AsSpan(14), from, to, IpProtocol.Tcp, 40);
        TcpOptions none = default;
        TcpWriter.Write(frame.AsSpan(34), PeerPort, HostPort, new SequenceNumber(Irs + 1), new SequenceNumber(Iss + 1), TcpFlags.Ack, 1000, 0, none, TcpOptionLayout.Linux);
        TcpWriter.WriteChecksum(frame.AsSpan(34), from, to);
        return frame;
    }

    private static void Use(Dialogue net, Gen random, byte[] buffer)
    {
        if (net.Listener?.Accept(net.Now, out TcpSocket? accepted) is Errno.OK)
        {
            net.Socket?.Close(net.Now);
            net.Socket = accepted!;
        }

        switch (random.Below(12))
        {
            case 0:
                net.Socket?.Receive(net.Now, buffer.AsSpan(0, random.Below(buffer.Length)), (MessageFlags)random.Below(4));
                break;
            case 1:
                net.Socket?.Send(net.Now, buffer.AsSpan(0, random.Below(buffer.Length)), (MessageFlags)(random.Below(4) == 0 ? 1 : 0));
                break;
            case 2 when random.Below(10) == 0:
                net.Socket?.Shutdown(net.Now, (ShutdownHow)random.Below(3));
                break;
        }

        net.Drain();
    }

    /// <summary>Near the numbers that matter or anywhere, with any flags and options.</summary>
    private static SegmentPattern Random(Gen random)
    {
        SegmentPattern segment = new()
        {
            Flags = random.Coin() ? TcpFlags.Ack : (TcpFlags)(random.Next() & 0x3F),
            Seq = random.Below(4) == 0 ? (uint)random.Next() : Irs + (uint)random.Below(3000) - 10,
            Ack = random.Below(4) == 0 ? (uint)random.Next() : Iss + (uint)random.Below(3000) - 10,
            Window = random.Half(),
            UrgentPointer = random.Below(100) == 0 ? random.Half() : (ushort)random.Below(100),
            Length = random.Coin() ? 0 : random.Below(1400),
        };
        segment = random.Below(3) == 0 ? segment.Ts((uint)random.Below(100_000), (uint)random.Below(100_000)) : segment;
        segment = random.Below(5) == 0 ? segment.Mss(random.Half()).Scale(random.Below(127)).SackOk() : segment;
        return random.Below(8) == 0 ? segment.Sack(Irs + (uint)random.Below(3000), (uint)random.Next()) : segment;
    }

    private static void Bring(Dialogue net, string state)
    {
        switch (state)
        {
            case "CLOSED":
                return;
            case "LISTEN":
                net.Listen();
                return;
            case "SYN-SENT":
                net.Connect();
                return;
            case "SYN-RECEIVED":
                net.Listen();
                net.Peer.Send(Syn(Irs).Mss(1000).Ts(1, 0));
                return;
        }

        net.EstablishPassively(Syn().Mss(1000).Scale(3).SackOk());
        if (state is "CLOSE-WAIT" or "LAST-ACK")
        {
            net.Peer.Send(Fin(Irs + 1, Iss + 1));
        }

        if (state is "FIN-WAIT-1" or "FIN-WAIT-2" or "CLOSING" or "TIME-WAIT" or "LAST-ACK")
        {
            net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
            net.Drain();
        }

        if (state is "FIN-WAIT-2" or "TIME-WAIT")
        {
            net.Peer.Send(Ack(Irs + 1, Iss + 2));
        }

        if (state is "CLOSING" or "TIME-WAIT")
        {
            net.Peer.Send(Fin(Irs + 1, state is "CLOSING" ? Iss + 1 : Iss + 2));
        }

        Assert.Equal(state, net.StateOf().ToRfcName());
    }
}

using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Queues of a listening socket that are full, and SYN cookies: B listens, A connects, with the kernel in either part.</summary>
public class ListenTests
{
    // Three handshakes come to their end at once, where the queue takes two (backlog 1 and one more, as sk_acceptq_is_full has it). The
    // third is told nothing, or reset.
    [Theory]
    [InlineData("ipv4", 0)]
    [InlineData("ipv6", 0)]
    [InlineData("ipv4", 1)]
    [InlineData("ipv6", 1)]
    public void AnAcceptQueueOverflows(string version, int abort) => Scene.BothWays(
        version,
        scene =>
        {
            PeerSocket listener = scene.Listen();
            (PeerSocket Socket, ushort Port)[] clients = ConnectThree(scene, out Wire.Entry acks);
            Assert.Equal(Errno.OK, listener.Listen(1));
            long overflows = scene.B.Counter("TcpExtListenOverflows");
            long drops = scene.B.Counter("TcpExtListenDrops");
            scene.Wire.Release(acks);
            Until.True(() => scene.B.Counter("TcpExtListenOverflows") == overflows + 1, () => "nothing overflowed");
            Assert.Equal(drops + 1, scene.B.Counter("TcpExtListenDrops"));
            scene.Wire.Settle();
            TcpState[] states = [.. clients.Select(client => scene.A.StateOf(client.Port, scene.Port)).Order()];
            TcpState last = abort == 0 ? TcpState.Established : TcpState.Closed;
            Assert.Equal([.. new[] { TcpState.Established, TcpState.Established, last }.Order()], states);
            TcpState[] atB = [.. clients.Select(client => scene.B.StateOf(scene.Port, client.Port)).Order()];
            Assert.Equal([.. new[] { TcpState.Established, TcpState.Established, abort == 0 ? TcpState.SynReceived : TcpState.Closed }.Order()], atB);
            scene.Accept(listener);
            scene.Accept(listener);
            if (abort == 0)
            {
                // The SYN-ACK's retransmission finds room.
                scene.Accept(listener);
                Assert.All(clients, client => Assert.Equal(TcpState.Established, scene.B.StateOf(scene.Port, client.Port)));
            }
        },
        null,
        $"net.ipv4.tcp_abort_on_overflow={abort}");

    // With the accept queue full, a SYN is not even answered.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void ASynFindsTheAcceptQueueFull(string version) => Scene.BothWays(version, scene =>
    {
        PeerSocket listener = scene.Listen(backlog: 0);
        long drops = scene.B.Counter("TcpExtListenDrops");
        scene.Connect();
        scene.ExpectStates(TcpState.Established, TcpState.Established);
        ushort first = scene.ClientPort;
        scene.Connect();
        Until.True(() => scene.B.Counter("TcpExtListenDrops") == drops + 1, () => "no SYN was dropped");
        scene.ExpectStates(TcpState.SynSent, TcpState.Closed);
        Assert.Equal(TcpState.Established, scene.B.StateOf(scene.Port, first));
        scene.Accept(listener);
        scene.Accept(listener); // After a second the SYN comes again.
        scene.ExpectStates(TcpState.Established, TcpState.Established);
    });

    // RFC 4987 §3.6: every SYN is answered by a cookie; what the SYN offered is in the timestamp.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void EveryHandshakeIsByACookie(string version) => Scene.BothWays(
        version,
        scene =>
        {
            long sent = scene.B.Counter("TcpExtSyncookiesSent");
            long received = scene.B.Counter("TcpExtSyncookiesRecv");
            (PeerSocket a, PeerSocket b) = scene.Connected();
            Assert.Equal(sent + 1, scene.B.Counter("TcpExtSyncookiesSent"));
            Assert.Equal(received + 1, scene.B.Counter("TcpExtSyncookiesRecv"));
            a.SendAll("by a cookie"u8);
            Assert.Equal("by a cookie"u8, b.ReceiveAll(11));
            const int TimestampsSackScale = 7;
            Assert.Equal(TimestampsSackScale, a.Info.Options & TimestampsSackScale);
            Assert.Equal(TimestampsSackScale, b.Info.Options & TimestampsSackScale);
            Assert.Equal(a.Info.SndWscale, b.Info.RcvWscale);
            Assert.Equal(a.Info.RcvWscale, b.Info.SndWscale);
            Assert.True(b.Info.RcvWscale > 0, "no window scaling");
        },
        null,
        "net.ipv4.tcp_syncookies=2");

    // Only once the SYN queue is full are there cookies: with a backlog of 1 two handshakes are in it, and the third is by a cookie.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void AFullSynQueueTurnsToCookies(string version) => Scene.BothWays(version, scene =>
    {
        long sent = scene.B.Counter("TcpExtSyncookiesSent");
        PeerSocket listener = scene.Listen(backlog: 1);
        (PeerSocket Socket, ushort Port)[] clients = ConnectThree(scene, out Wire.Entry acks);
        Assert.Equal(Errno.OK, listener.Listen(16));
        Assert.Equal(sent + 1, scene.B.Counter("TcpExtSyncookiesSent"));
        Assert.Equal(2, clients.Count(client => scene.B.StateOf(scene.Port, client.Port) == TcpState.SynReceived));
        scene.Wire.Release(acks);
        foreach ((PeerSocket socket, _) in clients)
        {
            PeerSocket accepted = scene.Accept(listener);
            accepted.SendAll("hello"u8);
            Until.True(() => clients.Any(client => client.Socket.Receive(new byte[5]).Value == 5), () => "no hello");
        }

        Assert.All(clients, client => Assert.Equal(TcpState.Established, scene.B.StateOf(scene.Port, client.Port)));
    });

    /// <summary>Connects three times; all that A answers to SYN-ACKs is held.</summary>
    private static (PeerSocket Socket, ushort Port)[] ConnectThree(Scene scene, out Wire.Entry acks)
    {
        Wire.Entry held = scene.Wire.Hold(scene.A, Scene.Segments(TcpFlags.Ack));
        (PeerSocket Socket, ushort Port)[] clients = new (PeerSocket, ushort)[3];
        for (int i = 0; i < clients.Length; i++)
        {
            PeerSocket socket = scene.Connect();
            clients[i] = (socket, scene.ClientPort);
            int count = i + 1;
            Until.True(() => held.Count == count, () => $"{held.Count} of {count} handshakes");
        }

        acks = held;
        return clients;
    }
}

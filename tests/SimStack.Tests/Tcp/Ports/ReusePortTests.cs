using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp.Ports;

/// <summary>SO_REUSEPORT: which socket of a group gets what, and what becomes of it when one is closed (Linux: reuseport_select_sock).</summary>
public sealed class ReusePortTests
{
    private const int Peers = 400;

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Connections_are_spread_evenly_over_the_group(int members)
    {
        Dialogue net = new();
        TcpSocket[] listeners = Group(net, members);
        ConnectAll(net);
        foreach (TcpSocket listener in listeners)
        {
            Assert.InRange(listener.ReadableCount, Peers / members * 2 / 3, Peers / members * 4 / 3);
        }

        Assert.Equal(Peers, listeners.Sum(l => l.ReadableCount));
    }

    [Fact]
    public void The_same_ports_come_to_the_same_socket_again()
    {
        int[] Counts()
        {
            Dialogue net = new();
            TcpSocket[] listeners = Group(net, 3);
            ConnectAll(net);
            return [.. listeners.Select(l => l.ReadableCount)];
        }

        Assert.Equal(Counts(), Counts());
    }

    [Fact]
    public void A_listener_of_the_address_comes_before_a_group_of_any()
    {
        Dialogue net = new();
        TcpSocket[] listeners = Group(net, 3);
        TcpSocket special = Open(net, new(net.HostAddress, HostPort));
        ConnectAll(net);
        Assert.Equal(Peers, special.ReadableCount);
        Assert.Equal(0, listeners.Sum(l => l.ReadableCount));
    }

    /// <summary>tcp_migrate_req 0: the closed member's connections are reset and its handshakes forgotten; new ones go to the others.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_member_that_closes_leaves_its_queues_to_the_others_if_told(bool migrates)
    {
        Dialogue net = new(settings: s => s.MigrateRequests = migrates);
        TcpSocket[] listeners = Group(net, 3);
        ConnectAll(net);
        int[] before = [.. listeners.Select(l => l.ReadableCount)];
        ScriptedPeer[] opening = [.. Enumerable.Range(0, 60).Select(i => net.AddPeer((ushort)(20_000 + i)))];
        uint[] iss = [.. opening.Select(peer =>
        {
            peer.Send(Syn(Irs));
            return peer.Expect(SynAck()).Seq!.Value;
        })];
        int half = listeners[0].GetListenQueues()!.SynQueue.Count;
        Assert.InRange(half, 5, 40);
        listeners[0].Close(net.Now);

        Assert.Equal(migrates ? before[0] + half : 0, net.Host.Counters[SnmpCounter.TcpExtTCPMigrateReqSuccess]);
        Assert.Equal(migrates ? Peers : Peers - before[0], listeners.Skip(1).Sum(l => l.ReadableCount));
        int completed = 0;
        for (int i = 0; i < opening.Length; i++)
        {
            opening[i].Ignore();
            opening[i].Send(Ack(Irs + 1, iss[i] + 1));
            completed += opening[i].Take() is null ? 1 : 0; // A RST where nobody knows of it.
        }

        Assert.Equal(migrates ? opening.Length : opening.Length - half, completed);
        Assert.Equal(migrates ? Peers + 60 : Peers - before[0] + 60 - half, listeners.Skip(1).Sum(l => l.ReadableCount));
    }

    [Fact]
    public void The_last_of_a_group_takes_its_queues_with_it()
    {
        Dialogue net = new(settings: s => s.MigrateRequests = true);
        TcpSocket listener = Group(net, 1)[0];
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck());
        listener.Close(net.Now);
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        net.Peer.Expect(Rst(Iss + 1));
    }

    [Fact]
    public void Datagrams_are_spread_too_and_a_connected_socket_has_its_own()
    {
        Dialogue net = new();
        UdpSocket[] sockets = new UdpSocket[4];
        for (int i = 0; i < sockets.Length; i++)
        {
            sockets[i] = net.Host.OpenUdpSocket(AddressFamily.AF_INET);
            Assert.Equal(i == 0 ? Errno.OK : Errno.EADDRINUSE, sockets[i].Bind(new(IpAddress.AnyV4, 53)));
            if (i == 0)
            {
                sockets[0].Close(net.Now);
                sockets[0] = net.Host.OpenUdpSocket(AddressFamily.AF_INET);
            }

            sockets[i].SetOption(net.Now, SocketOption.SO_REUSEPORT, 1);
            Assert.Equal(1, sockets[i].GetOption(SocketOption.SO_REUSEPORT).Value);
            Assert.Equal(Errno.OK, sockets[i].Bind(new(IpAddress.AnyV4, 53)));
        }

        sockets[3].Connect(net.Now, new(IpAddress.LoopbackV4, 9_999));
        UdpSocket sender = net.Host.OpenUdpSocket(AddressFamily.AF_INET);
        for (int i = 0; i < 90; i++)
        {
            UdpSocket from = net.Host.OpenUdpSocket(AddressFamily.AF_INET);
            from.Bind(new(IpAddress.LoopbackV4, (ushort)(30_000 + i)));
            Assert.True(from.SendTo(net.Now, [1], new IpEndpoint(IpAddress.LoopbackV4, 53)).Succeeded);
            net.AdvanceMs(1);
        }

        Assert.Equal(90, sockets.Take(3).Sum(s => s.QueuedCount));
        Assert.All(sockets.Take(3), s => Assert.InRange(s.QueuedCount, 15, 45));
    }

    private static TcpSocket[] Group(Dialogue net, int members) =>
        [.. Enumerable.Range(0, members).Select(_ => Open(net, new(IpAddress.AnyV4, HostPort)))];

    private static TcpSocket Open(Dialogue net, IpEndpoint local)
    {
        TcpSocket socket = net.Host.OpenTcpSocket(AddressFamily.AF_INET);
        socket.SetOption(net.Now, SocketOption.SO_REUSEPORT, 1);
        Assert.Equal(Errno.OK, socket.Bind(local));
        Assert.Equal(Errno.OK, socket.Listen(net.Now, 1000));
        return socket;
    }

    private static void ConnectAll(Dialogue net)
    {
        for (int i = 0; i < Peers; i++)
        {
            ScriptedPeer peer = net.AddPeer((ushort)(10_000 + i));
            peer.Send(Syn(Irs));
            peer.Send(Ack(Irs + 1, peer.Expect(SynAck()).Seq!.Value + 1));
        }
    }
}

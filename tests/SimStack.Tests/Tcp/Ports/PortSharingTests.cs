using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp.Ports;

/// <summary>
/// Who may bind and listen beside whom: SO_REUSEADDR and SO_REUSEPORT, as a Linux 6.18 kernel answered for every combination (inet_csk_bind_conflict).
/// </summary>
public sealed class PortSharingTests
{
    private static readonly string[] Sharings = ["", "a", "p", "ap"];

    /// <summary>
    /// The first socket's state, and who of the second socket's settings, none, a, p, ap, may share with the first's, in the same order: a for
    /// SO_REUSEADDR, p for SO_REUSEPORT.
    /// </summary>
    [Theory]
    [InlineData("bound", "----", "-a-a", "--pp", "-app")]
    [InlineData("listening", "----", "----", "--pp", "--pp")]
    [InlineData("established", "----", "-a-a", "--pp", "-app")]
    [InlineData("time-wait", "----", "-a-a", "--pp", "-app")]
    [InlineData("connected", "----", "-a-a", "--pp", "-app")]
    public void A_port_is_shared_where_both_say_so(string state, params string[] rows)
    {
        for (int first = 0; first < Sharings.Length; first++)
        {
            for (int second = 0; second < Sharings.Length; second++)
            {
                Errno expected = rows[first][second] == '-' ? Errno.EADDRINUSE : Errno.OK;
                foreach ((bool any, bool anyToo) in ((bool, bool)[])[(false, false), (true, false), (false, true), (true, true)])
                {
                    Dialogue net = new();
                    Enter(net, state, Sharings[first], any);
                    TcpSocket other = Open(net, Sharings[second]);
                    Errno got = other.Bind(new(anyToo ? IpAddress.AnyV4 : net.HostAddress, HostPort));
                    Assert.True(expected == got, $"{state}, {Sharings[first]} then {Sharings[second]}: {got}");
                    if (got is Errno.OK)
                    {
                        Assert.Equal(Errno.OK, other.Listen(net.Now, 5));
                    }
                }
            }
        }
    }

    [Fact]
    public void Another_address_of_the_host_is_another_matter()
    {
        Dialogue net = new();
        IpAddress second = IpAddress.FromV4(10, 0, 0, 77);
        net.Host.AddAddress(net.Interface, second, 24);
        Enter(net, "listening", "", any: false);
        Assert.Equal(Errno.OK, net.NewSocket().Bind(new(second, HostPort)));
    }

    /// <summary>Both could bind; but SO_REUSEADDR alone lets only one listen, whatever the addresses.</summary>
    [Theory]
    [InlineData("a", Errno.EADDRINUSE)]
    [InlineData("p", Errno.OK)]
    [InlineData("ap", Errno.OK)]
    public void The_second_to_listen_is_asked_again(string sharing, Errno expected)
    {
        Dialogue net = new();
        TcpSocket one = Open(net, sharing), two = Open(net, sharing);
        Assert.Equal(Errno.OK, one.Bind(new(net.HostAddress, HostPort)));
        Assert.Equal(Errno.OK, two.Bind(new(IpAddress.AnyV4, HostPort)));
        Assert.Equal(Errno.OK, one.Listen(net.Now, 5));
        Assert.Equal(expected, two.Listen(net.Now, 5));
    }

    [Theory]
    [InlineData("linux", Errno.EADDRINUSE)]
    [InlineData("freebsd", Errno.OK)]
    [InlineData("rfc9293", Errno.OK)]
    public void Only_Linux_asks_what_the_old_connection_had_set(string profile, Errno expected)
    {
        Profile.TryGet(profile, out Profile chosen);
        Dialogue net = new(profile: chosen);
        Enter(net, "time-wait", "", any: false);
        Assert.Equal(expected, Open(net, "a").Bind(new(net.HostAddress, HostPort)));
    }

    private static void Enter(Dialogue net, string state, string sharing, bool any)
    {
        TcpSocket socket = Open(net, sharing);
        Assert.Equal(Errno.OK, socket.Bind(new(any ? IpAddress.AnyV4 : net.HostAddress, HostPort)));
        switch (state)
        {
            case "bound":
                return;
            case "connected":
                socket.SetInitialSequenceNumber(Iss);
                socket.Connect(net.Now, net.Peer.Endpoint);
                net.Peer.Expect(Syn());
                net.Peer.Send(SynAck(Irs, Iss + 1));
                net.Peer.Expect(Ack());
                return;
        }

        socket.SetInitialSequenceNumber(Iss);
        Assert.Equal(Errno.OK, socket.Listen(net.Now, 5));
        if (state == "listening")
        {
            return;
        }

        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        Assert.Equal(Errno.OK, socket.Accept(net.Now, out TcpSocket? accepted));
        socket.Close(net.Now);
        if (state == "time-wait")
        {
            accepted!.Close(net.Now);
            net.Peer.Expect(Fin());
            net.Peer.Send(Fin(Irs + 1, Iss + 2));
            net.Peer.Expect(Ack());
            Assert.Equal(TcpState.TimeWait, net.StateOf());
        }
    }

    private static TcpSocket Open(Dialogue net, string sharing)
    {
        TcpSocket socket = net.Host.OpenTcpSocket(AddressFamily.AF_INET);
        foreach ((char letter, SocketOption option) in ((char, SocketOption)[])[('a', SocketOption.SO_REUSEADDR), ('p', SocketOption.SO_REUSEPORT)])
        {
            int on = sharing.Contains(letter) ? 1 : 0;
            Assert.Equal(Errno.OK, socket.SetOption(net.Now, option, on * 7));
            Assert.Equal(on, socket.GetOption(option).Value);
        }

        return socket;
    }
}

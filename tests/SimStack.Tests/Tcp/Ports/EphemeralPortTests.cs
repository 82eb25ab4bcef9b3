using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using Xunit;

namespace SimStack.Tests.Tcp.Ports;

/// <summary>
/// Which ports connect and bind choose (RFC 6056; Linux: __inet_hash_connect, inet_csk_find_open_port). The rows are what a Linux 6.18 kernel gave,
/// where chance left it no choice.
/// </summary>
public sealed class EphemeralPortTests
{
    private const int Address = 1, Port = 2;

    /// <summary>Until there are none; an even number of ports of the range counts, of a socket's own range each.</summary>
    [Theory]
    [InlineData("40000 40000", "", 0, 0, "40000")]
    [InlineData("40000 40001", "", 0, 0, "40000 40001")]
    [InlineData("40000 40002", "", 0, 0, "40000 40001")]
    [InlineData("40000 40003", "", 0, 0, "40000 40001 40002 40003")]
    [InlineData("40000 40003", "40001,40003", 0, 0, "40000 40002")]
    [InlineData("40000 40003", "40000-40003", 0, 0, "")]
    [InlineData("40000 40010", "", 40003, 40005, "40003 40004 40005")]
    [InlineData("40000 40010", "40004", 40003, 40005, "40003 40005")]
    [InlineData("40000 40010", "", 40009, 40100, "40009 40010")]
    [InlineData("40000 40004", "", 0, 40002, "40000 40001 40002")]
    public void Connect_finds_all_there_are_and_then_none(string range, string reserved, int first, int last, string expected)
    {
        Dialogue net = With(range, reserved);
        List<ushort> ports = [];
        while (TryConnect(net, net.Peer.Endpoint, first | last << 16, out ushort port) is Errno.EINPROGRESS)
        {
            ports.Add(port);
        }

        Assert.Equal(expected, Text(ports));
        Assert.Equal(Errno.EADDRNOTAVAIL, TryConnect(net, net.Peer.Endpoint, first | last << 16, out _));

        // To another place each is free again.
        List<ushort> again = [];
        while (TryConnect(net, net.Peer.Endpoint with { Port = 81 }, first | last << 16, out ushort port) is Errno.EINPROGRESS)
        {
            again.Add(port);
        }

        Assert.Equal(expected, Text(again));
    }

    [Theory]
    [InlineData("40000 40000", 0, "", "40000")]
    [InlineData("40000 40001", 0, "", "40001 40000")]
    [InlineData("40000 40002", 0, "", "40001 40000")]
    [InlineData("40000 40001", Address, "", "40001 40000")]
    [InlineData("40000 40001", Port, "", "40001 40000")]
    [InlineData("40000 40001", 0, "40001", "40000")]
    public void Bind_takes_odd_ports_first(string range, int sharing, string reserved, string expected)
    {
        Dialogue net = With(range, reserved);
        List<ushort> ports = [];
        while (TryBind(net, sharing, out ushort port) is Errno.OK)
        {
            ports.Add(port);
        }

        Assert.Equal(expected, string.Join(' ', ports));
        Assert.Equal(Errno.EADDRINUSE, TryBind(net, sharing, out _));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(Address, true)]
    [InlineData(Port, false)]
    [InlineData(Address | Port, false)]
    public void A_port_is_shared_by_chance_only_with_ip_autobind_reuse(int sharing, bool shared)
    {
        Dialogue net = With("40000 40001", "");
        TryBind(net, sharing, out _);
        TryBind(net, sharing, out _);
        Assert.Equal(Errno.EADDRINUSE, TryBind(net, sharing, out _));
        net.Host.Sysctls.AutobindReuse = true;
        Assert.Equal(shared ? Errno.OK : Errno.EADDRINUSE, TryBind(net, sharing, out ushort port));
        Assert.True(!shared || port is 40_000 or 40_001);
    }

    [Fact]
    public void Connect_and_bind_keep_to_their_parity_and_bind_with_SO_REUSEADDR_to_the_lower_half()
    {
        Dialogue net = With("40000 40999", "");
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(Errno.EINPROGRESS, TryConnect(net, net.Peer.Endpoint, 0, out ushort chosen));
            Assert.Equal(0, chosen % 2);
            Assert.Equal(Errno.OK, TryBind(net, Address, out ushort bound));
            Assert.Equal(1, bound % 2);
            Assert.InRange(bound, 40_000, 40_499);
        }
    }

    [Fact]
    public void Connect_passes_over_what_somebody_bound()
    {
        Dialogue net = With("40000 40003", "");
        TryBind(net, 0, out ushort one);
        TryBind(net, 0, out ushort two);
        List<ushort> ports = [];
        while (TryConnect(net, net.Peer.Endpoint, 0, out ushort port) is Errno.EINPROGRESS)
        {
            ports.Add(port);
        }

        Assert.Equal("40000 40001 40002 40003", Text([.. ports, one, two]));
        Assert.Equal(2, ports.Count);
    }

    /// <summary>Each destination has a sequence of its own, and two hosts have different ones (RFC 6056 §3.1).</summary>
    [Fact]
    public void Where_it_begins_hangs_on_the_destination_and_on_the_host()
    {
        HashSet<ushort> starts = [];
        for (ulong secret = 1; secret <= 20; secret++)
        {
            Dialogue net = new(secret: secret);
            TryConnect(net, net.Peer.Endpoint, 0, out ushort port);
            TryConnect(net, net.Peer.Endpoint with { Port = 81 }, 0, out ushort other);
            TryConnect(net, net.Peer.Endpoint, 0, out ushort next);
            starts.Add(port);
            starts.Add(other);
            Assert.InRange((next - port + 28_232) % 28_232, 2, 16);
        }

        Assert.InRange(starts.Count, 38, 40);
    }

    [Fact]
    public void With_IP_BIND_ADDRESS_NO_PORT_the_port_comes_with_the_connection()
    {
        Dialogue net = With("40000 40001", "");
        foreach (ushort to in (ushort[])[80, 81])
        {
            for (int i = 0; i < 3; i++)
            {
                TcpSocket socket = net.NewSocket();
                socket.SetOption(net.Now, SocketOption.IP_BIND_ADDRESS_NO_PORT, 1);
                Assert.Equal(Errno.OK, socket.Bind(new(net.HostAddress, 0)));
                Assert.Equal(new IpEndpoint(net.HostAddress, 0), socket.LocalEndpoint);
                Assert.Equal(Errno.OK, socket.Bind(new(net.HostAddress, 0)));
                Errno expected = i < 2 ? Errno.EINPROGRESS : Errno.EADDRNOTAVAIL;
                Assert.Equal(expected, socket.Connect(net.Now, net.Peer.Endpoint with { Port = to }));
            }
        }

        TcpSocket listener = net.NewSocket();
        listener.SetOption(net.Now, SocketOption.IP_BIND_ADDRESS_NO_PORT, 1);
        listener.Bind(new(net.HostAddress, 0));
        Assert.Equal(Errno.EADDRINUSE, listener.Listen(net.Now, 1));
    }

    [Theory]
    [InlineData(40_005, 40_003, Errno.EINVAL)]
    [InlineData(40_003, 40_005, Errno.OK)]
    [InlineData(40_005, 0, Errno.OK)]
    [InlineData(0, 40_005, Errno.OK)]
    public void IP_LOCAL_PORT_RANGE_is_in_order(int first, int last, Errno expected)
    {
        TcpSocket socket = new Dialogue().NewSocket();
        int value = first | last << 16;
        Assert.Equal(expected, socket.SetOption(default, SocketOption.IP_LOCAL_PORT_RANGE, value));
        Assert.Equal(expected is Errno.OK ? value : 0, socket.GetOption(SocketOption.IP_LOCAL_PORT_RANGE).Value);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("40001,40003", "40001,40003")]
    [InlineData("1-3,5,4,10", "1-5,10")]
    [InlineData("0-65535", "0-65535")]
    [InlineData("8080, 9148-9150\n", "8080,9148-9150")]
    [InlineData("5-4", null)]
    [InlineData("65536", null)]
    [InlineData("1-2-3", null)]
    [InlineData("http", null)]
    [InlineData("-1", null)]
    public void Reserved_ports_are_a_list_of_ranges(string text, string? expected)
    {
        Sysctls sysctls = new();
        bool taken = sysctls.TrySet("net.ipv4.ip_local_reserved_ports", text, out string? error);
        Assert.Equal(expected is not null, taken);
        Assert.True(sysctls.TryGet("net.ipv4.ip_local_reserved_ports", out string value));
        Assert.Equal(expected ?? "", value);
        Assert.Equal(taken, error is null);
    }

    private static Dialogue With(string range, string reserved) => new(settings: s =>
    {
        Assert.True(s.TrySet("net.ipv4.ip_local_port_range", range, out _));
        Assert.True(s.TrySet("net.ipv4.ip_local_reserved_ports", reserved, out _));
    });

    private static Errno TryConnect(Dialogue net, IpEndpoint to, int range, out ushort port)
    {
        TcpSocket socket = net.NewSocket();
        Assert.Equal(Errno.OK, socket.SetOption(net.Now, SocketOption.IP_LOCAL_PORT_RANGE, range));
        Errno error = socket.Connect(net.Now, to);
        port = socket.LocalEndpoint.Port;
        return error;
    }

    private static Errno TryBind(Dialogue net, int sharing, out ushort port)
    {
        TcpSocket socket = net.NewSocket();
        socket.SetOption(net.Now, SocketOption.SO_REUSEADDR, sharing & Address);
        socket.SetOption(net.Now, SocketOption.SO_REUSEPORT, sharing & Port);
        Errno error = socket.Bind(new(net.HostAddress, 0));
        port = socket.LocalEndpoint.Port;
        return error;
    }

    private static string Text(List<ushort> ports) => string.Join(' ', ports.Order());
}

using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp.Authentication;
using Xunit;

namespace SimStack.Tests.Tcp.Authentication;

/// <summary>What TCP_MD5SIG and TCP_AO_* take and refuse (Linux: tcp_v4_parse_md5_keys, tcp_ao_add_cmd, tcp_ao_info_cmd, tcp_connect).</summary>
public sealed class SocketKeyTests
{
    private static readonly IpAddress Peer = IpAddress.Parse("10.0.0.2");

    [Theory]
    [InlineData("10.0.0.2", 32, 1, Errno.OK)]
    [InlineData("10.0.0.2", 32, 80, Errno.OK)]
    [InlineData("10.0.0.2", 32, 81, Errno.EINVAL)]
    [InlineData("10.0.0.2", 33, 5, Errno.EINVAL)]
    [InlineData("10.0.0.2", -1, 5, Errno.EINVAL)]
    [InlineData("10.0.0.2", 0, 5, Errno.OK)]
    [InlineData("fd00::2", 128, 5, Errno.EINVAL)]
    [InlineData("10.0.0.2", 32, 0, Errno.ENOENT)]
    public void TCP_MD5SIG(string address, int prefix, int length, Errno result)
    {
        Dialogue net = new();
        Assert.Equal(result, net.NewSocket().SetMd5Key(IpAddress.Parse(address), prefix, new byte[length]));
        if (result is Errno.OK)
        {
            Assert.Equal(Errno.OK, new Dialogue(ipv6: true).NewSocket().SetMd5Key(IpAddress.Parse(address), prefix, new byte[length]));
        }
    }

    [Theory]
    [InlineData("10.0.0.2", 32, "hmac(sha1)", 10, 12, Errno.OK)]
    [InlineData("10.0.0.0", 24, "cmac(aes128)", 10, 0, Errno.OK)]
    [InlineData("10.0.0.2", 32, "hmac(sha256)", 0, 16, Errno.OK)]
    [InlineData("10.0.0.2", 32, "hmac(sha512)", 80, 16, Errno.OK)]
    [InlineData("10.0.0.2", 32, "cmac(aes)", 16, 12, Errno.OK)]
    [InlineData("10.0.0.2", 32, "cmac(aes)", 17, 12, Errno.EINVAL)]
    [InlineData("0.0.0.0", 0, "hmac(sha1)", 10, 12, Errno.OK)]
    [InlineData("0.0.0.0", 8, "hmac(sha1)", 10, 12, Errno.EINVAL)]
    [InlineData("10.0.0.2", 24, "hmac(sha1)", 10, 12, Errno.EINVAL)]
    [InlineData("10.0.0.2", 33, "hmac(sha1)", 10, 12, Errno.EINVAL)]
    [InlineData("10.0.0.2", 0, "hmac(sha1)", 10, 12, Errno.EINVAL)]
    [InlineData("fd00::2", 128, "hmac(sha1)", 10, 12, Errno.EINVAL)]
    [InlineData("10.0.0.2", 32, "hmac(sha1)", 81, 12, Errno.EINVAL)]
    [InlineData("10.0.0.2", 32, "hmac(sha1)", 10, 17, Errno.EMSGSIZE)]
    [InlineData("10.0.0.2", 32, "rot13", 10, 12, Errno.ENOENT)]
    public void TCP_AO_ADD_KEY(string address, int prefix, string algorithm, int keyLength, int macLength, Errno result)
    {
        Dialogue net = new();
        TcpSocket socket = net.NewSocket();
        TcpAoKey key = Key() with
        {
            Address = IpAddress.Parse(address),
            PrefixLength = prefix,
            Algorithm = algorithm,
            Key = new byte[keyLength],
            MacLength = macLength,
        };
        Assert.Equal(result, socket.AddAoKey(key));
        Assert.Equal(result is Errno.OK ? 1 : 0, socket.GetAoKeys().Count);
        if (result is Errno.OK)
        {
            Assert.Equal(macLength == 0 ? 12 : macLength, socket.GetAoKeys()[0].MacLength);
        }
    }

    [Fact]
    public void IDs_are_unique_for_a_peer()
    {
        TcpSocket socket = new Dialogue().NewSocket();
        Assert.Equal(Errno.OK, socket.AddAoKey(Key()));
        Assert.Equal(Errno.EEXIST, socket.AddAoKey(Key() with { SendId = 9 }));
        Assert.Equal(Errno.EEXIST, socket.AddAoKey(Key() with { ReceiveId = 9 }));
        Assert.Equal(Errno.EEXIST, socket.AddAoKey(Key() with { Address = IpAddress.Parse("10.0.0.0"), PrefixLength = 24 }));
        Assert.Equal(Errno.OK, socket.AddAoKey(Key() with { Address = IpAddress.Parse("10.0.1.0"), PrefixLength = 24 }));
        Assert.Equal(Errno.OK, socket.AddAoKey(Key() with { SendId = 9, ReceiveId = 9, IsCurrent = true, IsRNext = true }));
        Assert.True(socket.GetAoKeys()[0] is { IsCurrent: true, IsRNext: true, SendId: 9 });
        Assert.Equal(Errno.EINVAL, socket.AddAoKey(Key() with { SendId = 8, ReceiveId = 8, Flags = TcpAoKeyFlags.TCP_AO_KEYF_IFINDEX }));
    }

    [Fact]
    public void MD5_and_TCP_AO_exclude_each_other_for_a_peer()
    {
        TcpSocket socket = new Dialogue().NewSocket();
        Assert.Equal(Errno.OK, socket.SetMd5Key(Peer, "key"u8));
        Assert.Equal(Errno.EKEYREJECTED, socket.AddAoKey(Key()));
        Assert.Equal(Errno.EKEYREJECTED, socket.SetAoInfo(new TcpAoInfo { AoRequired = true }));
        Assert.Equal(Errno.OK, socket.AddAoKey(Key() with { Address = IpAddress.Parse("10.0.0.9") }));
        Assert.Equal(Errno.EKEYREJECTED, socket.SetMd5Key(IpAddress.Parse("10.0.0.9"), "key"u8));
        Assert.Equal(Errno.OK, socket.SetMd5Key(Peer, []));
        Assert.Equal(Errno.OK, socket.SetAoInfo(new TcpAoInfo { AoRequired = true }));
        Assert.Equal(Errno.EKEYREJECTED, socket.SetMd5Key(Peer, "key"u8));
    }

    [Fact]
    public void Connecting_decides_between_the_two()
    {
        Dialogue net = new();
        TcpSocket none = net.NewSocket();
        Assert.Equal(Errno.OK, none.AddAoKey(Key() with { Address = IpAddress.Parse("10.0.0.9") }));
        Assert.Equal(Errno.EKEYREJECTED, none.Connect(net.Now, net.Peer.Endpoint));

        TcpSocket md5 = net.NewSocket();
        Assert.Equal(Errno.OK, md5.AddAoKey(Key() with { Address = IpAddress.Parse("10.0.0.9") }));
        Assert.Equal(Errno.OK, md5.SetMd5Key(Peer, "key"u8));
        Assert.Equal(Errno.EINPROGRESS, md5.Connect(net.Now, net.Peer.Endpoint));
        net.Peer.Expect(Segments.Syn().Signed(PeerSignature.Md5("key")));
        Assert.Empty(md5.GetAoKeys());

        TcpSocket ao = net.NewSocket();
        Assert.Equal(Errno.OK, ao.AddAoKey(Key()));
        Assert.Equal(Errno.OK, ao.SetMd5Key(IpAddress.Parse("10.0.0.9"), "key"u8));
        ao.SetInitialSequenceNumber(77);
        Assert.Equal(Errno.EINPROGRESS, ao.Connect(net.Now, net.Peer.Endpoint));
        net.Peer.Expect(Segments.Syn(77).Signed(new AoSignature("key", 1, 2, 77, 0)));
        Assert.Equal(Errno.ENOENT, ao.SetMd5Key(IpAddress.Parse("10.0.0.9"), []));
    }

    [Fact]
    public void TCP_AO_begins_before_the_connection()
    {
        Dialogue net = new();
        net.EstablishPassively();
        Assert.Equal(Errno.EISCONN, net.Socket.AddAoKey(Key()));
        Assert.Equal(Errno.EISCONN, net.Socket.SetAoInfo(default));
        Assert.Equal(Errno.EISCONN, net.Socket.RemoveAoKey(new() { Address = Peer, PrefixLength = 32, SendId = 1, ReceiveId = 2 }));
        Assert.Null(net.Socket.GetAoInfo());
        Assert.Equal(Errno.OK, net.Listener.AddAoKey(Key()));
        Assert.Equal(Errno.EINVAL, net.Listener.AddAoKey(Key() with { SendId = 3, ReceiveId = 3, IsCurrent = true }));
        Assert.Equal(Errno.EINVAL, net.Listener.SetAoInfo(new TcpAoInfo { RNextKey = 2 }));
        Assert.Equal(Errno.OK, net.Listener.RemoveAoKey(new() { Address = Peer, PrefixLength = 32, SendId = 1, ReceiveId = 2, IsAsynchronous = true }));
    }

    [Fact]
    public void Counters_can_be_set()
    {
        TcpSocket socket = new Dialogue().NewSocket();
        TcpAoInfo info = new() { SetCounters = true, Good = 1, Bad = 2, KeyNotFound = 3, Required = 4, DroppedIcmps = 5 };
        Assert.Equal(Errno.OK, socket.SetAoInfo(info));
        Assert.Equal(info with { SetCounters = false }, socket.GetAoInfo());
        Assert.Equal(Errno.ENOENT, socket.SetAoInfo(new TcpAoInfo { CurrentKey = 1 }));
    }

    [Fact]
    public void Systems_without_TCP_AO_have_no_such_option()
    {
        TcpSocket socket = new Dialogue(profile: Profile.Windows).NewSocket();
        Assert.Equal(Errno.ENOPROTOOPT, socket.AddAoKey(Key()));
    }

    [Theory]
    [InlineData("10.1.2.3", 8, "10.255.0.1", true)]
    [InlineData("10.1.2.3", 16, "10.2.2.3", false)]
    [InlineData("10.1.2.3", 32, "10.1.2.3", true)]
    [InlineData("0.0.0.0", 0, "255.1.2.3", true)]
    [InlineData("0.0.0.0", 0, "fd00::1", false)]
    [InlineData("fd00::", 64, "fd00::1:2:3:4", true)]
    [InlineData("fd00::", 65, "fd00::8000:0:0:4", false)]
    [InlineData("fd00::1", 127, "fd00::", true)]
    [InlineData("::", 0, "2001:db8::1", true)]
    public void Prefixes(string prefix, int length, string address, bool covered) =>
        Assert.Equal(covered, PeerPrefix.Covers(IpAddress.Parse(prefix), length, IpAddress.Parse(address)));

    [Theory]
    [InlineData(5u, 100u, 90u, 5u)]
    [InlineData(5u, 100u, 110u, 5u)]
    [InlineData(5u, 10u, 0xFFFF_FFF0u, 4u)]
    [InlineData(5u, 0xFFFF_FFF0u, 10u, 6u)]
    [InlineData(0u, 10u, 0xFFFF_FFF0u, uint.MaxValue)]
    public void Extensions(uint known, uint at, uint seq, uint expected) => Assert.Equal(expected, AoKeys.ExtensionOf(known, at, seq));

    private static TcpAoKey Key() => new() { Address = Peer, PrefixLength = 32, SendId = 1, ReceiveId = 2, Key = "key"u8.ToArray() };
}

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SimNet.Bridge;
using SimNet.Hosts;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>A simulated station on an interface that a kernel has, by packet socket and by libpcap, and another kernel that talks to it.</summary>
public class StationTests
{
    private static readonly MacAddress Own = new(0x0200_0000_0809);

    public static TheoryData<string, string> KindsAndAddresses => new()
    {
        { "packet", "10.8.0.2" }, { "packet", "fd08::2" }, { "pcap", "10.8.0.2" }, { "pcap", "fd08::2" },
    };

    [Theory]
    [MemberData(nameof(KindsAndAddresses))]
    public void BothAnswerOnOneEthernetAddress(string kind, string address)
    {
        using Cable cable = new();
        using BridgedStation station = new(kind, cable);
        string beside = address[..^1] + "3";
        Assert.Contains("2 received", cable.Peer.Run("ping", "-c", "2", "-i", "0.05", "-W", "5", address), StringComparison.Ordinal);
        Assert.Contains("2 received", cable.Peer.Run("ping", "-c", "2", "-i", "0.05", "-W", "5", "-s", "4000", address), StringComparison.Ordinal);
        Assert.Contains("2 received", cable.Peer.Run("ping", "-c", "2", "-i", "0.05", "-W", "5", beside), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(KindsAndAddresses))]
    public async Task DataGoesBothWaysThroughOffloads(string kind, string address)
    {
        byte[] data = new byte[2_000_000];
        new System.Random(1).NextBytes(data);
        using Cable cable = new();
        using BridgedStation station = new(kind, cable);
        station.Start(async host =>
        {
            SimTcpListener listener = host.Listen(new IpEndpoint(IpAddress.Parse(address), 7));
            using SimTcpStream stream = await listener.AcceptAsync();
            await stream.CopyToAsync(stream);
        });
        using Socket socket = Connect(cable.Peer, address, 7);
        Task<int> sending = Task.Run(() =>
        {
            int sent = socket.Send(data);
            socket.Shutdown(SocketShutdown.Send);
            return sent;
        });
        byte[] hash = await SHA256.HashDataAsync(new NetworkStream(socket), TestContext.Current.CancellationToken);
        Assert.Equal(data.Length, await sending);
        Assert.Equal(SHA256.HashData(data), hash);
        // No word of retransmissions: on a busy machine the station may answer later than the kernel waits.
        Assert.Empty(cable.Peer.Counters().Where(c => c.Key is "TcpInCsumErrors" or "TcpInErrs"));
        Assert.Equal(0, station.Device.Counters.RxErrors);
        // The kernel beside, whose Ethernet address it shares, stays out of it.
        Assert.Empty(cable.Beside.Counters().Where(c => c.Key is "TcpOutRsts" or "IcmpOutMsgs"));
    }

    [Theory]
    [InlineData("packet")]
    [InlineData("pcap")]
    public void AnEthernetAddressOfItsOwnTakesPromiscuousMode(string kind)
    {
        using Cable cable = new();
        BridgeException refused = Assert.Throws<BridgeException>(() => BridgedStation.Open(kind, Options(cable) with { HardwareAddress = Own }));
        Assert.Contains("promiscuous", refused.Message, StringComparison.Ordinal);
        using BridgedStation station = new(kind, cable, Own);
        Assert.Contains("2 received", cable.Peer.Run("ping", "-c", "2", "-i", "0.05", "-W", "5", "10.8.0.2"), StringComparison.Ordinal);
        Assert.Contains(Own.ToString(), cable.Peer.Run("ip", "neigh", "show", "10.8.0.2"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("packet")]
    [InlineData("pcap")]
    public void WhatIsWrongIsSaid(string kind)
    {
        using Cable cable = new();
        cable.Beside.Run("ip", "link", "add", "down0", "type", "veth", "peer", "name", "down1");
        cable.Beside.Run("ip", "tuntap", "add", "mode", "tun", "name", "tun0");
        cable.Beside.Run("ip", "link", "set", "tun0", "up");
        Assert.Contains("nosuch", Refusal("nosuch"), StringComparison.Ordinal);
        Assert.Contains("is down; `ip link set down0 up`", Refusal("down0"), StringComparison.Ordinal);
        Assert.Contains("is not an Ethernet", Refusal("tun0"), StringComparison.Ordinal);
        Assert.Contains("must be named", Refusal(""), StringComparison.Ordinal);
        Assert.Contains("at most 15", Refusal("a-name-of-sixteen"), StringComparison.Ordinal);

        string Refusal(string name) =>
            Assert.Throws<BridgeException>(() => BridgedStation.Open(kind, Options(cable) with { Interface = name }).Dispose()).Message;
    }

    [Theory]
    [InlineData("packet", "10.8.0.1", "belongs to")]
    [InlineData("packet", "fd08::1", "belongs to")]
    [InlineData("pcap", "10.8.0.1", "belongs to")]
    [InlineData("pcap", "fd08::1", "belongs to")]
    [InlineData("packet", "10.8.0.3", "this system's own address")]
    [InlineData("pcap", "fd08::3", "this system's own address")]
    [InlineData("packet", "127.0.0.1", "no address that a host can have")]
    [InlineData("packet", "ff02::5", "no address that a host can have")]
    public void AnAddressThatSomebodyHasIsRefused(string kind, string address, string message)
    {
        using Cable cable = new();
        using StationDevice device = BridgedStation.Open(kind, Options(cable) with { Addresses = [IpAddress.Parse("10.8.0.9"), IpAddress.Parse(address)] });
        BridgeException refused = Assert.Throws<BridgeException>(() => AddressProbe.Run(device));
        Assert.Contains(address + " ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("packet")]
    [InlineData("pcap")]
    public void AnAddressThatNobodyHasIsNot(string kind)
    {
        using Cable cable = new();
        using StationDevice device = BridgedStation.Open(kind, Options(cable));
        AddressProbe.Run(device);
        Assert.Equal(6, device.Counters.TxFrames);
    }

    [Theory]
    [InlineData("packet")]
    [InlineData("pcap")]
    public void WhatIsNotReadInTimeCountsAsDropped(string kind)
    {
        using Cable cable = new();
        using StationDevice device = BridgedStation.Open(kind, Options(cable));
        cable.Peer.Run("ip", "neigh", "add", "10.8.0.2", "lladdr", device.Station.ToString(), "dev", "ve0");
        byte[] datagram = new byte[1400];
        using Socket socket = cable.Peer.Enter(() => new Socket(SocketType.Dgram, ProtocolType.Udp));
        for (int i = 0; i < 40_000 && device.Counters.RxDropped == 0; i++)
        {
            socket.SendTo(datagram, new IPEndPoint(IPAddress.Parse("10.8.0.2"), 9));
            if (i % 1000 == 999)
            {
                device.UpdateCounters();
            }
        }

        Assert.True(device.Counters.RxDropped > 0);
    }

    [Fact]
    public void AnInterfaceThatIsRemovedEndsAPcapSessionToo()
    {
        using Cable cable = new();
        using BridgedStation station = new("pcap", cable);
        cable.Beside.Run("ip", "link", "delete", "ve1");
        Assert.Contains("ve1 can't be read any more", Assert.IsType<BridgeException>(station.Failure).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnInterfaceThatGoesDownAndUpAgainIsNoEnd()
    {
        using Cable cable = new();
        using BridgedStation station = new("packet", cable);
        cable.Beside.Run("ip", "link", "set", "ve1", "down");
        cable.Beside.Run("ip", "link", "set", "ve1", "up");
        Assert.Contains("1 received", cable.Peer.Run("ping", "-c", "1", "-W", "5", "10.8.0.2"), StringComparison.Ordinal);
        cable.Beside.Run("ip", "link", "delete", "ve1");
        Assert.Contains("was it removed?", Assert.IsType<BridgeException>(station.Failure).Message, StringComparison.Ordinal);
    }

    private static StationOptions Options(Cable cable) => new()
    {
        Interface = "ve1",
        NetworkNamespace = cable.Beside.Name,
        Addresses = [IpAddress.Parse("10.8.0.2"), IpAddress.Parse("fd08::2")],
    };

    private static Socket Connect(KernelNamespace kernel, string address, int port) => kernel.Enter(() =>
    {
        Socket made = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000, SendTimeout = 20_000 };
        made.Connect(new IPEndPoint(IPAddress.Parse(address), port));
        return made;
    });
}

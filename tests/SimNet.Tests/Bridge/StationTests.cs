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
        // A timer that goes off while the machine is busy with something else would be no news about offloads.
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)[("net.ipv4.tcp_early_retrans", "0"), ("net.ipv4.tcp_rto_min_us", "10000000")])
        {
            cable.Peer.Sysctl(name, value);
            Assert.True(station.Host.Stack.Sysctls.TrySet(name, value, out string? error), error);
        }

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
        Assert.Empty(cable.Peer.Counters().Where(c => c.Key is "TcpInCsumErrors" or "TcpInErrs"));
        Assert.Equal(0, station.Device.Counters.RxErrors);
        // Nothing goes again but what the socket's buffer had no room for, and what was there already: one packet overtook another, on its way through two processors.
        station.Device.UpdateCounters();
        bool dropped = station.Device.Counters.RxDropped > 0;
        AssertNothingGoesAgain("the kernel", dropped, cable.Peer.Counters());
        AssertNothingGoesAgain("the station", dropped, station.Host.Stack.Counters.NonZero().ToDictionary(c => c.Key, c => c.Value));
        // The kernel beside, whose Ethernet address it shares, stays out of it.
        Assert.Empty(cable.Beside.Counters().Where(c => c.Key is "TcpOutRsts" or "IcmpOutMsgs"));
    }

    private static void AssertNothingGoesAgain(string who, bool dropped, IReadOnlyDictionary<string, long> counters)
    {
        long again = counters.GetValueOrDefault("TcpRetransSegs");
        long needless = counters.GetValueOrDefault("TcpExtTCPDSACKRecvSegs");
        Assert.True(
            dropped || again <= needless,
            $"{who} sent something again, although nothing was dropped: {string.Join(", ", counters.Where(c => c.Key.StartsWith("Tcp", StringComparison.Ordinal)).Select(c => $"{c.Key} {c.Value}"))}");
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

    // What docs/bridge-interfaces.md says of keeping the system quiet, word for word but for the names.
    [Theory]
    [InlineData("packet", "forwards", "ip daddr 10.0.0.7 drop")]
    [InlineData("pcap", "forwards", "ip daddr 10.0.0.7 drop")]
    [InlineData("packet", "has the address", "tcp dport 8080 drop")]
    [InlineData("pcap", "has the address", "tcp dport 8080 drop")]
    public void TheRulesOfTheDocumentationKeepTheKernelQuiet(string kind, string kernel, string rule)
    {
        ExternalTool.Require("nft");
        string[] commands = [.. File.ReadLines(Documentation("bridge-interfaces.md"))
            .Where(line => line.StartsWith("nft ", StringComparison.Ordinal))
            .Select(line => line.Split('#')[0].Trim().Replace("eth0", "ve1", StringComparison.Ordinal))];
        string[] before = [.. commands.TakeWhile(c => !c.Contains(" rule ", StringComparison.Ordinal)), commands.Single(c => c.EndsWith(rule, StringComparison.Ordinal))];
        using Cable cable = new();
        if (kernel == "forwards")
        {
            cable.Beside.Sysctl("net.ipv4.conf.all.forwarding", "1");
        }

        using BridgedStation station = new(kind, cable);
        station.Start(async host =>
        {
            SimTcpListener listener = host.Listen(new IpEndpoint(IpAddress.Parse("10.8.0.2"), 7));
            while (true)
            {
                using SimTcpStream stream = await listener.AcceptAsync();
                await stream.CopyToAsync(stream);
            }
        });
        if (kernel == "has the address")
        {
            // Its own answers to ARP would be no others, as both have one Ethernet address.
            cable.Beside.Run("ip", "address", "add", "10.8.0.2/32", "dev", "ve1");
        }

        string disturbance = kernel == "forwards" ? "IpForwDatagrams" : "TcpOutRsts";
        Talk(cable.Peer, mustSucceed: false);
        Assert.NotEqual(0, cable.Beside.Counters().GetValueOrDefault(disturbance));
        foreach (string command in before)
        {
            cable.Beside.Run("sh", "-c", command.Replace("10.0.0.7", "10.8.0.2", StringComparison.Ordinal).Replace("8080", "7", StringComparison.Ordinal));
        }

        long then = cable.Beside.Counters().GetValueOrDefault(disturbance);
        Talk(cable.Peer, mustSucceed: true);
        Assert.Equal(then, cable.Beside.Counters().GetValueOrDefault(disturbance));
        cable.Beside.Run("sh", "-c", commands[^1]);
        Assert.Equal("", cable.Beside.Run("nft", "list", "ruleset").Trim());
    }

    private static void Talk(KernelNamespace kernel, bool mustSucceed)
    {
        try
        {
            using Socket socket = Connect(kernel, "10.8.0.2", 7);
            socket.Send("hello"u8);
            Assert.Equal(5, socket.Receive(new byte[5]));
        }
        catch (SocketException) when (!mustSucceed)
        {
            // The kernel beside reset it.
        }
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

    private static string Documentation(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Simulator.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Simulator.sln is above no folder of the tests");
        }

        return Path.Combine(folder.FullName, "docs", name);
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

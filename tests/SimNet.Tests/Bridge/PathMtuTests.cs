using SimNet.Hosts;
using SimNet.Links;
using SimStack.Ip;
using SimStack.Sockets;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>The path's MTU shrinks in mid-transfer (RFC 1191, RFC 8201): one stack's router tells the other stack's sender.</summary>
public class PathMtuTests
{
    private const int Before = 1500;
    private const int After = 1300;

    // A simulated router, with a simulated server behind it; the kernel sends.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void TheKernelHearsOfItFromASimulatedRouter(string version)
    {
        bool v6 = version == "ipv6";
        SimHost? behind = null;
        HostInterface? narrow = null;
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel, prepare: b =>
        {
            b.Host.Stack.Sysctls.IpForward = true;
            b.Host.Stack.Sysctls.Ip6Forwarding = true;
            narrow = b.Host.AddInterface();
            narrow.AddAddress(IpAddress.Parse("10.8.0.1"), 24);
            narrow.AddAddress(IpAddress.Parse("fd08::1"), 64);
            behind = b.Simulation.AddHost("behind");
            HostInterface port = behind.AddInterface();
            port.AddAddress(IpAddress.Parse("10.8.0.2"), 24);
            port.AddAddress(IpAddress.Parse("fd08::2"), 64);
            behind.AddDefaultRoute(port, IpAddress.Parse("10.8.0.1"));
            behind.AddDefaultRoute(port, IpAddress.Parse("fd08::1"));
            b.Simulation.AddLink(narrow, port, new LinkOptions());
        });
        kernel.Run("ip", "route", "add", "10.8.0.0/24", "via", "10.9.0.2");
        kernel.Run("ip", "-6", "route", "add", "fd08::/64", "via", "fd09::2");
        KernelPeer sender = new(kernel);
        SimulatedPeer receiver = new(bridged, behind);
        SimulatedPeer router = new(bridged);
        Transfer(sender, receiver, v6, () => bridged.Do(() =>
        {
            bridged.Host.Stack.Ip.SetMtu(narrow!.Stack, After);
            return true;
        }));
        ExpectOneStory(sender, router, v6);
    }

    // The kernel forwards to a second namespace; the simulated host sends.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void TheHostHearsOfItFromTheKernelsRouter(string version)
    {
        bool v6 = version == "ipv6";
        using KernelNamespace kernel = new();
        using KernelNamespace behind = new();
        using BridgedHost bridged = new(kernel, prepare: b =>
        {
            b.Host.AddDefaultRoute(b.Host.Interfaces[0], IpAddress.Parse("10.9.0.1"));
            b.Host.AddDefaultRoute(b.Host.Interfaces[0], IpAddress.Parse("fd09::1"));
        });
        kernel.Sysctl("net.ipv4.ip_forward", "1");
        kernel.Sysctl("net.ipv6.conf.all.forwarding", "1");
        kernel.Run("ip", "link", "add", "narrow0", "type", "veth", "peer", "name", "eth0", "netns", behind.Name);
        kernel.Run("ip", "address", "add", "10.8.0.1/24", "dev", "narrow0");
        kernel.Run("ip", "address", "add", "fd08::1/64", "dev", "narrow0", "nodad");
        kernel.Run("ip", "link", "set", "narrow0", "up");
        behind.Run("ip", "address", "add", "10.8.0.2/24", "dev", "eth0");
        behind.Run("ip", "address", "add", "fd08::2/64", "dev", "eth0", "nodad");
        behind.Run("ip", "link", "set", "eth0", "up");
        behind.Run("ip", "route", "add", "default", "via", "10.8.0.1");
        behind.Run("ip", "-6", "route", "add", "default", "via", "fd08::1");
        SimulatedPeer sender = new(bridged);
        Transfer(sender, new KernelPeer(behind), v6, () => kernel.Run("ip", "link", "set", "narrow0", "mtu", $"{After}"));
        ExpectOneStory(sender, new KernelPeer(kernel), v6);
    }

    private static void Transfer(Peer sender, Peer receiver, bool v6, Action shrink)
    {
        PeerSocket listener = receiver.Open(v6);
        Assert.Equal(Errno.OK, listener.Bind(7001));
        Assert.Equal(Errno.OK, listener.Listen(1));
        PeerSocket a = sender.Open(v6);
        Assert.Equal(Errno.EINPROGRESS, a.Connect(new IpEndpoint(IpAddress.Parse(v6 ? "fd08::2" : "10.8.0.2"), 7001)));
        PeerSocket b = listener.Accept();
        byte[] data = new byte[600_000];
        new System.Random(8).NextBytes(data);
        Thread sending = new(() => a.SendAll(data));
        sending.Start();
        byte[] first = b.ReceiveAll(100_000);
        int headers = v6 ? 60 : 40;
        const int Timestamps = 12;
        Assert.Equal(Before, a.Info.Pmtu);
        Assert.Equal(Before - headers - Timestamps, a.Info.SndMss);
        shrink();
        byte[] rest = b.ReceiveAll(data.Length - first.Length);
        sending.Join();
        Assert.Equal(data, first.Concat(rest));
        Assert.Equal(After, a.Info.Pmtu);
        Assert.Equal(After - headers - Timestamps, a.Info.SndMss);
        Until.True(() => a.Info.Unacked == 0, () => $"{a.Info}");
        a.Discard();
        b.Discard();
        listener.Discard();
    }

    // What the router said is what the sender heard.
    private static void ExpectOneStory(Peer sender, Peer router, bool v6)
    {
        long said = router.Counter(v6 ? "Icmp6OutPktTooBigs" : "IcmpOutDestUnreachs");
        long heard = sender.Counter(v6 ? "Icmp6InPktTooBigs" : "IcmpInDestUnreachs");
        Assert.True(said > 0, "the router said nothing");
        Assert.Equal(said, heard);
        Assert.True(sender.Counter("TcpRetransSegs") > 0, "nothing was sent again");
    }
}

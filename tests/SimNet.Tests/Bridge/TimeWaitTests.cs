using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>The same four-tuple again while one end is in TIME-WAIT (RFC 6191), with the kernel on either side.</summary>
public class TimeWaitTests
{
    // The one that connects is in TIME-WAIT and has no other port left.
    [Theory]
    [InlineData("ipv4", 0)]
    [InlineData("ipv6", 0)]
    [InlineData("ipv4", 1)]
    [InlineData("ipv6", 1)]
    public void AtTheOneThatConnects(string version, int reuse) => Scene.BothWays(
        version,
        scene =>
        {
            string range = scene.A is KernelPeer ? "40000\t40000" : "41000\t41000";
            scene.A.Sysctl("net.ipv4.ip_local_port_range", range);
            long recycled = scene.A.Counter("TcpExtTWRecycled");
            PeerSocket listener = scene.Listen();
            PeerSocket first = scene.Connect();
            PeerSocket atB = scene.Accept(listener);
            first.Close();
            scene.ExpectStates(TcpState.FinWait2, TcpState.CloseWait);
            atB.Close();
            scene.ExpectStates(TcpState.TimeWait, TcpState.Closed);
            if (reuse == 0)
            {
                scene.Connect(expected: Errno.EADDRNOTAVAIL, hasPort: false);
                return;
            }

            Thread.Sleep(20); // tcp_tw_reuse_delay
            PeerSocket second = scene.Connect();
            PeerSocket again = scene.Accept(listener);
            scene.ExpectStates(TcpState.Established, TcpState.Established);
            second.SendAll("again"u8);
            Assert.Equal("again"u8, again.ReceiveAll(5));
            Assert.Equal(recycled + 1, scene.A.Counter("TcpExtTWRecycled"));
        },
        null,
        $"net.ipv4.tcp_tw_reuse={reuse}",
        "net.ipv4.tcp_tw_reuse_delay=10");

    // A SYN with a newer timestamp ends TIME-WAIT at the one that listens (RFC 6191 §2).
    [Theory]
    [InlineData("ipv4", 1)]
    [InlineData("ipv6", 1)]
    [InlineData("ipv4", 0)]
    [InlineData("ipv6", 0)]
    public void AtTheOneThatListens(string version, int timestamps) => Scene.BothWays(
        version,
        scene =>
        {
            void Bind(PeerSocket socket)
            {
                Assert.Equal(Errno.OK, socket.Set(SocketOption.SO_REUSEADDR, 1));
                Assert.Equal(Errno.OK, socket.Bind(43_210));
            }

            PeerSocket listener = scene.Listen();
            PeerSocket first = scene.Connect(Bind);
            PeerSocket atB = scene.Accept(listener);
            atB.Close();
            scene.ExpectStates(TcpState.CloseWait, TcpState.FinWait2);
            first.Close();
            scene.ExpectStates(TcpState.Closed, TcpState.TimeWait);
            PeerSocket second = scene.Connect(Bind);
            PeerSocket again = scene.Accept(listener);
            scene.ExpectStates(TcpState.Established, TcpState.Established);
            second.SendAll("again"u8);
            Assert.Equal("again"u8, again.ReceiveAll(5));
        },
        null,
        $"net.ipv4.tcp_timestamps={timestamps}");
}

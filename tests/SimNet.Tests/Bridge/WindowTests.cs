using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Windows, urgent data and keep-alive, each with the kernel on either side.</summary>
public class WindowTests
{
    // The receiver takes nothing until its window is shut and the sender has probed it (RFC 9293 §3.8.6.1).
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void AWindowShutsAndOpens(string version) => Scene.BothWays(
        version,
        scene =>
        {
            (PeerSocket a, PeerSocket b) = scene.Connected(configureB: listener => listener.Set(SocketOption.SO_RCVBUF, 20_000));
            byte[] data = new byte[100_000];
            new System.Random(3).NextBytes(data);
            long probesBefore = scene.A.Counter("TcpExtTCPWinProbe");
            Thread sender = new(() => a.SendAll(data));
            sender.Start();
            Until.True(() => a.Info.SndWnd == 0 && b.Info.RcvWnd == 0, () => $"windows: {a.Info.SndWnd}, {b.Info.RcvWnd}");
            Until.True(
                () => scene.A.Counter("TcpExtTCPWinProbe") > probesBefore, () => $"{scene.A} sent no probe: {a.Info}");
            Until.True(() => a.Info.Backoff > 0, () => $"after a probe: {a.Info}");
            scene.ExpectStates(TcpState.Established, TcpState.Established);
            Assert.Equal(data, b.ReceiveAll(data.Length));
            sender.Join();
            Assert.Equal(data.Length, b.Info.BytesReceived);
            Until.True(() => a.Info is { Probes: 0, Backoff: 0, Unacked: 0, SndWnd: > 0 }, () => $"{a.Info}");
        },
        // How often the window shuts while the data is read depends on who runs when.
        loose: ["TcpExtTCPWinProbe", "TcpExtTCPToZeroWindowAdv", "TcpExtTCPFromZeroWindowAdv", "TcpExtTCPWantZeroWindowAdv", "TcpExtTCPOrigDataSent", "TcpExtTCPDelivered",
            "TcpExtTCPRcvCollapsed", "TcpExtPruneCalled", "TcpExtTCPZeroWindowDrop", "TcpExtTCPSlowStartRetrans"]);

    // RFC 9293 §3.8.5: a byte out of band, apart from the stream and in it.
    [Theory]
    [InlineData("ipv4", 0)]
    [InlineData("ipv6", 0)]
    [InlineData("ipv4", 1)]
    [InlineData("ipv6", 1)]
    public void AnUrgentByte(string version, int inline) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected(configureB: listener => listener.Set(SocketOption.SO_OOBINLINE, inline));
        Wire.Entry urgent = scene.Wire.Watch(scene.A, Scene.Segments(TcpFlags.Urg));
        a.SendAll("ab"u8);
        Assert.Equal(SocketResult.Ok(1), a.Send("!"u8, MessageFlags.MSG_OOB));
        a.SendAll("cd"u8);
        byte[] one = new byte[1];
        byte[] many = new byte[10];
        Until.True(() => b.Receive(many, MessageFlags.MSG_PEEK).Value >= 2 && b.Info.BytesReceived == 5, () => $"{b.Info}");
        Assert.True(urgent.Count > 0, "no segment had URG");
        if (inline == 0)
        {
            Assert.Equal(SocketResult.Ok(1), b.Receive(one, MessageFlags.MSG_OOB));
            Assert.Equal("!"u8, one);
            Assert.Equal(SocketResult.Fail(Errno.EINVAL), b.Receive(one, MessageFlags.MSG_OOB));
        }
        else
        {
            Assert.Equal(SocketResult.Fail(Errno.EINVAL), b.Receive(one, MessageFlags.MSG_OOB));
        }

        Assert.False(b.IsAtMark);
        Assert.Equal(SocketResult.Ok(2), b.Receive(many));
        Assert.True(b.IsAtMark);
        int rest = inline == 0 ? 2 : 3;
        Assert.Equal(SocketResult.Ok(rest), b.Receive(many));
        Assert.Equal(inline == 0 ? "cd"u8 : "!cd"u8, many.AsSpan(0, rest));
        Assert.False(b.IsAtMark);
    });

    // RFC 9293 §3.8.4: either end asks, and the other answers.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void KeepAliveIsAnswered(string version) => Scene.BothWays(version, scene =>
    {
        long before = scene.A.Counter("TcpExtTCPKeepAlive");
        (PeerSocket a, PeerSocket b) = scene.Connected(AskEverySecond);
        a.SendAll("x"u8);
        b.ReceiveAll(1);
        Until.True(() => scene.A.Counter("TcpExtTCPKeepAlive") == before + 1, () => $"{scene.A} asked nothing: {a.Info}");
        scene.Wire.Settle();
        Assert.Equal(0, a.Info.Probes);
        scene.ExpectStates(TcpState.Established, TcpState.Established);
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void KeepAliveFindsADeadPeer(string version) => Scene.Together(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected(AskEverySecond, AskEverySecond);
        Wire.Entry cutAtA = scene.Wire.Drop(scene.A, Scene.Segments(TcpFlags.Ack));
        Wire.Entry cutAtB = scene.Wire.Drop(scene.B, Scene.Segments(TcpFlags.Ack));
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        Assert.Equal(SocketResult.Fail(Errno.ETIMEDOUT), a.ReceiveEnd());
        Assert.Equal(SocketResult.Fail(Errno.ETIMEDOUT), b.ReceiveEnd());

        // One question, and the reset behind it.
        Assert.Equal(2, cutAtA.Count);
        Assert.Equal(2, cutAtB.Count);
    },
    loose: ["TcpExtTCPDelivered"]); // The SYN's counts, the SYN-ACK's does not.

    private static void AskEverySecond(PeerSocket socket)
    {
        Assert.Equal(Errno.OK, socket.Set(SocketOption.SO_KEEPALIVE, 1));
        Assert.Equal(Errno.OK, socket.Set(SocketOption.TCP_KEEPIDLE, 1));
        Assert.Equal(Errno.OK, socket.Set(SocketOption.TCP_KEEPINTVL, 1));
        Assert.Equal(Errno.OK, socket.Set(SocketOption.TCP_KEEPCNT, 1));
    }
}

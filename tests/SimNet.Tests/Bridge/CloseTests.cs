using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Ends of connections, each with the kernel on either side (RFC 9293 §3.6).</summary>
public class CloseTests
{
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void OneSideClosesAfterTheOther(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        a.SendAll("request"u8);
        Assert.Equal("request"u8, b.ReceiveAll(7));
        a.Close();
        scene.ExpectStates(TcpState.FinWait2, TcpState.CloseWait);
        Assert.Equal(SocketResult.Ok(0), b.ReceiveEnd());
        b.Close();
        scene.ExpectStates(TcpState.TimeWait, TcpState.Closed);
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void BothCloseAtOnce(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        Wire.Entry finOfA = scene.Wire.Hold(scene.A, Scene.Segments(TcpFlags.Fin));
        Wire.Entry finOfB = scene.Wire.Hold(scene.B, Scene.Segments(TcpFlags.Fin));
        a.Close();
        b.Close();
        scene.ExpectStates(TcpState.FinWait1, TcpState.FinWait1);

        // Each sees the other's FIN before the acknowledgement of its own.
        Wire.Entry ackOfA = scene.Wire.Hold(scene.A, Scene.Segments(TcpFlags.Ack, TcpFlags.Fin));
        Wire.Entry ackOfB = scene.Wire.Hold(scene.B, Scene.Segments(TcpFlags.Ack, TcpFlags.Fin));
        scene.Wire.Release(finOfA);
        scene.Wire.Release(finOfB);
        scene.ExpectStates(TcpState.Closing, TcpState.Closing);

        scene.Wire.Release(ackOfA);
        scene.Wire.Release(ackOfB);
        scene.ExpectStates(TcpState.TimeWait, TcpState.TimeWait);
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void AHalfClosedConnectionGoesOnTheOtherWay(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        Assert.Equal(Errno.OK, a.Shutdown(ShutdownHow.SHUT_WR));
        scene.ExpectStates(TcpState.FinWait2, TcpState.CloseWait);
        Assert.Equal(SocketResult.Fail(Errno.EPIPE), a.Send("no"u8));
        Assert.Equal(SocketResult.Ok(0), b.ReceiveEnd());
        byte[] answer = new byte[100_000];
        new System.Random(5).NextBytes(answer);
        Thread sender = new(() => b.SendAll(answer));
        sender.Start();
        Assert.Equal(answer, a.ReceiveAll(answer.Length));
        sender.Join();
        scene.ExpectStates(TcpState.FinWait2, TcpState.CloseWait);
        b.Close();
        scene.ExpectStates(TcpState.TimeWait, TcpState.Closed);
        Assert.Equal(SocketResult.Ok(0), a.ReceiveEnd());
    });
}

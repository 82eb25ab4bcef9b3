using SimNet.Links;
using SimStack;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>
/// A reset reaches each state (RFC 9293 §3.10.7): B sends it, A gets it, with the kernel in either part. What A is in is brought about by what
/// the wire loses or holds.
/// </summary>
public class ResetTests
{
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void InSynSent(string version) => Scene.BothWays(version, scene =>
    {
        PeerSocket a = scene.Connect();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        Assert.Equal(Errno.ECONNREFUSED, a.TakeError());
    });

    // The one that listens has the SYN; the one that connects gives up as soon as it is connected.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void InSynReceived(string version) => Scene.BothWays(version, scene =>
    {
        PeerSocket listener = scene.Listen();
        Wire.Entry ack = scene.Wire.Drop(scene.A, Scene.Segments(TcpFlags.Ack, TcpFlags.Rst));
        PeerSocket a = scene.Connect();
        scene.ExpectStates(TcpState.Established, TcpState.SynReceived);
        a.Abort();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        Assert.Null(listener.TryAccept());
        scene.Wire.Release(ack);
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void InEstablished(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        b.Abort();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        Assert.Equal(SocketResult.Fail(Errno.ECONNRESET), a.ReceiveEnd());
        Assert.Equal(SocketResult.Fail(Errno.EPIPE), a.Send("x"u8));
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void InEstablishedWithDataOnTheWay(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        a.SendAll("never read"u8);
        byte[] one = new byte[1];
        Until.True(() => b.Receive(one, MessageFlags.MSG_PEEK).Succeeded, () => "nothing arrived");
        b.Close();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        Assert.Equal(SocketResult.Fail(Errno.ECONNRESET), a.ReceiveEnd());
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void InFinWait1(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        Wire.Entry fin = scene.Wire.Drop(scene.A, Scene.Segments(TcpFlags.Fin));
        a.Shutdown(ShutdownHow.SHUT_WR);
        scene.ExpectStates(TcpState.FinWait1, TcpState.Established);
        b.Abort();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        Assert.Equal(SocketResult.Fail(Errno.ECONNRESET), a.ReceiveEnd());
        scene.Wire.Release(fin);
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void InFinWait2(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        a.Shutdown(ShutdownHow.SHUT_WR);
        scene.ExpectStates(TcpState.FinWait2, TcpState.CloseWait);
        b.Abort();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        Assert.Equal(SocketResult.Fail(Errno.ECONNRESET), a.ReceiveEnd());
    });

    // The same, with nobody at A who could be told: data that comes for a closed socket is answered by a reset.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void DataForASocketThatIsClosed(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        a.Close();
        scene.ExpectStates(TcpState.FinWait2, TcpState.CloseWait);
        b.SendAll("too late"u8);
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        Assert.Equal(SocketResult.Fail(Errno.EPIPE), b.Send("x"u8));
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void InCloseWait(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        b.Shutdown(ShutdownHow.SHUT_WR);
        scene.ExpectStates(TcpState.CloseWait, TcpState.FinWait2);
        b.Abort();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);

        // The reset is told as a broken pipe here (Linux: tcp_reset).
        Assert.Equal(Errno.EPIPE, a.TakeError());
        Assert.Equal(SocketResult.Ok(0), a.ReceiveEnd());
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void InClosing(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        Wire.Entry fin = scene.Wire.Drop(scene.A, Scene.Segments(TcpFlags.Fin));
        a.Shutdown(ShutdownHow.SHUT_WR);
        b.Shutdown(ShutdownHow.SHUT_WR);
        scene.ExpectStates(TcpState.Closing, TcpState.FinWait2);
        b.Abort();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);

        // What was received before ended with a FIN, and that goes first.
        Assert.Equal(SocketResult.Ok(0), a.ReceiveEnd());
        Assert.Equal(Errno.ECONNRESET, a.TakeError());
        scene.Wire.Release(fin);
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void InLastAck(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        b.Shutdown(ShutdownHow.SHUT_WR);
        scene.ExpectStates(TcpState.CloseWait, TcpState.FinWait2);
        Wire.Entry fin = scene.Wire.Drop(scene.A, Scene.Segments(TcpFlags.Fin));
        a.Shutdown(ShutdownHow.SHUT_WR);
        scene.ExpectStates(TcpState.LastAck, TcpState.FinWait2);
        b.Abort();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        scene.Wire.Release(fin);
    });

    // RFC 1337: an old duplicate of B's FIN is acknowledged by A, and B, who has forgotten, answers with a reset. Linux lets it end
    // TIME-WAIT, unless tcp_rfc1337 is set.
    [Theory]
    [InlineData("ipv4", 0)]
    [InlineData("ipv6", 0)]
    [InlineData("ipv4", 1)]
    [InlineData("ipv6", 1)]
    public void InTimeWait(string version, int rfc1337) => Scene.BothWays(
        version,
        scene =>
        {
            (PeerSocket a, PeerSocket b) = scene.Connected();
            a.Close();
            scene.ExpectStates(TcpState.FinWait2, TcpState.CloseWait);
            Wire.Entry copy = scene.Wire.Keep(scene.B, Scene.Segments(TcpFlags.Fin));
            Wire.Entry reset = scene.Wire.Watch(scene.B, Scene.Segments(TcpFlags.Rst));
            b.Close();
            scene.ExpectStates(TcpState.TimeWait, TcpState.Closed);
            scene.Wire.Release(copy);
            Until.True(() => reset.Count == 1, () => "no reset came");
            scene.Wire.Settle();
            scene.ExpectStates(rfc1337 == 0 ? TcpState.Closed : TcpState.TimeWait, TcpState.Closed);
        },
        null,
        $"net.ipv4.tcp_rfc1337={rfc1337}");

    // RFC 5961 §3: a reset that is in the window, but not where the next byte is expected, is asked about.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void OneThatIsNotExactIsAskedAbout(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected();
        Wire.Entry shifted = scene.Wire.Change(
            scene.B, Scene.Segments(TcpFlags.Rst), FaultAction.Edit(new FrameEdit { SequenceShift = 100 }), most: 1);
        Wire.Entry asked = scene.Wire.Watch(scene.A, Scene.Segments(TcpFlags.Ack));
        b.Abort();

        // The question goes to a socket that is gone, and the answer to it is exact.
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
        Assert.Equal(2, shifted.Count);
        Assert.Equal(1, asked.Count);
        Assert.Equal(SocketResult.Fail(Errno.ECONNRESET), a.ReceiveEnd());
    });
}

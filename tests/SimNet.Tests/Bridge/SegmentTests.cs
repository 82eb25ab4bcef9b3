using SimNet.Links;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>
/// What the simulated host sends is what the kernel sends in its place: flags, numbers, lengths, windows, options and their order, time to live.
/// Each step waits for the one before, so that nothing is left to chance.
/// </summary>
public class SegmentTests
{
    [Theory]
    [InlineData("ipv4", "")]
    [InlineData("ipv6", "")]
    [InlineData("ipv4", "net.ipv4.tcp_timestamps=0")]
    [InlineData("ipv6", "net.ipv4.tcp_sack=0")]
    [InlineData("ipv4", "net.ipv4.tcp_window_scaling=0")]
    [InlineData("ipv6", "net.ipv4.tcp_ecn=1")]
    public void AConversation(string version, string sysctl) => Scene.BothWays(
        version,
        scene =>
        {
            scene.TellSegments();
            (PeerSocket a, PeerSocket b) = scene.Connected();
            Say(scene, a, b, 100);
            Say(scene, b, a, 300);
            Say(scene, a, b, 1300);
            Say(scene, b, a, 1300);
            Say(scene, b, a, 700);
            Say(scene, a, b, 1);
            TellInfo(scene, a, b);
            a.Shutdown(ShutdownHow.SHUT_WR);
            scene.ExpectStates(TcpState.FinWait2, TcpState.CloseWait);
            Say(scene, b, a, 500);
            b.Close();
            scene.ExpectStates(TcpState.TimeWait, TcpState.Closed);
        },
        null,
        sysctl.Length == 0 ? [] : [sysctl]);

    // Only what SO_RCVBUF holds is offered, and the segments are as small as the peer asks.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void SmallBuffersAndSegments(string version) => Scene.BothWays(version, scene =>
    {
        scene.TellSegments();
        (PeerSocket a, PeerSocket b) = scene.Connected(
            socket => Assert.Equal(Errno.OK, socket.Set(SocketOption.TCP_MAXSEG, 700)),
            socket => Assert.Equal(Errno.OK, socket.Set(SocketOption.SO_RCVBUF, 8000)));
        for (int i = 0; i < 4; i++)
        {
            Say(scene, a, b, 600);
            Say(scene, b, a, 650);
        }

        TellInfo(scene, a, b);
    });

    // Several segments a write: how the windows go then depends on when who reads.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void LongerWrites(string version) => Scene.BothWays(version, scene =>
    {
        scene.TellSegments(windows: false);
        (PeerSocket a, PeerSocket b) = scene.Connected();
        Say(scene, a, b, 3000);
        Say(scene, b, a, 12_000);
    });

    // Nothing is read until the window is shut; the probes stay out of the log, as their number depends on the time.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void AFullReceiver(string version) => Scene.BothWays(
        version,
        scene =>
        {
            scene.TellSegments();
            (PeerSocket a, PeerSocket b) = scene.Connected(
                socket => Assert.Equal(Errno.OK, socket.Set(SocketOption.TCP_NODELAY, 1)),
                socket => Assert.Equal(Errno.OK, socket.Set(SocketOption.SO_RCVBUF, 6000)));
            byte[] piece = new byte[500];
            for (int i = 0; i < 6; i++)
            {
                a.SendAll(piece);
                scene.Wire.Settle(60);
                scene.Tell("window", b.Info.RcvWnd);
            }

            scene.Wire.Log(null);
        },
        ["TcpExtTCPWinProbe"]);

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void NobodyListens(string version) => Scene.BothWays(version, scene =>
    {
        scene.TellSegments();
        scene.Connect();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void Aborts(string version) => Scene.BothWays(version, scene =>
    {
        scene.TellSegments();
        (PeerSocket a, PeerSocket b) = scene.Connected();
        Say(scene, a, b, 10);
        a.Abort();
        scene.ExpectStates(TcpState.Closed, TcpState.Closed);
    });

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void SomethingUrgent(string version) => Scene.BothWays(version, scene =>
    {
        scene.TellSegments();
        (PeerSocket a, PeerSocket b) = scene.Connected();
        Say(scene, a, b, 10);
        Assert.Equal(SocketResult.Ok(3), a.Send("now"u8, MessageFlags.MSG_OOB));
        Until.True(() => b.Info.BytesReceived == 13, () => $"{b.Info}");
        scene.Wire.Settle(60);
        Say(scene, a, b, 10, 12);
    });

    // The first of four segments is lost: three duplicates with SACK blocks, the retransmission, and what it fills.
    [Theory]
    [InlineData("ipv4", 1)]
    [InlineData("ipv6", 1)]
    [InlineData("ipv4", 0)]
    [InlineData("ipv6", 0)]
    public void ALoss(string version, int sack) => Scene.BothWays(
        version,
        scene =>
        {
            scene.TellSegments();
            (PeerSocket a, PeerSocket b) = scene.Connected();
            Say(scene, a, b, 10);
            scene.Wire.Drop(scene.A, Scene.Segments(TcpFlags.Ack, payload: true), most: 1);
            Say(scene, a, b, 7000);
            TellInfo(scene, a, b);
        },
        ["TcpExtTCPSackShift"], // How the kernel's buffers lie in memory.
        $"net.ipv4.tcp_sack={sack}");

    // Of ten segments three are lost; without SACK the first one's retransmission too, so that the timer has to help (with it, RACK may, by the time).
    [Theory]
    [InlineData("ipv4", 1, 1)]
    [InlineData("ipv6", 0, 1)]
    [InlineData("ipv4", 1, 0)]
    [InlineData("ipv6", 0, 0)]
    public void SeveralLosses(string version, int sack, int timestamps) => Scene.BothWays(
        version,
        scene =>
        {
            scene.TellSegments(windows: false);
            (PeerSocket a, PeerSocket b) = scene.Connected();
            int size = a.Info.SndMss;
            foreach (int number in (int[])[2, 5, 8])
            {
                NumberRange one = new((number * size) + 1, (number * size) + 1);
                scene.Wire.Drop(scene.A, Scene.Segments(TcpFlags.Ack, payload: true) with { Sequence = one }, most: number == 2 && sack == 0 ? 2 : 1);
            }

            Say(scene, a, b, 10 * size);
            TellInfo(scene, a);
        },
        ["TcpExtTCPSackShift", "TcpExtTCPSackMerged"],
        $"net.ipv4.tcp_sack={sack}",
        $"net.ipv4.tcp_timestamps={timestamps}",
        "net.ipv4.tcp_rto_min_us=300000");

    private static void Say(Scene scene, PeerSocket from, PeerSocket to, int length, int? arrives = null)
    {
        from.SendAll(new byte[length]);
        to.ReceiveAll(arrives ?? length);
        scene.Wire.Settle(60);
    }

    private static void TellInfo(Scene scene, params PeerSocket[] sockets)
    {
        foreach (PeerSocket socket in sockets)
        {
            TcpInfo info = socket.Info;
            scene.Tell("receive window", info.RcvWnd);
            scene.Tell("state", (info.State, info.CaState, info.Options));
            scene.Tell("scales", (info.SndWscale, info.RcvWscale));
            scene.Tell("sizes", (info.SndMss, info.RcvMss, info.Advmss, info.Pmtu));
            scene.Tell("congestion", (info.SndCwnd, info.SndSsthresh, info.Reordering, info.Lost, info.Retrans, info.Unacked));
            scene.Tell("bytes", (info.BytesSent, info.BytesAcked, info.BytesReceived, info.BytesRetrans));
            scene.Tell("segments", (info.SegsOut, info.SegsIn, info.DataSegsOut, info.DataSegsIn, info.Delivered, info.TotalRetrans));
        }
    }
}

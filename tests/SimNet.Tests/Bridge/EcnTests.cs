using SimNet.Links;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Explicit congestion notification between the kernel and a simulated host: A sends, a router's mark is put on what it sends.</summary>
public class EcnTests
{
    private const int TCPI_OPT_ECN = 8;
    private const int TCPI_OPT_ECN_SEEN = 16;
    private static readonly FaultAction Mark = FaultAction.Edit(new FrameEdit { Ecn = 3 });

    // RFC 3168 §6.1: CE is echoed by ECE until CWR comes, and the sender reduces once.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void AMarkIsEchoedAndAnswered(string version) => Scene.BothWays(
        version,
        scene =>
        {
            (PeerSocket a, PeerSocket b) = scene.Connected();
            Wire.Entry marked = scene.Wire.Change(scene.A, Scene.Segments(TcpFlags.Ack, payload: true), Mark, most: 1);
            Wire.Entry capable = scene.Wire.Watch(scene.A, Scene.Segments(TcpFlags.Ack, payload: true) with { Ecn = 2 });
            Wire.Entry echo = scene.Wire.Watch(scene.B, Scene.Segments(TcpFlags.Ece));
            Wire.Entry reduced = scene.Wire.Watch(scene.A, Scene.Segments(TcpFlags.Cwr));
            long marks = CongestionMarks(scene);
            long delivered = scene.A.Counter("TcpExtTCPDeliveredCE");
            Assert.True(a.Info.SndCwnd >= 10, $"{a.Info}");
            a.SendAll("marked"u8);
            b.ReceiveAll(6);
            Until.True(() => echo.Count > 0 && a.Info.Unacked == 0, () => "no ECE");
            a.SendAll("answer"u8);
            b.ReceiveAll(6);
            Until.True(() => reduced.Count > 0 && a.Info.Unacked == 0, () => "no CWR");
            long echoes = echo.Count;
            a.SendAll("beyond"u8);
            b.ReceiveAll(6);
            Until.True(() => a.Info.Unacked == 0, () => $"{a.Info}");
            Assert.Equal(echoes, echo.Count);
            Assert.Equal(1, reduced.Count);
            Assert.Equal(3, marked.Count);
            Assert.Equal(3, capable.Count);
            Assert.Equal(marks + 1, CongestionMarks(scene));
            Assert.Equal(TCPI_OPT_ECN | TCPI_OPT_ECN_SEEN, b.Info.Options & (TCPI_OPT_ECN | TCPI_OPT_ECN_SEEN));
            Assert.Equal(TCPI_OPT_ECN, a.Info.Options & TCPI_OPT_ECN);
            Assert.Equal(delivered + a.Info.DeliveredCe, scene.A.Counter("TcpExtTCPDeliveredCE"));
            scene.Tell("delivered_ce", a.Info.DeliveredCe);
            scene.Tell("snd_ssthresh", a.Info.SndSsthresh);
            scene.Tell("snd_cwnd", a.Info.SndCwnd);
        },
        null,
        "net.ipv4.tcp_ecn=1");

    // RFC 3168 §6.1.1: the default answers who asks, and does not ask.
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void ByDefaultNobodyAsks(string version) => Scene.BothWays(version, scene =>
    {
        Wire.Entry asked = scene.Wire.Watch(scene.A, Scene.Segments(TcpFlags.Syn | TcpFlags.Ece | TcpFlags.Cwr));
        (PeerSocket a, PeerSocket b) = scene.Connected();
        Assert.Equal(0, asked.Count);
        Assert.Equal(0, (a.Info.Options | b.Info.Options) & TCPI_OPT_ECN);
    });

    private static long CongestionMarks(Scene scene) => scene.B.Counter(scene.V6 ? "Ip6InCEPkts" : "IpExtInCEPkts");
}

using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Segments signed by MD5 (RFC 2385): A connects, B listens, with the kernel in either part.</summary>
public class SignatureTests
{
    private static readonly byte[] Right = "a key that both have"u8.ToArray();
    private static readonly byte[] Wrong = "a key that one has"u8.ToArray();

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public void BothHaveTheKey(string version) => Scene.BothWays(version, scene =>
    {
        (PeerSocket a, PeerSocket b) = scene.Connected(Keyed(scene.B, Right, scene.V6), Keyed(scene.A, Right, scene.V6));
        byte[] data = new byte[50_000];
        new System.Random(1).NextBytes(data);
        Thread sender = new(() => a.SendAll(data));
        sender.Start();
        Assert.Equal(data, b.ReceiveAll(data.Length));
        sender.Join();
        b.SendAll("answer"u8);
        Assert.Equal("answer"u8, a.ReceiveAll(6));
        Assert.Equal(0, scene.B.Counter("TcpExtTCPMD5Failure") + scene.A.Counter("TcpExtTCPMD5Failure"));
        a.Close();
        scene.ExpectStates(TcpState.FinWait2, TcpState.CloseWait);
        b.Close();
        scene.ExpectStates(TcpState.TimeWait, TcpState.Closed);
    });

    // What is signed wrongly, not at all, or without need, is not even answered.
    [Theory]
    [InlineData("ipv4", "other", "TcpExtTCPMD5Failure")]
    [InlineData("ipv6", "other", "TcpExtTCPMD5Failure")]
    [InlineData("ipv4", "listener", "TcpExtTCPMD5NotFound")]
    [InlineData("ipv6", "listener", "TcpExtTCPMD5NotFound")]
    [InlineData("ipv4", "connector", "TcpExtTCPMD5Unexpected")]
    [InlineData("ipv6", "connector", "TcpExtTCPMD5Unexpected")]
    public void OneHasTheKey(string version, string who, string counter) => Scene.BothWays(version, scene =>
    {
        Wire.Entry answers = scene.Wire.Watch(scene.B, Scene.Segments(TcpFlags.None));
        long before = scene.B.Counter(counter);
        scene.Listen(configure: who == "connector" ? null : Keyed(scene.A, Right, scene.V6));
        PeerSocket a = scene.Connect(who == "listener" ? null : Keyed(scene.B, Wrong, scene.V6));
        Until.True(() => scene.B.Counter(counter) == before + 1, () => $"{counter} stays at {before}");
        scene.ExpectStates(TcpState.SynSent, TcpState.Closed);
        Assert.Equal(0, answers.Count);
        a.Close();
    });

    private static Action<PeerSocket> Keyed(Peer peer, byte[] key, bool v6) =>
        socket => Assert.Equal(Errno.OK, socket.SetMd5Key(peer.Address(v6), key));
}

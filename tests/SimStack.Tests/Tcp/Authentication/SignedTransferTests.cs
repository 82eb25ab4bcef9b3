using FsCheck;
using FsCheck.Fluent;
using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using Xunit;
using Gen = SimStack.Tests.Wire.Gen;

namespace SimStack.Tests.Tcp.Authentication;

/// <summary>Whole transfers between two hosts of ours that share a key.</summary>
public sealed class SignedTransferTests
{
    private static readonly string[] Kinds = ["md5", "hmac(sha1)", "cmac(aes128)", "hmac(sha256)"];

    /// <summary>Sequence numbers wrap on the way, so that the extension has to be right for what is lost, doubled and late too.</summary>
    [Fact]
    public void Everything_arrives_and_every_signature_is_right() =>
        Prop.ForAll(FsCheck.Fluent.Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => Run((ulong)seed))
            .Check(Config.QuickThrowOnFailure.WithReplay(17, 3).WithMaxTest(60));

    [Theory]
    [InlineData("md5")]
    [InlineData("hmac(sha1)")]
    [InlineData("cmac(aes128)")]
    [InlineData("hmac(sha256)")]
    public void Nothing_is_allocated_for_a_signed_segment(string kind)
    {
        TwoHosts net = new() { Delay = Duration.FromMicroseconds(10), KeepLog = false };
        (TcpSocket client, TcpSocket server) = net.Connected(options: socket => SetKey(socket, kind));
        byte[] block = new byte[1 << 14], got = new byte[1 << 16];
        Pump(200);
        long segments = net.Server.Counters[SnmpCounter.TcpInSegs];
        Assert.Equal(0, Allocations.Least(() => Pump(100)));
        Assert.True(net.Server.Counters[SnmpCounter.TcpInSegs] - segments > 1000);

        void Pump(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                client.Send(net.Now, block);
                net.Run(Duration.FromMicroseconds(200));
                while (server.Receive(net.Now, got) is { Succeeded: true, Value: > 0 })
                {
                }
            }
        }
    }

    private static void Run(ulong seed)
    {
        Gen random = new(seed);
        Profile[] profiles = [Profile.Linux, Profile.Rfc9293];
        TwoHosts net = new(profiles[random.Below(2)], profiles[random.Below(2)]) { KeepLog = false };
        string kind = Kinds[random.Below(Kinds.Length)];
        bool excludes = random.Coin();
        uint top = uint.MaxValue - (uint)random.Below(50_000);
        (TcpSocket client, TcpSocket server) = net.Connected(
            clientIss: top, serverIss: top - 1000, options: socket => SetKey(socket, kind, excludes));
        int loss = random.Below(10), doubled = random.Below(8), late = random.Below(15);
        net.Lose = (_, _) => random.Below(100) < loss;
        net.Double = () => random.Below(100) < doubled;
        net.ExtraDelay = () => random.Below(100) < late ? Duration.FromMicroseconds(random.Below(20_000)) : Duration.Zero;
        byte[] data = random.Bytes(random.Below(100_000)), got = new byte[data.Length];
        int sent = 0, received = 0;
        for (int i = 0; i < 20_000 && received < data.Length; i++)
        {
            sent += client.Send(net.Now, data.AsSpan(sent)) is { Succeeded: true } written ? written.Value : 0;
            net.Run(Duration.FromMilliseconds(i < 500 ? 2 : 200));
            received += server.Receive(net.Now, got.AsSpan(received)) is { Succeeded: true } read ? read.Value : 0;
        }

        Assert.Equal(data, got);
        foreach (Host host in (Host[])[net.Client, net.Server])
        {
            Assert.Equal(0, host.Counters[SnmpCounter.TcpExtTCPAOBad] + host.Counters[SnmpCounter.TcpExtTCPMD5Failure]);
            Assert.Equal(0, host.Counters[SnmpCounter.TcpExtTCPAORequired] + host.Counters[SnmpCounter.TcpExtTCPMD5NotFound]);
        }
    }

    private static void SetKey(TcpSocket socket, string kind, bool excludes = false) => Assert.Equal(
        Errno.OK,
        kind == "md5"
            ? socket.SetMd5Key(IpAddress.AnyV4, 0, "secret"u8)
            : socket.AddAoKey(new TcpAoKey
            {
                Address = IpAddress.AnyV4,
                PrefixLength = 0,
                SendId = 1,
                ReceiveId = 1,
                Algorithm = kind,
                Key = "secret"u8.ToArray(),
                Flags = excludes ? TcpAoKeyFlags.TCP_AO_KEYF_EXCLUDE_OPT : TcpAoKeyFlags.None,
            }));
}

using FsCheck;
using FsCheck.Fluent;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using Gen = SimStack.Tests.Wire.Gen;

namespace SimStack.Tests.Tcp;

/// <summary>Whole transfers between two hosts of ours over bad networks: all that was sent arrives, in order, unaltered, and nothing is left.</summary>
public sealed class TwoHostTransferTests
{
    private static readonly Profile[] Profiles = [Profile.Linux, Profile.Linux26, Profile.Rfc9293];

    [Fact]
    public void Everything_arrives_whatever_is_lost_doubled_or_overtaken() =>
        Prop.ForAll(FsCheck.Fluent.Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => Run((ulong)seed))
            .Check(Config.QuickThrowOnFailure.WithReplay(11, 5).WithMaxTest(120));

    [Fact]
    public void More_than_two_gigabytes_go_through_one_connection()
    {
        TwoHosts net = new(settings: s =>
        {
            s.RmemDefault = 4_000_000;
            s.InitialWindowSegments = 500;
        })
        { Delay = Duration.FromMicroseconds(10), KeepLog = false };
        (TcpSocket client, TcpSocket server) = net.Connected();
        // A jump of the numbers instead of the bytes would not do: what compares with ISS must have been left behind for real.
        const long Total = (1L << 31) + 100_000_000;
        byte[] block = new byte[1 << 19], got = new byte[1 << 19];
        long sent = 0, received = 0;
        while (received < Total)
        {
            SocketResult result = client.Send(net.Now, block.AsSpan(0, (int)Math.Min(block.Length, Total - sent)));
            sent += result.Succeeded ? result.Value : 0;
            net.Run(Duration.FromMicroseconds(400));
            while (server.Receive(net.Now, got) is { Succeeded: true, Value: > 0 } read)
            {
                received += read.Value;
            }
        }

        Assert.Equal(Total, received);
        Assert.Equal(0, net.Client.Counters[SnmpCounter.TcpRetransSegs]);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_segment()
    {
        TwoHosts net = new(settings: s => s.InitialWindowSegments = 64) { Delay = Duration.FromMicroseconds(10), KeepLog = false };
        (TcpSocket client, TcpSocket server) = net.Connected();
        byte[] block = new byte[1 << 16], got = new byte[1 << 16];
        Pump(net, client, server, block, got, 400);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long segments = net.Server.Counters[SnmpCounter.TcpInSegs];
        Pump(net, client, server, block, got, 2000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(net.Server.Counters[SnmpCounter.TcpInSegs] - segments > 50_000);
        Assert.Equal(0, allocated);
    }

    private static void Pump(TwoHosts net, TcpSocket client, TcpSocket server, byte[] block, byte[] got, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            client.Send(net.Now, block);
            net.Run(Duration.FromMicroseconds(100));
            while (server.Receive(net.Now, got) is { Succeeded: true, Value: > 0 })
            {
            }
        }
    }

    private static void Run(ulong seed)
    {
        Gen random = new(seed);
        TwoHosts net = new(Profiles[random.Below(3)], Profiles[random.Below(3)], s => Vary(s, random)) { KeepLog = false };
        uint top = uint.MaxValue - (uint)random.Below(50_000);
        (TcpSocket client, TcpSocket server) = net.Connected(clientIss: top, serverIss: top);
        int loss = random.Below(10), doubled = random.Below(8), late = random.Below(15);
        net.Lose = (_, _) => random.Below(100) < loss;
        net.Double = () => random.Below(100) < doubled;
        net.ExtraDelay = () => random.Below(100) < late ? Duration.FromMicroseconds(random.Below(20_000)) : Duration.Zero;
        Side a = new(client, random.Bytes(random.Below(60_000))), b = new(server, random.Bytes(random.Below(60_000)));
        if (random.Coin())
        {
            client.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        }

        for (int i = 0; i < 60_000 && !(a.Done && b.Done); i++)
        {
            a.Step(net.Now, random);
            b.Step(net.Now, random);
            net.Run(Duration.FromMilliseconds(i < 500 ? 2 : 200));
        }

        Assert.Equal(a.Data, b.Got);
        Assert.Equal(b.Data, a.Got);
        client.Close(net.Now);
        server.Close(net.Now);
        net.Lose = null;
        net.Run(Duration.FromSeconds(1500));
        Assert.Equal(0, net.Pool.Outstanding);
        Assert.Equal(0, net.Client.Tcp.Flows.Count);
        Assert.Equal(0, net.Server.Tcp.Flows.Count);
    }

    private static void Vary(Sysctls s, Gen random)
    {
        s.Timestamps = random.Coin();
        s.Sack = random.Coin();
        s.WindowScaling = random.Coin();
        s.RmemDefault = 8_000 + random.Below(100_000);
    }

    private sealed class Side(TcpSocket socket, byte[] data)
    {
        private int _sent;
        private bool _shut;
        private bool _end;

        public byte[] Data => data;

        public List<byte> Got { get; } = [];

        public bool Done => _shut && _end;

        public void Step(Instant now, Gen random)
        {
            if (_sent < data.Length)
            {
                int count = Math.Min(random.Below(5000), data.Length - _sent);
                SocketResult result = socket.Send(now, data.AsSpan(_sent, count));
                _sent += result.Succeeded ? result.Value : 0;
            }
            else if (!_shut)
            {
                Assert.Equal(Errno.OK, socket.Shutdown(now, ShutdownHow.SHUT_WR));
                _shut = true;
            }

            if (_end || random.Below(3) == 0)
            {
                return;
            }

            Span<byte> buffer = stackalloc byte[1 + random.Below(8000)];
            SocketResult read = socket.Receive(now, buffer);
            Assert.True(read.Succeeded || read.Error is Errno.EAGAIN, read.Error.ToString());
            if (read.Succeeded)
            {
                _end = read.Value == 0;
                Got.AddRange(buffer[..read.Value]);
            }
        }
    }
}

using System.Diagnostics;
using SimNet.Hosts;
using SimNet.Random;
using SimStack;
using SimStack.Sockets;

namespace Scenarios.Bench;

/// <summary>One connection carries a payload over a link with a rate and a delay; both applications copy every byte.</summary>
internal sealed record BulkBenchmark(long Bytes, DataRate Rate, Duration Delay, int Buffer, long Queue, string? CaptureFile)
{
    /// <summary>The sender's congestion control, and settings of both hosts.</summary>
    public string Algorithm { get; init; } = "cubic";

    public IReadOnlyList<SysctlSetting> Settings { get; init; } = [];

    /// <summary>Of the link, each way.</summary>
    public Probability Loss { get; init; }

    public ulong Seed { get; init; } = 1;

    /// <summary>Runs a part of the work first, so that what is measured is compiled code.</summary>
    public BenchResult RunWarm()
    {
        (this with { Bytes = Math.Min(Bytes, 128 << 20), CaptureFile = null }).Run();
        return Run();
    }

    public BenchResult Run()
    {
        using BenchNetwork net = new(Rate, Delay, Queue, Loss, Seed);
        net.Apply(Settings);
        if (CaptureFile is not null)
        {
            net.Capture(CaptureFile);
        }

        TcpSocket listener = net.Server.Stack.OpenTcpSocket(AddressFamily.AF_INET);
        listener.SetOption(default, SocketOption.SO_RCVBUFFORCE, Buffer);
        Sink sink = new(net.Server, Bytes, Buffer);
        listener.Owner = sink;
        listener.Bind(net.ServerEndpoint);
        listener.Listen(default, 16);
        Source source = new(net.Client, Bytes);
        TcpSocket client = net.Client.Stack.OpenTcpSocket(AddressFamily.AF_INET);
        client.SetOption(default, SocketOption.SO_SNDBUFFORCE, Buffer);
        client.SetCongestionControl(default, Algorithm);
        client.Owner = source;
        client.Connect(net.Simulation.Now, net.ServerEndpoint);

        long start = Stopwatch.GetTimestamp();
        net.Client.Pump();
        long warmBytes = Bytes / 4;
        net.Simulation.Loop.RunWhile(() => sink.Received < warmBytes);

        long packetsBefore = net.Packets;
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        long steadyBytes = Bytes - (Bytes / 20);
        net.Simulation.Loop.RunWhile(() => sink.Received < steadyBytes);

        // Opening and closing allocate; what lies between must not.
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        long steadyPackets = net.Packets - packetsBefore;
        net.Simulation.Loop.RunWhile(() => sink.Received < Bytes);

        double simulated = net.Simulation.Now.Nanoseconds / 1e9;
        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new BenchResult
        {
            Name = "bulk",
            Parameters = FormattableString.Invariant(
                $"{Bytes} bytes, {Rate}, {Delay.TotalMilliseconds} ms each way, buffers of {Buffer} bytes, {Algorithm}{string.Concat(Settings.Select(one => $" {one}"))}, MTU 1500"),
            WallSeconds = wall,
            SimulatedSeconds = simulated,
            Packets = net.Packets,
            Bytes = sink.Received,
            AllocatedPerPacket = (double)allocated / Math.Max(1, steadyPackets),
            PayloadIntact = sink.Received == Bytes && sink.Hash.Finish() == source.Hash.Finish(),
        };
    }

    private sealed class Source(SimHost host, long total) : SocketOwner
    {
        private readonly byte[] _pattern = Pattern();
        private long _sent;

        public StreamHash Hash { get; } = new();

        protected override void Ready(Instant now, HostSocket ready)
        {
            TcpSocket socket = (TcpSocket)ready;
            while (_sent < total && (socket.Poll() & PollEvents.POLLOUT) != 0)
            {
                int offset = (int)(_sent % 65_521);
                int count = (int)Math.Min(65_536, total - _sent);
                SocketResult result = socket.Send(now, _pattern.AsSpan(offset, count));
                if (!result.Succeeded)
                {
                    return;
                }

                Hash.Append(_pattern.AsSpan(offset, result.Value));
                _sent += result.Value;
                if (_sent == total)
                {
                    socket.Shutdown(now, ShutdownHow.SHUT_WR);
                }
            }

            _ = host;
        }

        /// <summary>Long enough that no write repeats the one before.</summary>
        private static byte[] Pattern()
        {
            byte[] bytes = new byte[65_536 * 2];
            uint state = 1;
            for (int i = 0; i < bytes.Length; i++)
            {
                state = state * 1_664_525 + 1_013_904_223;
                bytes[i] = (byte)(state >> 24);
            }

            return bytes;
        }
    }

    private sealed class Sink(SimHost host, long total, int window) : SocketOwner
    {
        private readonly byte[] _buffer = new byte[65_536];

        public StreamHash Hash { get; } = new();

        public long Received { get; private set; }

        protected override void Ready(Instant now, HostSocket ready)
        {
            TcpSocket socket = (TcpSocket)ready;
            if (socket.State is SimStack.Tcp.TcpState.Listen)
            {
                if (socket.Accept(now, out TcpSocket? accepted) is Errno.OK)
                {
                    accepted!.Owner = this;
                    Ready(now, accepted);
                }

                return;
            }

            while (Received < total && socket.Receive(now, _buffer) is { Value: > 0 } result)
            {
                if (Received == 0)
                {
                    // As many bytes of payload as were asked for: without it the overhead of Ethernet segments, which the kernel's buffer would
                    // have room for besides, counts in the window too. It stays, as the first segment told what that overhead is.
                    socket.SetOption(now, SocketOption.TCP_WINDOW_CLAMP, window);
                }

                Hash.Append(_buffer.AsSpan(0, result.Value));
                Received += result.Value;
            }

            _ = host;
        }
    }
}

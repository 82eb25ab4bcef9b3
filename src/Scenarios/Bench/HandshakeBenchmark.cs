using System.Diagnostics;
using SimNet.Hosts;
using SimStack;
using SimStack.Sockets;
using SimStack.Tcp;

namespace Scenarios.Bench;

/// <summary>Connections are opened and closed one after another, each through every state up to TIME-WAIT and its end.</summary>
internal sealed record HandshakeBenchmark(int Count, int Workers, Duration Delay)
{
    /// <summary>Runs a part of the work first, so that what is measured is compiled code.</summary>
    public BenchResult RunWarm()
    {
        (this with { Count = Math.Min(Count, 20_000) }).Run();
        return Run();
    }

    public BenchResult Run()
    {
        using BenchNetwork net = new(DataRate.Unlimited, Delay, null);
        TcpSocket listener = net.Server.Stack.OpenTcpSocket(AddressFamily.AF_INET);
        listener.Owner = new Acceptor();
        listener.Bind(net.ServerEndpoint);
        listener.Listen(default, 4096);
        Opener opener = new(net, Count);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Workers; i++)
        {
            opener.OpenNext(net.Simulation.Now);
        }

        net.Client.Pump();
        net.Simulation.Loop.RunWhile(() => opener.Closed < Count / 10);
        long packetsBefore = net.Packets;
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        net.Simulation.Loop.RunWhile(() => opener.Closed < Count);

        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        double simulated = net.Simulation.Now.Nanoseconds / 1e9;
        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new BenchResult
        {
            Name = "handshakes",
            Parameters = FormattableString.Invariant(
                $"{Count} connections, {Workers} at a time, {Delay.TotalMilliseconds} ms each way"),
            WallSeconds = wall,
            SimulatedSeconds = simulated,
            Packets = net.Packets,
            Operations = opener.Closed,
            AllocatedPerPacket = (double)allocated / Math.Max(1, net.Packets - packetsBefore),
            PayloadIntact = opener.Failed == 0,
            Notes = opener.Failed == 0
                ? [FormattableString.Invariant(
                    $"{allocated / Math.Max(1, Count * 0.9):F0} bytes allocated per connection, both ends")]
                : [FormattableString.Invariant($"{opener.Failed} connections failed")],
        };
    }

    private sealed class Opener(BenchNetwork net, int total) : SocketOwner
    {
        private int _opened;

        public int Closed { get; private set; }

        public int Failed { get; private set; }

        public void OpenNext(Instant now)
        {
            if (_opened >= total)
            {
                return;
            }

            _opened++;
            TcpSocket socket = net.Client.Stack.OpenTcpSocket(AddressFamily.AF_INET);
            socket.Owner = this;
            if (socket.Connect(now, net.ServerEndpoint) is not Errno.EINPROGRESS)
            {
                Failed++;
                Closed++;
            }
        }

        protected override void Ready(Instant now, HostSocket ready)
        {
            TcpSocket socket = (TcpSocket)ready;
            switch (socket.State)
            {
                case TcpState.Established:
                    socket.Shutdown(now, ShutdownHow.SHUT_WR);
                    break;
                case TcpState.TimeWait:
                    socket.Close(now);
                    Closed++;
                    OpenNext(now);
                    break;
                case TcpState.Closed:
                    Failed++;
                    Closed++;
                    OpenNext(now);
                    break;
            }
        }
    }

    private sealed class Acceptor : SocketOwner
    {
        private readonly byte[] _buffer = new byte[16];

        protected override void Ready(Instant now, HostSocket ready)
        {
            TcpSocket socket = (TcpSocket)ready;
            if (socket.State is TcpState.Listen)
            {
                while (socket.Accept(now, out TcpSocket? accepted) is Errno.OK)
                {
                    accepted!.Owner = this;
                    Ready(now, accepted);
                }
            }
            else if (socket.Receive(now, _buffer) is { Succeeded: true, Value: 0 })
            {
                socket.Close(now);
            }
        }
    }
}

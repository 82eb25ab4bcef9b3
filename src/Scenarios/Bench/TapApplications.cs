using System.Diagnostics;
using SimNet.Hosts;
using SimNet.Time;
using SimStack;
using SimStack.Sockets;
using SimStack.Tcp;

namespace Scenarios.Bench;

/// <summary>What the simulated host does in <see cref="TapBenchmark"/>: it sends a payload, or receives one.</summary>
internal abstract class TapApplication : SocketOwner
{
    /// <summary>Called when so many bytes have passed: the work is then neither at its beginning nor at its end.</summary>
    public required Action<bool> Milestone { get; init; }

    /// <summary>Called when all is done.</summary>
    public required Action Finished { get; init; }

    /// <summary>Bytes of the payload.</summary>
    public required long Total { get; init; }

    /// <summary>When the connection stood, and when the last byte had passed (<see cref="Stopwatch"/>).</summary>
    public long Began { get; private set; }

    public long Ended { get; private set; }

    protected long Passed { get; private set; }

    protected void Begin() => Began = Began == 0 ? Stopwatch.GetTimestamp() : Began;

    protected void Pass(int count)
    {
        long early = Total / 4, late = Total - (Total / 20);
        long before = Passed;
        Passed += count;
        if (before < early && Passed >= early)
        {
            Milestone(false);
        }

        if (before < late && Passed >= late)
        {
            Milestone(true);
        }

        if (Passed == Total)
        {
            Ended = Stopwatch.GetTimestamp();
        }
    }
}

/// <summary>
/// Sends the payload in calls of 64 KiB, each of which is on its way before the next, as a program's calls into a kernel are; then closes.
/// </summary>
internal sealed class TapSender(SimHost host) : TapApplication
{
    private const int Call = 64 * 1024;
    private NextCall? _next;

    protected override void Ready(Instant now, HostSocket ready)
    {
        TcpSocket socket = (TcpSocket)ready;
        if (socket.State is TcpState.Established)
        {
            Begin();
        }

        if (Passed < Total && (socket.Poll() & PollEvents.POLLOUT) != 0)
        {
            SocketResult result = socket.Send(now, PeriodicData.At(Passed, Math.Min(Call, Total - Passed)));
            Pass(Math.Max(0, result.Value));
            (_next ??= new NextCall(this, socket)).After(now);
            if (Passed == Total)
            {
                socket.Shutdown(now, ShutdownHow.SHUT_WR);
            }
        }

        if (Passed == Total && socket.State is TcpState.TimeWait or TcpState.Closed or TcpState.FinWait2)
        {
            Finished();
        }
    }

    private sealed class NextCall(TapSender sender, TcpSocket socket) : EventTarget
    {
        private bool _isDue;

        public override string Description => "next call";

        public void After(Instant now)
        {
            if (!_isDue)
            {
                _isDue = true;
                sender.Host.Simulation.Loop.Schedule(now, this);
            }
        }

        public override void Run(Instant now, long argument)
        {
            _isDue = false;
            sender.Ready(now, socket);
            sender.Host.Pump();
        }
    }

    private SimHost Host => host;
}

/// <summary>Accepts one connection, hashes what comes, and closes.</summary>
internal sealed class TapReceiver : TapApplication
{
    private readonly byte[] _buffer = new byte[PeriodicData.Piece];
    private readonly StreamHash _hash = new();

    /// <summary>Of what came.</summary>
    public ulong Hash { get; private set; }

    protected override void Ready(Instant now, HostSocket ready)
    {
        TcpSocket socket = (TcpSocket)ready;
        if (socket.State is TcpState.Listen)
        {
            if (socket.Accept(now, out TcpSocket? accepted) is Errno.OK)
            {
                Begin();
                accepted!.Owner = this;
                Ready(now, accepted);
            }

            return;
        }

        while (socket.Receive(now, _buffer) is { Succeeded: true } result)
        {
            if (result.Value == 0)
            {
                Hash = _hash.Finish();
                socket.Close(now);
                Finished();
                return;
            }

            _hash.Append(_buffer.AsSpan(0, result.Value));
            Pass(result.Value);
        }
    }
}

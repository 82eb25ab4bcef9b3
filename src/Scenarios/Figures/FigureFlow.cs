using SimNet.Hosts;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace Scenarios.Figures;

/// <summary>One connection whose sender always has data, and what was noted of it.</summary>
internal sealed class FigureFlow
{
    private const int Buffer = 16 << 20;

    private readonly SimHost _client;
    private readonly IpEndpoint _to;
    private readonly Sink _sink = new();
    private readonly string _algorithm;
    private TcpSocket? _socket;
    private int _phase;

    public FigureFlow(SimHost client, SimHost server, IpEndpoint to, string algorithm)
    {
        _client = client;
        _to = to;
        _algorithm = algorithm;
        TcpSocket listener = server.Stack.OpenTcpSocket(AddressFamily.AF_INET);
        listener.SetOption(default, SocketOption.SO_RCVBUFFORCE, Buffer);
        listener.SetCongestionControl(default, algorithm);
        listener.Owner = _sink;
        listener.Bind(to);
        listener.Listen(default, 1);
    }

    /// <summary>The congestion window in segments at each sample; 0 before the flow begins.</summary>
    public List<double> Window { get; } = [];

    /// <summary>Bytes that arrived by each sample.</summary>
    public List<double> Received { get; } = [];

    /// <summary>When reductions for a loss or mark began, in seconds.</summary>
    public List<double> Reductions { get; } = [];

    /// <summary>The average time from one reduction to the next, from that second on.</summary>
    public double Period(double from)
    {
        double[] later = [.. Reductions.Where(at => at >= from)];
        return later.Length < 2 ? double.NaN : (later[^1] - later[0]) / (later.Length - 1);
    }

    public void Begin()
    {
        _socket = _client.Stack.OpenTcpSocket(AddressFamily.AF_INET);
        _socket.SetOption(default, SocketOption.SO_SNDBUFFORCE, Buffer);
        _socket.SetCongestionControl(default, _algorithm);
        _socket.Owner = new Source();
        _socket.Connect(_client.Now, _to);
        _client.Pump();
    }

    public void Sample(Instant now)
    {
        TcpInfo? info = _socket?.GetInfo(now);
        Window.Add(info?.SndCwnd ?? 0);
        Received.Add(_sink.Received);
        int phase = info?.CaState ?? 0;
        if (phase > 1 && _phase <= 1)
        {
            Reductions.Add(now.Nanoseconds / 1e9);
        }

        _phase = phase;
    }

    private sealed class Source : SocketOwner
    {
        private readonly byte[] _block = new byte[65_536];

        protected override void Ready(Instant now, HostSocket socket)
        {
            while ((socket.Poll() & PollEvents.POLLOUT) != 0 && ((TcpSocket)socket).Send(now, _block).Succeeded)
            {
            }
        }
    }

    private sealed class Sink : SocketOwner
    {
        private readonly byte[] _buffer = new byte[65_536];

        public long Received { get; private set; }

        protected override void Ready(Instant now, HostSocket ready)
        {
            TcpSocket socket = (TcpSocket)ready;
            if (socket.State is TcpState.Listen)
            {
                if (socket.Accept(now, out TcpSocket? accepted) is Errno.OK)
                {
                    accepted!.Owner = this;
                    Ready(now, accepted);
                }

                return;
            }

            while (socket.Receive(now, _buffer) is { Value: > 0 } result)
            {
                Received += result.Value;
            }
        }
    }
}

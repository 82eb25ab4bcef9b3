using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp;

/// <summary>Two hosts on a wire with a delay, driven by hand: no event loop, so that the stack is tested alone.</summary>
internal sealed class TwoHosts
{
    private readonly PriorityQueue<(Host To, NetworkInterface Interface, Frame Frame), (long At, long Number)> _wire = new();
    private long _number;

    public TwoHosts(Profile? client = null, Profile? server = null, Action<Sysctls>? settings = null)
    {
        Client = Make("client", client ?? Profile.Linux, 1, out ClientInterface);
        Server = Make("server", server ?? Profile.Linux, 2, out ServerInterface);
        Client.AddNeighbour(ClientInterface, IpAddress.FromV4(10, 0, 0, 2), ServerInterface.MacAddress);
        Server.AddNeighbour(ServerInterface, IpAddress.FromV4(10, 0, 0, 1), ClientInterface.MacAddress);
        Client.Sysctls.TimerHz = Server.Sysctls.TimerHz = 0;
        settings?.Invoke(Client.Sysctls);
        settings?.Invoke(Server.Sysctls);
    }

    public static readonly IpEndpoint ServerEndpoint = new(IpAddress.FromV4(10, 0, 0, 2), 80);

    public readonly NetworkInterface ClientInterface;
    public readonly NetworkInterface ServerInterface;

    public Host Client { get; }

    public Host Server { get; }

    public FramePool Pool { get; } = new();

    public Instant Now { get; private set; }

    public Duration Delay { get; set; } = Duration.FromMilliseconds(5);

    /// <summary>Segments as they left, for a test to read: <c>client SYN seq ack len</c>.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Decides whether a frame from that host is lost.</summary>
    public Func<Host, Frame, bool>? Lose { get; set; }

    /// <summary>Decides whether a frame arrives twice.</summary>
    public Func<bool>? Double { get; set; }

    /// <summary>How much later than the others a frame arrives.</summary>
    public Func<Duration>? ExtraDelay { get; set; }

    /// <summary>Without a log nothing is allocated for a frame.</summary>
    public bool KeepLog { get; set; } = true;

    public List<string> States { get; } = [];

    public (TcpSocket Client, TcpSocket Server) Connected(
        int backlog = 16, uint? clientIss = null, uint? serverIss = null, Action<TcpSocket>? options = null)
    {
        TcpSocket listener = Server.OpenTcpSocket(AddressFamily.AF_INET);
        if (serverIss is { } ours)
        {
            listener.SetInitialSequenceNumber(ours);
        }

        options?.Invoke(listener);
        Assert.Equal(Errno.OK, listener.Bind(ServerEndpoint));
        Assert.Equal(Errno.OK, listener.Listen(Now, backlog));
        TcpSocket client = Client.OpenTcpSocket(AddressFamily.AF_INET);
        options?.Invoke(client);
        if (clientIss is { } theirs)
        {
            client.SetInitialSequenceNumber(theirs);
        }

        Assert.Equal(Errno.EINPROGRESS, client.Connect(Now, ServerEndpoint));
        Run(Duration.FromMilliseconds(100));
        Assert.Equal(Errno.OK, listener.Accept(Now, out TcpSocket? server));
        return (client, server!);
    }

    /// <summary>Lets time pass.</summary>
    public void Run(Duration span)
    {
        Instant end = Now + span;
        while (true)
        {
            Drain(Client, ClientInterface, Server, ServerInterface);
            Drain(Server, ServerInterface, Client, ClientInterface);
            Instant next = Instant.Min(Client.NextDeadline, Server.NextDeadline);
            if (_wire.TryPeek(out _, out (long At, long Number) first))
            {
                next = Instant.Min(next, new Instant(first.At));
            }

            if (next > end)
            {
                break;
            }

            Now = Instant.Max(Now, next);
            while (_wire.TryPeek(out (Host To, NetworkInterface Interface, Frame Frame) arrival, out first) && first.At <= Now.Nanoseconds)
            {
                _wire.Dequeue();
                arrival.To.Receive(Now, arrival.Interface, arrival.Frame.Bytes);
                Pool.Return(arrival.Frame);
                break;
            }

            Client.Advance(Now);
            Server.Advance(Now);
        }

        Now = end;
    }

    private void Drain(Host from, NetworkInterface outgoing, Host to, NetworkInterface incoming)
    {
        while (outgoing.TryDequeue(out Frame? frame))
        {
            if (KeepLog)
            {
                Log.Add(Describe(from, frame));
            }

            if (Lose?.Invoke(from, frame) == true)
            {
                if (KeepLog)
                {
                    Log[^1] += " lost";
                }

                Pool.Return(frame);
                continue;
            }

            if (Double?.Invoke() == true)
            {
                Send(to, incoming, Pool.Copy(frame.Bytes));
            }

            Send(to, incoming, frame);
        }

        while (from.TryTakeReady(out _))
        {
        }
    }

    private void Send(Host to, NetworkInterface incoming, Frame frame) =>
        _wire.Enqueue((to, incoming, frame), ((Now + Delay + (ExtraDelay?.Invoke() ?? Duration.Zero)).Nanoseconds, _number++));

    private static string Describe(Host from, Frame frame)
    {
        Assert.True(TcpView.TryParse(frame.Bytes[34..], out TcpView view, out _));
        return $"{from.Name} {view.Flags} len {view.Payload.Length}";
    }

    private Host Make(string name, Profile profile, byte number, out NetworkInterface made)
    {
        Host host = new(new HostOptions { Name = name, Profile = profile, Secret = number, FramePool = Pool }) { Observer = new Recorder(this, name) };
        made = host.AddInterface("eth0", new MacAddress((ulong)(0x0200_0000_0000 + number)));
        host.AddAddress(made, IpAddress.FromV4(10, 0, 0, number), 24);
        return host;
    }

    private sealed class Recorder(TwoHosts net, string name) : HostObserver
    {
        public override void StateChanged(in TcpStateChange change) =>
            net.States.Add($"{name} {change.From.ToRfcName()} -> {change.To.ToRfcName()} ({change.Cause})");
    }
}

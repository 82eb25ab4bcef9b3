using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Links;
using SimNet.Observe;
using SimNet.Time;
using SimStack;
using SimStack.Ip;
using SimStack.Ip.Queues;
using SimStack.Wire;

namespace SimNet.Hosts;

/// <summary>A host's network interface: a port for a link, and a place to capture at.</summary>
public sealed class HostInterface : LinkPort
{
    private readonly List<IpAddress> _addresses = [];
    private readonly ArrivalQueue _arrivals;
    private LineAlarm? _lineFree;

    internal HostInterface(SimHost host, NetworkInterface stack, string name, bool isLoopback)
    {
        Host = host;
        Stack = stack;
        ShortName = name;
        IsLoopback = isLoopback;
        Name = $"{host.Name}.{name}";
        // The virtual link has the queue; a second one here would drop what one call sends at once.
        stack.TxQueueLength = 0;
        _arrivals = new ArrivalQueue(host.Simulation.Loop, this);
        Tap = new PacketTap(new CapturePoint(CapturePointKind.HostInterface, Name), host.Simulation.Observe.PacketSource);
    }

    /// <summary>Whose it is.</summary>
    public SimHost Host { get; }

    /// <summary>The stack's side of it.</summary>
    public NetworkInterface Stack { get; }

    /// <summary>With the host's: <c>client.eth0</c>.</summary>
    public override string Name { get; }

    /// <summary><c>eth0</c></summary>
    public override string ShortName { get; }

    /// <summary>True for <c>lo</c>: its frames come back to it at the same instant.</summary>
    public bool IsLoopback { get; }

    /// <summary>The addresses in the order in which they were added.</summary>
    public IReadOnlyList<IpAddress> Addresses => _addresses;

    /// <summary>What it sends, and what arrives before any processing delay.</summary>
    public PacketTap Tap { get; }

    /// <summary>What it sends, and what arrives before any processing delay.</summary>
    public IObservable<PacketEvent> Packets => Tap.Packets;

    /// <summary>Frames that the stack sent while no link was attached.</summary>
    public long SentWithoutLink { get; private set; }

    /// <inheritdoc/>
    public override PacketTap? Observed => Tap;

    /// <inheritdoc/>
    public override MacAddress? HardwareAddress => Stack.MacAddress;

    /// <summary>
    /// A packet of many segments can be handed to the stack (<see cref="Frame.SegmentSize"/>): a host that forwards would have to cut it again.
    /// </summary>
    internal bool TakesJoinedSegments => !Host.Stack.Sysctls.IpForward && !Host.Stack.Sysctls.Ip6Forwarding;

    /// <inheritdoc/>
    protected internal override bool ObservesSending => Tap.IsObserved;

    /// <summary>Gives it an address and the route to its network.</summary>
    /// <param name="address">IPv4 or IPv6.</param>
    /// <param name="prefixLength">Bits of the network: up to 32 or 128.</param>
    public void AddAddress(IpAddress address, int prefixLength)
    {
        Host.Stack.AddAddress(Stack, address, prefixLength);
        _addresses.Add(address);
        Host.Pump();
    }

    /// <summary>
    /// Puts a queue discipline before the link, which then gets packets one by one, as fast as its rate sends them: its own queue stays empty.
    /// </summary>
    /// <param name="queue">Not in use by another interface; null: none, the link takes everything at once.</param>
    public void SetQueue(QueueDiscipline? queue)
    {
        Stack.DeviceRing = 1;
        Stack.SetQueue(queue);
        Host.Pump();
    }

    /// <summary>Enters a neighbour's Ethernet address, so that no ARP or neighbour discovery is needed.</summary>
    public void AddNeighbour(IpAddress address, MacAddress mac) => Host.Stack.AddNeighbour(Stack, address, mac);

    /// <inheritdoc/>
    protected internal override void OnSent(Instant now, Frame frame, in LinkVerdict verdict) => Tap.Publish(
        now,
        frame,
        CaptureDirection.Outbound,
        verdict.Reason == DropReason.None ? PacketFate.Sent : PacketFate.Dropped,
        in verdict);

    /// <inheritdoc/>
    protected internal override void OnCarrier(Instant now, bool up)
    {
        Host.Stack.Ip.SetCarrier(Stack, up);
        Host.Pump();
    }

    /// <inheritdoc/>
    protected internal override void Arrive(Instant now, Frame frame)
    {
        ObserveArrival(now, frame);
        if (Host.ProcessingDelay > Duration.Zero || !_arrivals.IsEmpty)
        {
            _arrivals.Add(now, frame, Host.ProcessingDelay);
            return;
        }

        Hand(now, frame);
    }

    /// <summary>A frame of the arrival queue is due.</summary>
    internal void Process(Instant now, Frame frame)
    {
        if (IsLoopback)
        {
            ObserveArrival(now, frame);
        }

        Hand(now, frame);
    }

    /// <summary>Sends what the stack has queued.</summary>
    internal void Transmit(Instant now)
    {
        if (Outgoing is { To: BridgePort port })
        {
            // Told before the stack works: whether a packet of many segments can leave as it is, right up to a device.
            Stack.TakesLongPackets = port.TakesLongPackets && Outgoing.IsClear;
        }

        if (Stack.Queue is not null && Outgoing is { } line)
        {
            TransmitFromQueue(now, line);
            return;
        }

        while (Stack.TryDequeue(out Frame? frame))
        {
            if (frame.SegmentSize > 0)
            {
                TransmitLong(now, frame);
            }
            else if (Outgoing is { } link)
            {
                link.Send(now, frame);
            }
            else if (IsLoopback)
            {
                SendToSelf(now, frame);
            }
            else
            {
                SendNowhere(now, frame);
            }
        }
    }

    private void TransmitLong(Instant now, Frame frame)
    {
        if (Outgoing is { IsClear: true, To: BridgePort { TakesLongPackets: true } port } link)
        {
            if ((Tap.IsObserved || link.Tap.IsObserved || port.Tap.IsObserved) && TcpFrameLayout.TryParse(frame.Bytes, out TcpFrameLayout layout))
            {
                layout.WriteChecksum(frame.Bytes);
            }

            link.Send(now, frame);
            return;
        }

        // The link has changed since it was made.
        SegmentCutter cutter = new(Host.Simulation.FramePool, frame);
        while (cutter.TryCut(out Frame segment))
        {
            if (Outgoing is { } changed)
            {
                changed.Send(now, segment);
            }
            else
            {
                SendNowhere(now, segment);
            }
        }

        Host.Simulation.FramePool.Return(frame);
    }

    private void TransmitFromQueue(Instant now, LinkDirection line)
    {
        while (line.FreeAt <= now && Stack.TryDequeue(now, out Frame? frame))
        {
            line.Send(now, frame);
        }

        if (line.FreeAt > now && (Stack.OutgoingCount > 0 || Stack.Queue!.Packets > 0))
        {
            (_lineFree ??= new LineAlarm(Host.Simulation.Loop, this)).Set(line.FreeAt);
        }
    }

    private void SendToSelf(Instant now, Frame frame)
    {
        if (Tap.IsObserved)
        {
            LinkVerdict verdict = new() { Due = now };
            OnSent(now, frame, in verdict);
        }

        _arrivals.Add(now, frame, Duration.Zero);
    }

    private void SendNowhere(Instant now, Frame frame)
    {
        SentWithoutLink++;
        if (Tap.IsObserved)
        {
            LinkVerdict verdict = new() { Reason = DropReason.NotConnected };
            OnSent(now, frame, in verdict);
        }

        Host.Simulation.FramePool.Return(frame);
    }

    private void ObserveArrival(Instant now, Frame frame)
    {
        if (Tap.IsObserved)
        {
            LinkVerdict verdict = new() { Effects = (LinkEffects)frame.Note };
            Tap.Publish(now, frame, CaptureDirection.Inbound, PacketFate.Delivered, in verdict);
        }
    }

    private void Hand(Instant now, Frame frame)
    {
        Host.Stack.ReceiveFrame(now, Stack, frame);
        Host.Simulation.FramePool.Return(frame);
        Host.Pump();
    }

    /// <summary>Goes on when the line has sent what it got.</summary>
    private sealed class LineAlarm(EventLoop loop, HostInterface port) : Alarm(loop)
    {
        public override string Description => $"queue of {port.Name}";

        public void Set(Instant at) => RingBy(at);

        protected override void Ring(Instant now) => port.Host.Pump();
    }
}

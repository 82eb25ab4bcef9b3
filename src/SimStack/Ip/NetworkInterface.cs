using System.Diagnostics.CodeAnalysis;
using SimStack.Ip.Queues;
using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// A host's network interface: its addresses, and the frames that wait to be sent. <see cref="IpLayer"/> makes them.
/// </summary>
public sealed class NetworkInterface
{
    /// <summary>What Linux's Ethernet interfaces have.</summary>
    public const int DefaultTxQueueLength = 1000;

    private readonly List<InterfaceAddress> _addresses = [];
    private readonly IpLayer _layer;
    private readonly FramePool _pool;
    private FrameQueue _outgoing = new();
    private Frame? _packet, _lastPart;

    internal NetworkInterface(IpLayer layer, FramePool pool, string name, int index, MacAddress mac, int mtu, bool loopback)
    {
        _layer = layer;
        _pool = pool;
        Name = name;
        Index = index;
        MacAddress = mac;
        Mtu = mtu;
        IsLoopback = loopback;
        TxQueueLength = loopback ? 0 : DefaultTxQueueLength;
        Neighbours = new NeighbourTable(layer, this);
    }

    /// <summary>As in <c>ip link</c>: <c>eth0</c>.</summary>
    public string Name { get; }

    /// <summary>1 is the loopback interface.</summary>
    public int Index { get; }

    /// <summary>
    /// As <c>ip link set … address</c> changes it: what is sent from then on has it, and neighbours learn of it as from any message.
    /// </summary>
    public MacAddress MacAddress { get; set; }

    /// <summary>The longest IP packet in bytes; <see cref="IpLayer.SetMtu"/> changes it.</summary>
    public int Mtu { get; internal set; }
    public bool IsLoopback { get; }

    /// <summary><see cref="IpLayer.SetUp"/> changes it.</summary>
    public bool IsUp { get; internal set; } = true;

    /// <summary>False while the cable is out; <see cref="IpLayer.SetCarrier"/> changes it.</summary>
    public bool HasCarrier { get; internal set; } = true;

    /// <summary>In the order they were added.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses => _addresses;

    /// <summary>The addresses on this link that were resolved by ARP or neighbor discovery, or set.</summary>
    public NeighbourTable Neighbours { get; }

    /// <summary>How many frames may wait to be sent (txqueuelen); 0 = any number.</summary>
    public int TxQueueLength { get; set; }

    /// <summary>
    /// The interface takes TCP packets of many segments and cuts them itself (<c>ethtool -K … tso gso</c>), as Linux's interfaces do. A host
    /// whose profile makes such packets then pushes their ends and marks their frames (<see cref="Wire.Frame.GroupFollows"/>); off, every
    /// segment stands alone.
    /// </summary>
    public bool SegmentationOffload { get; set; } = true;

    /// <summary>
    /// The device takes TCP packets of many segments as they are (<see cref="Wire.Frame.SegmentSize"/>), rather than the segments with marks; their
    /// TCP checksums are left to it. May change at any time.
    /// </summary>
    public bool TakesLongPackets { get; set; }

    /// <summary>Every frame is dropped as if the queue were full, as with <c>tc qdisc … pfifo limit 0</c>.</summary>
    public bool RefusesFrames { get; set; }

    /// <summary>What orders the packets before they leave, in the place of a queue of <see cref="TxQueueLength"/> frames; null: none.</summary>
    public QueueDiscipline? Queue { get; private set; }

    /// <summary>Bytes of the link layer's header as a queue discipline counts them: Ethernet's 14, or 0 for a tun device.</summary>
    public int LinkHeaderLength { get; set; } = EthernetView.HeaderLength;

    /// <summary>
    /// Packets that the device takes from <see cref="Queue"/> before it has sent them; 0: any number, since it sends at once.
    /// </summary>
    public int DeviceRing { get; set; }

    /// <summary>
    /// How long in bytes the segments are of which longer TCP packets were joined before they came in (receive offload; a tun device's
    /// gso_size); 0: what comes in was never joined.
    /// </summary>
    public int ReceiveSegmentSize { get; set; }

    /// <summary>What received segments take of SO_RCVBUF, where the host's profile counts it.</summary>
    public ReceiveBufferLayout ReceiveBuffers { get; set; }

    /// <summary>How many frames wait to be sent.</summary>
    public int OutgoingCount => _outgoing.Count;

    /// <summary>Frames put in the queue.</summary>
    public long TxPackets { get; private set; }

    /// <summary>Frames dropped because the queue was full, the interface down or without carrier.</summary>
    public long TxDropped { get; private set; }

    /// <summary>Frames received, whatever became of them.</summary>
    public long RxPackets { get; internal set; }

    /// <summary>Frames shorter than an Ethernet header.</summary>
    public long RxErrors { get; internal set; }

    /// <summary>Frames for another host's Ethernet address.</summary>
    public long RxOtherHost { get; internal set; }

    /// <summary>Frames of a type that no protocol here takes, and malformed ARP.</summary>
    public long RxDropped { get; internal set; }

    /// <summary>When <see cref="RunQueue"/> is next due.</summary>
    internal Instant QueueDeadline =>
        Queue is null || (DeviceRing != 0 && _outgoing.Count >= DeviceRing) ? Instant.Never : Queue.NextDeadline;

    internal List<InterfaceAddress> AddressList => _addresses;

    /// <summary>The next frame to send, which then belongs to the caller; false when none waits, or none may leave yet.</summary>
    public bool TryDequeue([NotNullWhen(true)] out Frame? frame) => _outgoing.TryDequeue(out frame);

    /// <summary>The same for a device that takes packets one by one: the next one comes out of the queue at that instant.</summary>
    public bool TryDequeue(Instant now, [NotNullWhen(true)] out Frame? frame)
    {
        if (Queue is not null && _outgoing.Count == 0)
        {
            RunQueue(now);
            _layer.NoteDeadline(QueueDeadline);
        }

        return _outgoing.TryDequeue(out frame);
    }

    /// <summary>Sets the queue discipline (<c>tc qdisc replace … root</c>); what waited in the one before is dropped.</summary>
    /// <param name="queue">Not in use by another interface; null: none.</param>
    public void SetQueue(QueueDiscipline? queue)
    {
        DropQueued();
        Queue = queue;
        _layer.DeadlinesChanged();
    }

    /// <summary>
    /// Takes the frame; one that is dropped goes back to the pool. False when the queue had no room, which the sender is told; an interface
    /// that is down drops without a word.
    /// </summary>
    internal bool Enqueue(Frame frame)
    {
        if (!IsUp || !HasCarrier || RefusesFrames || (TxQueueLength != 0 && _outgoing.Count >= TxQueueLength))
        {
            TxDropped++;
            _pool.Return(frame);
            return !IsUp || !HasCarrier;
        }

        if (Queue is not null)
        {
            return EnqueuePart(_layer.Clock, frame);
        }

        TxPackets++;
        _outgoing.Enqueue(frame);
        return true;
    }

    /// <summary>Lets packets out that may leave, as many as the device takes.</summary>
    internal void RunQueue(Instant now)
    {
        while (Queue is not null && (DeviceRing == 0 || _outgoing.Count < DeviceRing) && Queue.Dequeue(now) is { } packet)
        {
            IFrameOwner? owner = packet.Owner;
            int memory = 0;
            for (Frame? part = packet; part is not null;)
            {
                Frame next = part;
                part = part.NextPart;
                memory += next.Memory;
                TxPackets++;
                _outgoing.Enqueue(next);
                next.Disown();
            }

            owner?.PacketLeft(now, memory);
        }
    }

    /// <summary>Frames become packets again: the discipline is asked about the first, and gets them all with the last.</summary>
    private bool EnqueuePart(Instant now, Frame frame)
    {
        if (_packet is null)
        {
            if (!Queue!.Admits(now, frame))
            {
                TxDropped++;
                _pool.Return(frame);
                return false;
            }

            _packet = frame;
            frame.PacketLength = 0;
        }
        else
        {
            _lastPart!.NextPart = frame;
        }

        _lastPart = frame;
        frame.Owner?.PacketQueued(frame.Memory);
        _packet.PacketLength += frame.Length - EthernetView.HeaderLength + LinkHeaderLength;
        if (frame.PartFollows)
        {
            return true;
        }

        Frame packet = _packet;
        _packet = null;
        Queue!.Enqueue(now, packet);
        RunQueue(now);
        _layer.NoteDeadline(QueueDeadline);
        return true;
    }

    private void DropQueued()
    {
        for (Frame? packet = _packet; packet is not null || (packet = Queue?.TakeAny()) is not null; packet = null)
        {
            for (Frame? part = packet; part is not null;)
            {
                Frame next = part;
                part = part.NextPart;
                TxDropped++;
                next.Owner?.PacketLeft(_layer.Clock, next.Memory);
                _pool.Return(next);
            }
        }

        _packet = null;
    }

    internal void DropOutgoing()
    {
        DropQueued();
        while (_outgoing.TryDequeue(out Frame? frame))
        {
            TxDropped++;
            _pool.Return(frame);
        }
    }

    public override string ToString() => Name;
}

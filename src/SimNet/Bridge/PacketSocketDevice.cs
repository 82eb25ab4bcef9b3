using System.Net;
using System.Runtime.InteropServices;
using SimNet.Bridge.Native;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// A packet socket of Linux on an interface that exists (packet(7)). Frames are taken and handed over in batches (recvmmsg(2)) rather than through
/// a shared ring: TPACKET_V3 gives a block to the reader when it is full or after a millisecond at the earliest, and both copy each frame once.
/// </summary>
public sealed unsafe class PacketSocketDevice : StationDevice
{
    private const int Batch = 64;

    // Joined packets of one flow come as one frame of up to 64 KiB (generic receive offload, and what a system beside hands down unsegmented).
    private const int LongestFrame = 65_550;
    private const int BufferSize = 8 << 20;
    private readonly MessageBatch _incoming;
    private readonly MessageBatch _outgoing;
    private FrameQueue _waiting = new();
    private int _kept;
    private bool _wentDown;
    private int _descriptor = -1;

    private PacketSocketDevice(StationOptions options, SystemInterface system, int descriptor)
        : base(options)
    {
        _descriptor = descriptor;
        Mtu = system.Mtu;
        HardwareAddress = system.HardwareAddress;
        LookAtSystem();
        _incoming = new MessageBatch(Batch, VirtioHeader.Length + LongestFrame);
        // A VLAN tag may come on top.
        _outgoing = new MessageBatch(Batch, VirtioHeader.Length + EthernetView.HeaderLength + 4 + Mtu);
    }

    /// <inheritdoc/>
    public override int Mtu { get; }

    /// <inheritdoc/>
    public override MacAddress? HardwareAddress { get; }

    /// <inheritdoc/>
    internal override int Descriptor => _descriptor;

    /// <summary>Opens a socket on an interface that is up, for a station beside the system.</summary>
    /// <exception cref="BridgeException">
    /// There is no such Ethernet interface, it is down, the permission is missing, or the station's Ethernet address would not be received.
    /// </exception>
    public static PacketSocketDevice Open(StationOptions options)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BridgeException("packet sockets are Linux's; use `sim bridge pcap` here");
        }

        Check(options);
        return NetworkNamespace.Run(options.NetworkNamespace, () => OpenHere(options));
    }

    /// <inheritdoc/>
    public override int Read(FramePool pool, Span<Frame> frames)
    {
        ObjectDisposedException.ThrowIf(_descriptor < 0, this);
        int count = 0;
        while (count < frames.Length && _waiting.TryDequeue(out Frame? waiting))
        {
            frames[count++] = waiting;
        }

        int room = Math.Min(frames.Length - count, Batch);
        int received = room == 0 ? 0 : Receive(room);
        for (int i = 0; i < received; i++)
        {
            Take(pool, i);
        }

        while (count < frames.Length && _waiting.TryDequeue(out Frame? next))
        {
            frames[count++] = next;
        }

        return count;
    }

    /// <inheritdoc/>
    public override void Write(FramePool pool, Frame frame)
    {
        ObjectDisposedException.ThrowIf(_descriptor < 0, this);
        if (VirtioHeader.Length + frame.Length > _outgoing.Capacity)
        {
            // Longer than the interface's MTU: no cable would carry it.
            Counters.TxDropped++;
        }
        else
        {
            // A header of zeros: nothing is left to the network card.
            Span<byte> room = _outgoing.Room(_kept);
            room[..VirtioHeader.Length].Clear();
            frame.Bytes.CopyTo(room[VirtioHeader.Length..]);
            _outgoing.SetLength(_kept, VirtioHeader.Length + frame.Length);
            _kept++;
        }

        pool.Return(frame);
        if (_kept == Batch)
        {
            Flush(pool);
        }
    }

    /// <inheritdoc/>
    public override void Flush(FramePool pool)
    {
        int at = 0;
        while (at < _kept)
        {
            int sent = Libc.SendMessages(_descriptor, _outgoing[at], (uint)(_kept - at), Libc.MSG_DONTWAIT);
            if (sent <= 0)
            {
                if (Marshal.GetLastSystemError() != Libc.EINTR)
                {
                    // ENOBUFS when the interface's queue is full, EAGAIN when the socket's is, ENETDOWN: as on a cable, the frame is lost.
                    Counters.TxDropped++;
                    at++;
                }

                continue;
            }

            for (int end = at + sent; at < end; at++)
            {
                Counters.TxFrames++;
                Counters.TxBytes += (long)_outgoing[at]->Moved - VirtioHeader.Length;
            }
        }

        _kept = 0;
    }

    /// <inheritdoc/>
    public override void UpdateCounters()
    {
        // struct tpacket_stats: packets, drops; reading sets both to 0.
        uint* statistics = stackalloc uint[2];
        uint length = 2 * sizeof(uint);
        if (Libc.GetSocketOption(_descriptor, Libc.SOL_PACKET, Libc.PACKET_STATISTICS, statistics, &length) == 0)
        {
            Counters.RxDropped += statistics[1];
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            _ = Libc.Close(descriptor);
            _incoming.Dispose();
            _outgoing.Dispose();
        }
    }

    private int Receive(int most)
    {
        int received = Libc.ReceiveMessages(_descriptor, _incoming[0], (uint)most, Libc.MSG_DONTWAIT, null);
        if (received > 0)
        {
            _wentDown = false;
            return received;
        }

        int error = Marshal.GetLastSystemError();
        switch (error)
        {
            case Libc.EAGAIN when _wentDown && !IsThere():
                error = Libc.ENODEV;
                break;
            case Libc.EAGAIN or Libc.EINTR:
                return 0;
            case Libc.EINVAL:
                // A packet of a kind of offload that virtio_net_hdr can't describe; the kernel has thrown it away.
                Counters.RxErrors++;
                return 0;
            case Libc.ENETDOWN when IsThere():
                // Told once; the socket goes on when the interface is up again. One that is removed goes down first, and that is all that is told.
                _wentDown = true;
                return 0;
        }

        throw new BridgeException($"{Name} can't be read any more: {Marshal.GetPInvokeErrorMessage(error)}; was it removed?");
    }

    private bool IsThere()
    {
        Libc.LinkLayerAddress address;
        uint length = (uint)sizeof(Libc.LinkLayerAddress);
        return Libc.GetSocketName(_descriptor, &address, &length) == 0 && address.InterfaceIndex > 0;
    }

    private void Take(FramePool pool, int index)
    {
        Libc.Message* message = _incoming[index];
        int length = (int)message->Moved - VirtioHeader.Length;
        if (length < EthernetView.HeaderLength || (message->Flags & Libc.MSG_TRUNC) != 0)
        {
            Counters.RxErrors++;
            return;
        }

        ReadOnlySpan<byte> bytes = _incoming.Room(index)[..(int)message->Moved];
        VirtioHeader header = MemoryMarshal.Read<VirtioHeader>(bytes);
        bytes = bytes[VirtioHeader.Length..];
        int before = _waiting.Count;
        if (header.SegmentationType == VirtioHeader.UdpDatagrams)
        {
            if (!DatagramCutter.TryCut(pool, header, bytes, ref _waiting))
            {
                Counters.RxErrors++;
                return;
            }
        }
        else
        {
            Frame frame = pool.Copy(bytes);
            if (!ReceivedPacket.TryFinish(header, frame))
            {
                Counters.RxErrors++;
                frame.SegmentSize = 0;
                pool.Return(frame);
                return;
            }

            _waiting.Enqueue(frame);
        }

        Counters.RxFrames += _waiting.Count - before;
        Counters.RxBytes += length;
    }

    private static PacketSocketDevice OpenHere(StationOptions options)
    {
        // Protocol 0: nothing comes in before the filter is there and the socket is bound.
        int descriptor = Libc.Socket(Libc.AF_PACKET, Libc.SOCK_RAW | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
        if (descriptor < 0)
        {
            throw new BridgeException($"a packet socket can't be opened: {LastError()}; it takes root, or the capability CAP_NET_RAW");
        }

        PacketSocketDevice? device = null;
        try
        {
            SystemInterface system = new(options.Interface);
            int index = system.Index;
            if (!system.IsEthernet)
            {
                throw new BridgeException($"interface {options.Interface} is not an Ethernet; see `ip link show {options.Interface}`");
            }

            if (!system.IsUp)
            {
                throw new BridgeException($"interface {options.Interface} is down; `ip link set {options.Interface} up` brings it up");
            }

            device = new PacketSocketDevice(options, system, descriptor);
            device.CheckStation();
            device.Prepare(index);
            return device;
        }
        catch
        {
            device?.Dispose();
            _ = device is null ? Libc.Close(descriptor) : 0;
            throw;
        }
    }

    private void Prepare(int index)
    {
        int on = 1;
        Set(Libc.SOL_PACKET, Libc.PACKET_VNET_HDR, &on, sizeof(int), "headers for offloads");
        Set(Libc.SOL_PACKET, Libc.PACKET_IGNORE_OUTGOING, &on, sizeof(int), "incoming frames alone");
        int size = BufferSize;
        // Without CAP_NET_ADMIN the buffers stay as they are.
        _ = Libc.SetSocketOption(_descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, &size, sizeof(int));
        _ = Libc.SetSocketOption(_descriptor, Libc.SOL_SOCKET, Libc.SO_SNDBUFFORCE, &size, sizeof(int));
        StationFilter.Instruction[] filter = StationFilter.Build(Station, Options.Addresses, isPacketSocket: true);
        fixed (StationFilter.Instruction* instructions = filter)
        {
            Libc.FilterProgram program = new() { Count = (ushort)filter.Length, Instructions = instructions };
            Set(Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, &program, (uint)sizeof(Libc.FilterProgram), $"a filter for {Options.Addresses.Count} addresses");
        }

        Libc.LinkLayerAddress address = new()
        {
            Family = Libc.AF_PACKET,
            Protocol = (ushort)IPAddress.HostToNetworkOrder((short)Libc.ETH_P_ALL),
            InterfaceIndex = index,
        };
        if (Libc.Bind(_descriptor, &address, (uint)sizeof(Libc.LinkLayerAddress)) < 0)
        {
            throw new BridgeException($"interface {Name}: a packet socket can't be bound to it: {LastError()}");
        }

        if (Options.Promiscuous)
        {
            Join(index, Libc.PACKET_MR_PROMISC, MacAddress.Zero);
        }

        // RFC 4861 §7.2.1: solicitations come to the solicited-node address; answers to a probe to all nodes.
        foreach (MacAddress group in Options.Addresses.Where(a => a.IsV6).Select(AddressProbe.GroupOf).Append(AddressProbe.AllNodesMac).Distinct())
        {
            Join(index, Libc.PACKET_MR_MULTICAST, group);
        }
    }

    private void Join(int index, ushort kind, MacAddress group)
    {
        Libc.PacketMembership membership = new() { InterfaceIndex = index, Kind = kind, AddressLength = 6 };
        group.WriteTo(new Span<byte>(membership.Address, 6));
        Set(Libc.SOL_PACKET, Libc.PACKET_ADD_MEMBERSHIP, &membership, (uint)sizeof(Libc.PacketMembership), kind == Libc.PACKET_MR_PROMISC ? "promiscuous mode" : $"the group {group}");
    }

    private void Set(int level, int option, void* value, uint length, string what)
    {
        if (Libc.SetSocketOption(_descriptor, level, option, value, length) < 0)
        {
            throw new BridgeException($"interface {Name}: a packet socket can't be set to {what}: {LastError()}");
        }
    }

    private static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
}

using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using SimNet.Bridge.Native;
using SimStack.Ip;
using SimStack.Wire;
using Card = System.Net.NetworkInformation.NetworkInterface;

namespace SimNet.Bridge;

/// <summary>
/// An interface that exists, through libpcap (pcap(3PCAP); Npcap on Windows). Where a packet socket can be had it is the better way: libpcap doesn't tell
/// which checksums the system left to the network card, nor how long the packets were that it joined, so that both are inferred.
/// </summary>
public sealed unsafe class PcapDevice : StationDevice
{
    private const int SnapshotLength = 65_550;
    private const int BufferSize = 32 << 20;
    private const int ErrorLength = 256;
    private const int InterruptedRead = -2;

    // struct pcap_pkthdr begins with a struct timeval: two 32-bit numbers on Windows, 16 bytes elsewhere.
    private static readonly int CapturedLengthAt = OperatingSystem.IsWindows() ? 8 : 16;
    private readonly Socket? _groups;
    private nint _pcap;

    private PcapDevice(StationOptions options, nint pcap, SystemCard card)
        : base(options)
    {
        _pcap = pcap;
        Mtu = card.Mtu;
        HardwareAddress = card.HardwareAddress;
        LookAtSystem();
        CheckStation();
        _groups = Join(card.Index, options.Addresses);
        Descriptor = OperatingSystem.IsWindows() ? -1 : Pcap.SelectableDescriptor(pcap);
    }

    /// <inheritdoc/>
    public override int Mtu { get; }

    /// <inheritdoc/>
    public override MacAddress? HardwareAddress { get; }

    /// <inheritdoc/>
    internal override int Descriptor { get; }

    /// <summary>Opens an interface that is up, for a station beside the system.</summary>
    /// <exception cref="BridgeException">
    /// libpcap is not installed, there is no such Ethernet interface, it is down, the permission is missing, or the station's Ethernet address would
    /// not be received.
    /// </exception>
    public static PcapDevice Open(StationOptions options)
    {
        Check(options);
        return NetworkNamespace.Run(options.NetworkNamespace, () => OpenHere(options));
    }

    /// <inheritdoc/>
    public override int Read(FramePool pool, Span<Frame> frames)
    {
        int count = 0;
        // What can't be used counts, too: a flood of that must not hold up the session.
        for (int looked = 0; looked < frames.Length && TryNext(out ReadOnlySpan<byte> bytes); looked++)
        {
            if (Take(pool, bytes) is { } frame)
            {
                frames[count++] = frame;
            }
            else
            {
                Counters.RxErrors++;
            }
        }

        Counters.RxFrames += count;
        return count;
    }

    /// <inheritdoc/>
    public override void Write(FramePool pool, Frame frame)
    {
        ObjectDisposedException.ThrowIf(_pcap == 0, this);
        int sent;
        fixed (byte* data = frame.Buffer)
        {
            sent = Pcap.Inject(_pcap, data, (nuint)frame.Length);
        }

        if (sent == frame.Length)
        {
            Counters.TxFrames++;
            Counters.TxBytes += sent;
        }
        else
        {
            Counters.TxDropped++;
        }

        pool.Return(frame);
    }

    /// <inheritdoc/>
    public override void UpdateCounters()
    {
        ObjectDisposedException.ThrowIf(_pcap == 0, this);
        // struct pcap_stat: received, dropped for want of room, dropped by the interface; more on Windows.
        uint* statistics = stackalloc uint[16];
        if (Pcap.Statistics(_pcap, statistics) == 0)
        {
            Counters.RxDropped = (long)statistics[1] + statistics[2];
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        nint pcap = Interlocked.Exchange(ref _pcap, 0);
        if (pcap != 0)
        {
            Pcap.Close(pcap);
            _groups?.Dispose();
        }
    }

    /// <summary>The next frame, empty when it was cut off; false when none waits.</summary>
    private bool TryNext(out ReadOnlySpan<byte> bytes)
    {
        byte* header;
        byte* data;
        bytes = default;
        ObjectDisposedException.ThrowIf(_pcap == 0, this);
        int result = Pcap.Next(_pcap, &header, &data);
        if (result is 0 or InterruptedRead)
        {
            return false;
        }

        if (result < 0)
        {
            throw new BridgeException($"{Name} can't be read any more: {Text(Pcap.Error(_pcap))}");
        }

        uint captured = *(uint*)(header + CapturedLengthAt);
        uint length = *(uint*)(header + CapturedLengthAt + sizeof(uint));
        if (captured == length && length <= SnapshotLength)
        {
            bytes = new ReadOnlySpan<byte>(data, (int)length);
        }

        return true;
    }

    /// <summary>Null: it can't be used.</summary>
    private Frame? Take(FramePool pool, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < EthernetView.HeaderLength)
        {
            return null;
        }

        Frame frame = pool.Copy(bytes);
        if (bytes.Length <= EthernetView.HeaderLength + Mtu)
        {
            PartialChecksum.Complete(frame.Bytes);
        }
        else if (TcpFrameLayout.TryParse(bytes, out TcpFrameLayout layout) && layout.Payload < EthernetView.HeaderLength + Mtu)
        {
            // Segments that were joined: as long as they can have been.
            frame.SegmentSize = EthernetView.HeaderLength + Mtu - layout.Payload;
        }
        else
        {
            pool.Return(frame);
            return null;
        }

        Counters.RxBytes += bytes.Length;
        return frame;
    }

    private static PcapDevice OpenHere(StationOptions options)
    {
        SystemCard card = SystemCard.Find(options.Interface);
        nint pcap = 0;
        PcapDevice? device = null;
        try
        {
            byte* error = stackalloc byte[ErrorLength];
            pcap = Pcap.Create(card.PcapName, error);
            if (pcap == 0)
            {
                throw new BridgeException($"interface {options.Interface}: libpcap refuses it: {Text((nint)error)}");
            }

            Activate(pcap, options);
            device = new PcapDevice(options, pcap, card);
            device.SetFilter();
            return device;
        }
        catch (DllNotFoundException missing)
        {
            throw new BridgeException(
                "libpcap is not installed: Debian's package is libpcap0.8, macOS has it, and on Windows it is Npcap (npcap.com)", missing);
        }
        catch
        {
            device?.Dispose();
            if (pcap != 0 && device is null)
            {
                Pcap.Close(pcap);
            }

            throw;
        }
    }

    private static void Activate(nint pcap, StationOptions options)
    {
        // Immediate mode: without it frames are held back for a while, to be handed over many at a time.
        _ = Pcap.SetSnapshotLength(pcap, SnapshotLength);
        _ = Pcap.SetPromiscuous(pcap, options.Promiscuous ? 1 : 0);
        _ = Pcap.SetTimeout(pcap, 1);
        _ = Pcap.SetImmediateMode(pcap, 1);
        _ = Pcap.SetBufferSize(pcap, BufferSize);
        int status = Pcap.Activate(pcap);
        if (status < 0)
        {
            string what = status switch
            {
                Pcap.PCAP_ERROR_NO_SUCH_DEVICE => "there is no such interface",
                Pcap.PCAP_ERROR_PERM_DENIED or Pcap.PCAP_ERROR_PROMISC_PERM_DENIED => "the permission is missing: it takes root, or on Linux the capability CAP_NET_RAW",
                Pcap.PCAP_ERROR_IFACE_NOT_UP => "it is down",
                _ => $"{Text(Pcap.StatusText(status))}: {Text(Pcap.Error(pcap))}",
            };
            throw new BridgeException($"interface {options.Interface}: {what}");
        }

        int type = Pcap.LinkType(pcap);
        if (type != Pcap.DLT_EN10MB)
        {
            throw new BridgeException($"interface {options.Interface} is not an Ethernet: its frames are of link type {Text(Pcap.LinkTypeName(type))} ({type})");
        }

        byte* error = stackalloc byte[ErrorLength];
        if (Pcap.SetNonBlocking(pcap, 1, error) < 0)
        {
            throw new BridgeException($"interface {options.Interface}: {Text((nint)error)}");
        }

        // Where that isn't to be had, as with Npcap, the filter drops what the station sent by its Ethernet address.
        _ = Pcap.SetDirection(pcap, Pcap.PCAP_D_IN);
    }

    private void SetFilter()
    {
        StationFilter.Instruction[] filter = StationFilter.Build(Station, Options.Addresses, isPacketSocket: false);
        fixed (StationFilter.Instruction* instructions = filter)
        {
            Pcap.Program program = new() { Count = (uint)filter.Length, Instructions = instructions };
            if (Pcap.SetFilter(_pcap, &program) < 0)
            {
                throw new BridgeException($"interface {Name}: a filter for {Options.Addresses.Count} addresses is refused: {Text(Pcap.Error(_pcap))}");
            }
        }
    }

    /// <summary>
    /// Has the system join the groups where solicitations for the station's IPv6 addresses come (RFC 4861 §7.2.1), so that its network card and
    /// switches let them through; libpcap has no call for that. Null: the system speaks no IPv6 there.
    /// </summary>
    private static Socket? Join(int index, IReadOnlyList<IpAddress> addresses)
    {
        Socket? socket = null;
        try
        {
            foreach (IpAddress address in addresses.Where(a => a.IsV6))
            {
                socket ??= new Socket(System.Net.Sockets.AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
                byte[] group = [0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, (byte)(address.Low >> 16), (byte)(address.Low >> 8), (byte)address.Low];
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(new IPAddress(group), index));
            }
        }
        catch (SocketException)
        {
            // Promiscuous mode remains.
        }

        return socket;
    }

    private static string Text(nint text) => (Marshal.PtrToStringUTF8(text) ?? "").Trim();

    /// <summary>What the system knows of an interface, and what libpcap calls it.</summary>
    private sealed record SystemCard(string PcapName, int Index, int Mtu, MacAddress HardwareAddress)
    {
        private const int EthernetMtu = 1500;

        public static SystemCard Find(string name)
        {
            if (OperatingSystem.IsLinux())
            {
                SystemInterface system = new(name);
                if (!system.IsEthernet)
                {
                    throw new BridgeException($"interface {name} is not an Ethernet; see `ip link show {name}`");
                }

                return system.IsUp ? new SystemCard(name, system.Index, system.Mtu, system.HardwareAddress)
                    : throw new BridgeException($"interface {name} is down; `ip link set {name} up` brings it up");
            }

            Card[] all = Card.GetAllNetworkInterfaces();
            Card card = all.FirstOrDefault(i => i.Name == name || i.Description == name || i.Id == name)
                ?? throw new BridgeException($"there is no interface `{name}`; there are {string.Join(", ", all.Select(i => i.Name))}");
            System.Net.NetworkInformation.IPInterfaceProperties properties = card.GetIPProperties();
            bool hasV4 = card.Supports(System.Net.NetworkInformation.NetworkInterfaceComponent.IPv4);
            byte[] mac = card.GetPhysicalAddress().GetAddressBytes();
            if (mac.Length != 6)
            {
                throw new BridgeException($"interface {name} is not an Ethernet");
            }

            // Npcap's name is made of the system's identifier, {GUID}.
            return new SystemCard(OperatingSystem.IsWindows() ? @"\Device\NPF_" + card.Id : name, hasV4 ? properties.GetIPv4Properties().Index : 0, hasV4 ? properties.GetIPv4Properties().Mtu : EthernetMtu, MacAddress.Read(mac));
        }
    }
}

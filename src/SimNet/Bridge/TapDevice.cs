using System.Runtime.InteropServices;
using System.Text;
using SimNet.Bridge.Native;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// A TAP device of Linux (Documentation/networking/tuntap.rst): its system's end is an Ethernet interface, this is the cable's other end.
/// One that is made here goes away when this is disposed, or the process ends in whatever way; one that exists already (`ip tuntap add
/// mode tap user NAME`) stays, and takes no root.
/// </summary>
public sealed unsafe partial class TapDevice : FrameDevice
{
    private const nuint TUNSETIFF = 0x400454ca;
    private const short IFF_TAP = 2;
    private const short IFF_NO_PI = 0x1000;
    private const short IFF_NAPI = 0x10;
    private const int NameLength = 16;
    private const int EACCES = 13;
    private const int EBUSY = 16;
    private readonly TapOptions _options;
    private readonly int _capacity;
    private long _dropped;
    private int _descriptor = -1;

    private TapDevice(TapOptions options, int descriptor, SystemInterface system)
    {
        _options = options;
        _descriptor = descriptor;
        Interface = system;
        Mtu = Interface.Mtu;
        HardwareAddress = Interface.HardwareAddress;
        _dropped = Interface.TxDropped;
        // A VLAN tag may come on top.
        _capacity = Mtu + EthernetView.HeaderLength + 4;
        _group = options.Offload ? new SegmentGroup() : null;
    }

    /// <inheritdoc/>
    public override string Name => Interface.Name;

    /// <inheritdoc/>
    public override int Mtu { get; }

    /// <inheritdoc/>
    public override MacAddress? HardwareAddress { get; }

    /// <summary>The system's end.</summary>
    internal SystemInterface Interface { get; }

    /// <inheritdoc/>
    internal override int Descriptor => _descriptor;

    /// <summary>Makes a device, or opens one that is there, brings it up and gives the system's end its addresses.</summary>
    /// <exception cref="BridgeException">The system has no TAP devices, the permission is missing, or somebody else has it open.</exception>
    public static TapDevice Open(TapOptions options)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BridgeException("TAP devices are Linux's; use `sim bridge pcap` with an existing interface here");
        }

        return NetworkNamespace.Run(options.NetworkNamespace, () => OpenHere(options));
    }

    /// <inheritdoc/>
    public override int Read(FramePool pool, Span<Frame> frames)
    {
        if (_group is not null)
        {
            return ReadPackets(pool, frames);
        }

        int count = 0;
        for (int looked = 0; looked < frames.Length; looked++)
        {
            Frame frame = pool.Rent(_capacity + 1);
            nint length;
            fixed (byte* buffer = frame.Buffer)
            {
                length = Libc.Read(_descriptor, buffer, (nuint)_capacity + 1);
            }

            if (length <= 0)
            {
                int error = length < 0 ? Marshal.GetLastSystemError() : Libc.EAGAIN;
                pool.Return(frame);
                ThrowUnlessEmpty(error, count);
                break;
            }

            if (length > _capacity)
            {
                // The MTU was raised since the device was opened, and the system has cut off what there was no room for (tun_chr_read_iter).
                Counters.RxErrors++;
                pool.Return(frame);
                continue;
            }

            frame.Length = (int)length;
            Counters.RxBytes += length;
            frames[count++] = frame;
        }

        Counters.RxFrames += count;
        return count;
    }

    /// <inheritdoc/>
    public override void Write(FramePool pool, Frame frame)
    {
        if (_group is not null)
        {
            WritePacket(pool, frame);
            return;
        }

        nint written;
        fixed (byte* buffer = frame.Buffer)
        {
            written = Libc.Write(_descriptor, buffer, (nuint)frame.Length);
        }

        CountWritten(written, frame.Length);
        pool.Return(frame);
    }

    /// <inheritdoc/>
    public override void UpdateCounters()
    {
        try
        {
            long dropped = NetworkNamespace.Run(_options.NetworkNamespace, () => Interface.TxDropped);
            // An interface that was renamed or removed is not told of any more.
            Counters.RxDropped += Math.Max(0, dropped - _dropped);
            _dropped = Math.Max(_dropped, dropped);
        }
        catch (BridgeException)
        {
            // The namespace's name was deleted; the device lives on in it.
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            ResetOffload(descriptor);
            _ = Libc.Close(descriptor);
            _group?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static TapDevice OpenHere(TapOptions options)
    {
        int descriptor = Libc.Open("/dev/net/tun", Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (descriptor < 0)
        {
            string what = Marshal.GetLastPInvokeError() is EACCES
                ? "it takes root; or root lets others use devices that are theirs by `chmod 666 /dev/net/tun`"
                : "it takes a kernel with TAP devices (`modprobe tun`)";
            throw new BridgeException($"/dev/net/tun can't be opened: {LastError()}; {what}");
        }

        try
        {
            if (options.Offload)
            {
                CheckOffload(descriptor, options.Name);
            }

            SystemInterface system = new(Attach(descriptor, options));
            if (options.Offload)
            {
                SetOffload(descriptor, system.Name);
            }
            else
            {
                ResetOffload(descriptor);
            }

            system.Configure(options);
            if (options.ThreadedNapi)
            {
                system.SetThreaded();
            }

            return new TapDevice(options, descriptor, system);
        }
        catch
        {
            _ = Libc.Close(descriptor);
            throw;
        }
    }

    private static string Attach(int descriptor, TapOptions options)
    {
        byte* request = stackalloc byte[40];
        new Span<byte>(request, 40).Clear();
        // Linux: dev_valid_name.
        if (options.Name.Length is 0 or >= NameLength || options.Name is "." or ".." || options.Name.Any(c => c is <= ' ' or '/' or ':' or > '~'))
        {
            throw new BridgeException($"`{options.Name}` is no name for an interface; it has 1 to {NameLength - 1} letters, without blanks, `/` and `:`");
        }

        Encoding.ASCII.GetBytes(options.Name, new Span<byte>(request, NameLength));
        *(short*)(request + NameLength) = (short)(IFF_TAP | IFF_NO_PI | (options.Offload ? IFF_VNET_HDR : 0) | (options.ThreadedNapi ? IFF_NAPI : 0));
        int error = Attach(descriptor, request);
        if (error != 0)
        {
            string what = error switch
            {
                1 => "to make it takes root; or let root make it once for you: `ip tuntap add mode tap user $USER name " + options.Name + "`",
                EBUSY => "another program has it open",
                22 => "there is an interface of that name that is no TAP device, or one of another kind",
                _ => "see `ip -d link show " + options.Name + "`",
            };
            throw new BridgeException($"TAP device {options.Name}: {Marshal.GetPInvokeErrorMessage(error)}; {what}");
        }

        return Marshal.PtrToStringAnsi((nint)request) ?? options.Name;
    }

    /// <summary>
    /// A device that was just closed may be in use a moment longer: a process that this one is starting has its descriptors until it runs its own program.
    /// </summary>
    /// <returns>0, or the error.</returns>
    private static int Attach(int descriptor, byte* request)
    {
        for (int attempts = 20; ; attempts--)
        {
            int error = Libc.Ioctl(descriptor, TUNSETIFF, request) < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error != EBUSY || attempts == 0)
            {
                return error;
            }

            Thread.Sleep(10);
        }
    }

    /// <summary>Frames that were read before come first: the next call finds the same.</summary>
    private void ThrowUnlessEmpty(int error, int count)
    {
        if (count == 0 && error is not (Libc.EAGAIN or Libc.EINTR))
        {
            throw new BridgeException($"{Name} can't be read any more: {Marshal.GetPInvokeErrorMessage(error)}; was it removed?");
        }
    }

    private void CountWritten(nint written, int length)
    {
        if (written == length)
        {
            Counters.TxFrames++;
            Counters.TxBytes += written;
        }
        else
        {
            // EIO while the interface is down, EAGAIN and ENOBUFS when the system has no memory for it: as on a cable, the frame is lost.
            Counters.TxDropped++;
        }
    }

    private static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
}

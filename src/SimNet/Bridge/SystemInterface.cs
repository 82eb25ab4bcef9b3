using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using SimNet.Bridge.Native;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>A network interface of the machine, by its name, in the namespace of the calling thread (netdevice(7)).</summary>
internal sealed unsafe class SystemInterface
{
    private const nuint SIOCGIFFLAGS = 0x8913;
    private const nuint SIOCSIFFLAGS = 0x8914;
    private const nuint SIOCSIFADDR = 0x8916;
    private const nuint SIOCSIFNETMASK = 0x891c;
    private const nuint SIOCGIFMTU = 0x8921;
    private const nuint SIOCSIFMTU = 0x8922;
    private const nuint SIOCGIFHWADDR = 0x8927;
    private const nuint SIOCGIFINDEX = 0x8933;
    private const int RequestLength = 40;
    private const int NameLength = 16;
    private const int AF_INET = 2;
    private const int AF_INET6 = 10;
    private const int SOCK_DGRAM = 2;
    private const int EEXIST = 17;
    private const ushort ARPHRD_ETHER = 1;
    private const short IFF_UP = 1;
    private const short IFF_RUNNING = 0x40;
    private readonly byte[] _name = new byte[NameLength];

    public SystemInterface(string name)
    {
        Name = name;
        Encoding.ASCII.GetBytes(name, _name.AsSpan(0, NameLength - 1));
    }

    public string Name { get; }

    public int Mtu => MemoryMarshal.Read<int>(Ask(SIOCGIFMTU, "its MTU"));

    public int Index => MemoryMarshal.Read<int>(Ask(SIOCGIFINDEX, "its index"));

    public bool IsUp => (MemoryMarshal.Read<short>(Ask(SIOCGIFFLAGS, "its flags")) & IFF_UP) != 0;

    /// <summary>Its frames are Ethernet's (ARPHRD_ETHER).</summary>
    public bool IsEthernet => MemoryMarshal.Read<ushort>(Ask(SIOCGIFHWADDR, "its address")) == ARPHRD_ETHER;

    public MacAddress HardwareAddress
    {
        get
        {
            ReadOnlySpan<byte> answer = Ask(SIOCGIFHWADDR, "its address");
            return MacAddress.Read(answer[2..8]);
        }
    }

    /// <summary>What the system dropped that was to leave through it, from /proc/net/dev; 0 when it isn't told.</summary>
    public long TxDropped
    {
        get
        {
            foreach (string line in File.ReadLines("/proc/thread-self/net/dev"))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon > 0 && line.AsSpan(0, colon).Trim().SequenceEqual(Name))
                {
                    string[] fields = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    return fields.Length > 11 ? long.Parse(fields[11], CultureInfo.InvariantCulture) : 0;
                }
            }

            return 0;
        }
    }

    /// <summary>Sets what the options say and brings the interface up.</summary>
    /// <exception cref="BridgeException">It takes root.</exception>
    public void Configure(TapOptions options)
    {
        if (options.Mtu is { } mtu && mtu != Mtu)
        {
            byte[] value = new byte[RequestLength - NameLength];
            MemoryMarshal.Write(value, mtu);
            Tell(AF_INET, SIOCSIFMTU, value, $"its MTU can't be set to {mtu}");
        }

        int ipv4 = 0;
        foreach (InterfaceAddress address in options.Addresses)
        {
            // By ioctl an interface has one IPv4 address; further ones are those of its aliases tap0:1, tap0:2…
            (address.Address.IsV4 && ipv4++ > 0 ? Alias(ipv4 - 1, address) : this).Add(address);
        }

        if (!IsUp)
        {
            byte[] value = Ask(SIOCGIFFLAGS, "its flags").ToArray();
            short flags = MemoryMarshal.Read<short>(value);
            MemoryMarshal.Write(value, (short)(flags | IFF_UP | IFF_RUNNING));
            Tell(AF_INET, SIOCSIFFLAGS, value, $"it can't be brought up (root can, by `ip link set {Name} up`)");
        }
    }

    /// <summary>Has the kernel poll the interface on a thread of its own (Documentation/networking/napi.rst).</summary>
    /// <exception cref="BridgeException">It takes root.</exception>
    public void SetThreaded()
    {
        // sysfs shows the network namespace of whoever mounted it: it is mounted anew, in a mount namespace that ends with the thread.
        string? failure = null;
        string own = $"/proc/self/task/{Libc.ThreadId()}/ns/net";
        Thread thread = new(() => failure = WriteThreaded(own)) { IsBackground = true, Name = "sysfs" };
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            throw new BridgeException($"interface {Name} can't be polled by a thread of the kernel's: {failure}; it takes root");
        }
    }

    private string? WriteThreaded(string networkNamespace)
    {
        try
        {
            NetworkNamespace.Enter(networkNamespace);
            if (Libc.Unshare(Libc.CLONE_NEWNS) != 0 || Libc.Mount("none", "/", null, Libc.MS_REC | Libc.MS_PRIVATE, 0) != 0
                || Libc.Mount("none", "/sys", "sysfs", 0, 0) != 0)
            {
                return Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            }

            File.WriteAllText($"/sys/class/net/{Name}/threaded", "1");
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or BridgeException)
        {
            return refused.Message;
        }
    }

    private SystemInterface Alias(int number, InterfaceAddress address)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{Name}:{number}");
        return name.Length < NameLength ? new SystemInterface(name) : throw new BridgeException(
            $"interface {Name}: no room for the address {address}: of several IPv4 addresses the second is that of the alias {name}, and a name has at most {NameLength - 1} letters; "
            + "choose a shorter one");
    }

    private void Add(InterfaceAddress address)
    {
        string failure = $"address {address} can't be set (root can, by `ip address add {address} dev {Name.Split(':')[0]}`)";
        if (address.Address.IsV4)
        {
            byte[] value = new byte[RequestLength - NameLength];
            MemoryMarshal.Write(value, (ushort)AF_INET);
            address.Address.WriteTo(value.AsSpan(4));
            Tell(AF_INET, SIOCSIFADDR, value, failure);
            BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(4), address.PrefixLength == 0 ? 0 : uint.MaxValue << (32 - address.PrefixLength));
            Tell(AF_INET, SIOCSIFNETMASK, value, failure);
            return;
        }

        // struct in6_ifreq: address, prefix length, interface index. Duplicate address detection is left to the system.
        byte[] request = new byte[RequestLength];
        address.Address.WriteTo(request);
        MemoryMarshal.Write(request.AsSpan(16), address.PrefixLength);
        MemoryMarshal.Write(request.AsSpan(20), Index);
        Call(AF_INET6, SIOCSIFADDR, request, failure, alright: EEXIST);
    }

    private ReadOnlySpan<byte> Ask(nuint request, string what)
    {
        byte[] buffer = new byte[RequestLength];
        _name.CopyTo(buffer, 0);
        Call(AF_INET, request, buffer, $"can't be asked for {what}");
        return buffer.AsSpan(NameLength);
    }

    private void Tell(int family, nuint request, ReadOnlySpan<byte> value, string failure)
    {
        byte[] buffer = new byte[RequestLength];
        _name.CopyTo(buffer, 0);
        value.CopyTo(buffer.AsSpan(NameLength));
        Call(family, request, buffer, failure);
    }

    private void Call(int family, nuint request, byte[] buffer, string failure, int alright = 0)
    {
        int socket = Libc.Socket(family, SOCK_DGRAM | Libc.O_CLOEXEC, 0);
        int result = -1;
        int error = Marshal.GetLastPInvokeError();
        if (socket >= 0)
        {
            fixed (byte* argument = buffer)
            {
                result = Libc.Ioctl(socket, request, argument);
            }

            error = Marshal.GetLastPInvokeError();
            _ = Libc.Close(socket);
        }

        if (result < 0 && error == Libc.ENODEV)
        {
            throw new BridgeException($"there is no interface {Name}; `ip link show` shows those that there are");
        }

        if (result < 0 && error != alright)
        {
            throw new BridgeException($"interface {Name}: {failure}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }
}

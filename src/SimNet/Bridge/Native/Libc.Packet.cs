using System.Runtime.InteropServices;

namespace SimNet.Bridge.Native;

/// <summary>What packet sockets need (packet(7), recvmmsg(2)).</summary>
internal static unsafe partial class Libc
{
    public const int AF_PACKET = 17;
    public const int SOCK_RAW = 3;
    public const int SOL_SOCKET = 1;
    public const int SO_ATTACH_FILTER = 26;
    public const int SO_SNDBUFFORCE = 32;
    public const int SO_RCVBUFFORCE = 33;
    public const int SOL_PACKET = 263;
    public const int PACKET_ADD_MEMBERSHIP = 1;
    public const int PACKET_STATISTICS = 6;
    public const int PACKET_VNET_HDR = 15;
    public const int PACKET_IGNORE_OUTGOING = 23;
    public const ushort PACKET_MR_MULTICAST = 0;
    public const ushort PACKET_MR_PROMISC = 1;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int ENODEV = 19;
    public const int EINVAL = 22;
    public const int ENETDOWN = 100;
    public const ushort ETH_P_ALL = 3;

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int descriptor, void* address, uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSocketOption(int descriptor, int level, int option, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int descriptor, void* address, uint* length);

    // errno of these two is asked for by Marshal.GetLastSystemError right behind the call.
    [LibraryImport("libc", EntryPoint = "recvmmsg")]
    public static partial int ReceiveMessages(int descriptor, Message* messages, uint count, int flags, TimeSpecification* timeout);

    [LibraryImport("libc", EntryPoint = "sendmmsg")]
    public static partial int SendMessages(int descriptor, Message* messages, uint count, int flags);

    /// <summary>struct sockaddr_ll.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct LinkLayerAddress
    {
        public ushort Family;
        public ushort Protocol;
        public int InterfaceIndex;
        public ushort HardwareType;
        public byte PacketType;
        public byte AddressLength;
        public ulong Address;
    }

    /// <summary>struct packet_mreq.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PacketMembership
    {
        public int InterfaceIndex;
        public ushort Kind;
        public ushort AddressLength;
        public fixed byte Address[8];
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FilterProgram
    {
        public ushort Count;
        public void* Instructions;
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Part
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>struct mmsghdr of a 64-bit system: struct msghdr with padding at its end, and how much was moved.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public void* Name;
        public nuint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
        private readonly int _padding;
        public uint Moved;
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using SimStack.Ip;
using SimStack.Sockets;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>
/// A TCP socket of the kernel, by the C library's calls: System.Net.Sockets makes calls of its own in between and has other names for errors.
/// </summary>
internal sealed partial class KernelSocket : PeerSocket
{
    public const int SOL_TCP = 6;
    public const int TCP_INFO = 11;
    public const int TCP_CONGESTION = 13;
    private const int SOL_SOCKET = 1;
    private const int TCP_MD5SIG = 14;
    private const int SO_ERROR = 4;
    private const int SIOCATMARK = 0x8905;
    private const int SOCK_STREAM = 1;
    private const int SOCK_NONBLOCK = 0x800;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int MSG_NOSIGNAL = 0x4000;
    private readonly KernelPeer _peer;
    private readonly bool _v6;
    private int _descriptor;

    private KernelSocket(KernelPeer peer, bool v6, int descriptor)
    {
        _peer = peer;
        _v6 = v6;
        _descriptor = descriptor;
    }

    public override Peer Owner => _peer;

    public override ushort LocalPort
    {
        get
        {
            byte[] name = new byte[28];
            int length = name.Length;
            Assert.Equal(Errno.OK, Check(GetName(_descriptor, name, ref length)));
            return BinaryPrimitives.ReadUInt16BigEndian(name.AsSpan(2));
        }
    }

    public override TcpInfo Info => Parse(Get(SOL_TCP, TCP_INFO, 256));

    public override bool IsAtMark
    {
        get
        {
            int mark = 0;
            Assert.Equal(Errno.OK, Check(Control(_descriptor, SIOCATMARK, ref mark)));
            return mark != 0;
        }
    }

    /// <summary>Opens one of the namespace of the calling thread.</summary>
    public static KernelSocket OpenHere(KernelPeer peer, bool v6)
    {
        int descriptor = New(v6 ? 10 : 2, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, SOL_TCP);
        Assert.Equal(Errno.OK, Check(descriptor));
        KernelSocket socket = new(peer, v6, descriptor);
        // As the simulated host; accepted sockets inherit it. A namespace can't have every algorithm for its default.
        Assert.Equal(Errno.OK, socket.Set(SOL_TCP, TCP_CONGESTION, Encoding.ASCII.GetBytes("cubic")));
        return socket;
    }

    public override Errno Bind(ushort port) => Check(Bind(_descriptor, ToAddress(new IpEndpoint(_v6 ? IpAddress.AnyV6 : IpAddress.AnyV4, port)), 28));

    public override Errno Listen(int backlog) => Check(Listen(_descriptor, backlog));

    public override Errno Connect(IpEndpoint remote) => Check(Connect(_descriptor, ToAddress(remote), 28));

    public override PeerSocket? TryAccept()
    {
        int accepted = Accept(_descriptor, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
        return accepted < 0 ? null : new KernelSocket(_peer, _v6, accepted);
    }

    public override SocketResult Send(ReadOnlySpan<byte> data, MessageFlags flags = MessageFlags.None) =>
        Result(Send(_descriptor, data, data.Length, (int)flags | MSG_NOSIGNAL));

    public override SocketResult Receive(Span<byte> data, MessageFlags flags = MessageFlags.None) =>
        Result(Receive(_descriptor, data, data.Length, (int)flags));

    public override Errno Shutdown(ShutdownHow how) => Check(Shutdown(_descriptor, (int)how));

    public override void Close()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            _ = Close(descriptor);
        }
    }

    public override Errno Set(SocketOption option, int value)
    {
        (int level, int name) = option switch
        {
            SocketOption.SO_REUSEADDR => (SOL_SOCKET, 2),
            SocketOption.SO_SNDBUF => (SOL_SOCKET, 7),
            SocketOption.SO_RCVBUF => (SOL_SOCKET, 8),
            SocketOption.SO_KEEPALIVE => (SOL_SOCKET, 9),
            SocketOption.SO_OOBINLINE => (SOL_SOCKET, 10),
            SocketOption.SO_LINGER => (SOL_SOCKET, 13),
            SocketOption.TCP_NODELAY => (SOL_TCP, 1),
            SocketOption.TCP_MAXSEG => (SOL_TCP, 2),
            SocketOption.TCP_KEEPIDLE => (SOL_TCP, 4),
            SocketOption.TCP_KEEPINTVL => (SOL_TCP, 5),
            SocketOption.TCP_KEEPCNT => (SOL_TCP, 6),
            SocketOption.TCP_QUICKACK => (SOL_TCP, 12),
            SocketOption.TCP_USER_TIMEOUT => (SOL_TCP, 18),
            SocketOption.TCP_FASTOPEN => (SOL_TCP, 23),
            SocketOption.TCP_FASTOPEN_CONNECT => (SOL_TCP, 30),
            _ => throw new NotSupportedException($"{option} has no number here yet"),
        };
        byte[] bytes = new byte[option == SocketOption.SO_LINGER ? 8 : 4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, option == SocketOption.SO_LINGER ? 1 : value);
        if (option == SocketOption.SO_LINGER)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), value);
        }

        return Set(level, name, bytes);
    }

    public override Errno TakeError() => (Errno)BinaryPrimitives.ReadInt32LittleEndian(Get(SOL_SOCKET, SO_ERROR, 4));

    // struct tcp_md5sig: a sockaddr_storage, flags, length of the prefix, length of the key, an interface, the key.
    public override Errno SetMd5Key(IpAddress peer, byte[] key)
    {
        byte[] bytes = new byte[128 + 8 + 80];
        ToAddress(new IpEndpoint(peer, 0)).CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(130), (ushort)key.Length);
        key.CopyTo(bytes, 136);
        return Set(SOL_TCP, TCP_MD5SIG, bytes);
    }

    private static byte[] ToAddress(IpEndpoint endpoint)
    {
        byte[] address = new byte[28];
        BinaryPrimitives.WriteUInt16LittleEndian(address, endpoint.Address.IsV4 ? (ushort)2 : (ushort)10);
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), endpoint.Port);
        endpoint.Address.WriteTo(address.AsSpan(endpoint.Address.IsV4 ? 4 : 8));
        return address;
    }

    private byte[] Get(int level, int name, int length)
    {
        byte[] value = new byte[length];
        Assert.Equal(Errno.OK, Check(GetOption(_descriptor, level, name, value, ref length)));
        return value;
    }

    private Errno Set(int level, int name, byte[] value) => Check(SetOption(_descriptor, level, name, value, value.Length));

    private static Errno Check(nint result) => result >= 0 ? Errno.OK : (Errno)Marshal.GetLastPInvokeError();

    private static SocketResult Result(nint result) => result >= 0 ? SocketResult.Ok((int)result) : SocketResult.Fail(Check(result));

    /// <summary>struct tcp_info of linux/tcp.h.</summary>
    public static TcpInfo Parse(byte[] bytes)
    {
        uint Word(int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
        long Long(int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
        return new TcpInfo
        {
            State = bytes[0],
            CaState = bytes[1],
            Retransmits = bytes[2],
            Probes = bytes[3],
            Backoff = bytes[4],
            Options = bytes[5],
            SndWscale = bytes[6] & 15,
            RcvWscale = bytes[6] >> 4,
            Rto = Word(8),
            SndMss = (int)Word(16),
            RcvMss = (int)Word(20),
            Unacked = (int)Word(24),
            Lost = (int)Word(32),
            Retrans = (int)Word(36),
            Pmtu = (int)Word(60),
            Rtt = Word(68),
            SndSsthresh = (int)Word(76),
            SndCwnd = (int)Word(80),
            Advmss = (int)Word(84),
            Reordering = (int)Word(88),
            TotalRetrans = Word(100),
            BytesAcked = Long(120),
            BytesReceived = Long(128),
            SegsOut = Word(136),
            SegsIn = Word(140),
            DataSegsIn = Word(152),
            DataSegsOut = Word(156),
            Delivered = Word(192),
            DeliveredCe = Word(196),
            BytesSent = Long(200),
            BytesRetrans = Long(208),
            DsackDups = Word(216),
            ReordSeen = Word(220),
            SndWnd = Word(228),
            RcvWnd = Word(232),
        };
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int New(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int descriptor, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int Listen(int descriptor, int backlog);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(int descriptor, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept(int descriptor, nint address, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int descriptor, ReadOnlySpan<byte> data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int descriptor, Span<byte> data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    private static partial int Shutdown(int descriptor, int how);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int descriptor, int level, int name, ReadOnlySpan<byte> value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(int descriptor, int level, int name, Span<byte> value, ref int length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    private static partial int GetName(int descriptor, Span<byte> address, ref int length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref int argument);
}

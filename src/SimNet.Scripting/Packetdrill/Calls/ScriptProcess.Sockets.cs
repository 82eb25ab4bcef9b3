using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>socket, bind, listen, accept, connect, shutdown, close.</summary>
internal sealed partial class ScriptProcess
{
    private const int SockStream = 1;
    private const int SockDatagram = 2;
    private const int SockRaw = 3;
    private const int SockNonBlock = 0x800;
    private const int SockCloseOnExec = 0x80000;

    private PendingCall Socket(CallArguments arguments)
    {
        arguments.RequireCount(3);
        int family = arguments.IsEllipsis(0) ? (int)machine.SocketFamily : arguments.Int(0);
        int type = arguments.Int(1);
        int protocol = arguments.Int(2);
        SocketFile? made = null;
        return new PendingCall
        {
            ReturnsDescriptor = true,
            Attempt = _ =>
            {
                int errno = TryOpenSocket(family, type & ~(SockNonBlock | SockCloseOnExec), protocol, out made);
                if (made is null)
                {
                    return CallResult.Fail(errno);
                }

                SetCreationFlags(made, type);
                return CallResult.Ok();
            },
            Accepted = descriptor =>
            {
                Register(descriptor, made!);
                machine.Sockets.Created(descriptor, made!.Socket);
            },
        };
    }

    private static void SetCreationFlags(OpenFile file, int flags)
    {
        file.Flags |= flags & SockNonBlock;
        file.DescriptorFlags = (flags & SockCloseOnExec) != 0 ? 1 : 0;
    }

    // Linux's AF_MAX.
    private const int MostFamilies = 46;

    private int TryOpenSocket(int family, int type, int protocol, out SocketFile? made)
    {
        made = null;
        if (family is not ((int)AddressFamily.AF_INET or (int)AddressFamily.AF_INET6))
        {
            return family is <= 0 or >= MostFamilies ? (int)Errno.EAFNOSUPPORT : throw CallException.Unsupported(LinuxSymbols.Name("AF_", family));
        }

        AddressFamily of = (AddressFamily)family;
        (int usual, int ping) = of is AddressFamily.AF_INET ? (6, 1) : (6, 58);
        switch (type)
        {
            case SockStream when protocol is 0 or 6:
                made = new SocketFile(machine.Host.OpenTcpSocket(of), type, usual);
                return 0;
            case SockDatagram when protocol is 0 or 17:
                made = new SocketFile(machine.Host.OpenUdpSocket(of), type, 17);
                return 0;
            case SockDatagram when protocol == ping:
                made = new SocketFile(machine.Host.OpenPingSocket(of), type, ping);
                return 0;
            case SockStream when protocol is 262 or 132:
            case SockDatagram when protocol is 136:
                throw CallException.Unsupported(LinuxSymbols.Name("IPPROTO_", protocol));
            case SockStream or SockDatagram:
                return (int)Errno.EPROTONOSUPPORT;
            case SockRaw:
                throw CallException.Unsupported("SOCK_RAW");
            case >= 0 and <= 10:
                return LinuxErrno.ESOCKTNOSUPPORT;
            default:
                return LinuxErrno.EINVAL;
        }
    }

    private PendingCall Bind(CallArguments arguments)
    {
        arguments.RequireCount(3);
        OpenFile file = File(arguments.Int(0));
        arguments.RequireEllipsis(1);
        arguments.RequireEllipsis(2);
        return PendingCall.Immediate(_ =>
            file is not SocketFile socket ? CallResult.Fail(LinuxErrno.ENOTSOCK)
            : WrongFamily(socket) is not 0 and int errno ? CallResult.Fail(errno)
            : CallResult.From(socket.Socket.Bind(machine.BindEndpoint)));
    }

    /// <summary>The machine's addresses are of one family; a socket of the other one is refused as Linux does it.</summary>
    private int WrongFamily(SocketFile socket) => socket.Socket.Family == machine.SocketFamily ? 0
        : socket.Socket.Family is AddressFamily.AF_INET ? (int)Errno.EAFNOSUPPORT
        : LinuxErrno.EINVAL;

    private PendingCall Listen(CallArguments arguments)
    {
        arguments.RequireCount(2);
        int descriptor = arguments.Int(0);
        OpenFile file = File(descriptor);
        int backlog = arguments.Int(1);
        return new PendingCall
        {
            Attempt = now => file switch
            {
                SocketFile { Tcp: { } tcp } => CallResult.From(tcp.Listen(now, backlog < 0 ? int.MaxValue : backlog)),
                SocketFile => CallResult.Fail(Errno.EOPNOTSUPP),
                _ => CallResult.Fail(LinuxErrno.ENOTSOCK),
            },
            Accepted = _ => machine.Sockets.Listening(descriptor),
        };
    }

    private PendingCall Accept(CallArguments arguments, int count, Instant now)
    {
        arguments.RequireCount(count);
        OpenFile file = File(arguments.Int(0));
        arguments.RequireEllipsis(1);
        arguments.RequireEllipsis(2);
        int flags = count == 4 ? arguments.Int(3) : 0;
        SocketFile? child = null;
        return new PendingCall
        {
            ReturnsDescriptor = true,
            Deadline = After(now, (file as SocketFile)?.ReceiveTimeout ?? Duration.Infinite),
            Expire = _ => CallResult.Fail(Errno.EAGAIN),
            Attempt = time => TryAccept(file, flags, time, out child),
            Accepted = descriptor =>
            {
                Register(descriptor, child!);
                if (!machine.Sockets.Accepted(descriptor, child!.Socket))
                {
                    throw CallException.Mistake("a connection that no packet of the script made");
                }
            },
        };
    }

    private static CallResult? TryAccept(OpenFile file, int flags, Instant now, out SocketFile? child)
    {
        child = null;
        if ((flags & ~(SockNonBlock | SockCloseOnExec)) != 0)
        {
            return CallResult.Fail(LinuxErrno.EINVAL);
        }

        if (file is not SocketFile listening)
        {
            return CallResult.Fail(LinuxErrno.ENOTSOCK);
        }

        if (listening.Tcp is not { } tcp)
        {
            return CallResult.Fail(Errno.EOPNOTSUPP);
        }

        Errno errno = tcp.Accept(now, out TcpSocket? accepted);
        if (accepted is null)
        {
            return errno is Errno.EAGAIN && !file.IsNonBlocking ? null : CallResult.Fail(errno);
        }

        child = new SocketFile(accepted, listening.Type, listening.ProtocolNumber)
        {
            ReceiveTimeout = listening.ReceiveTimeout,
            SendTimeout = listening.SendTimeout,
            HasNewTimestamps = listening.HasNewTimestamps,
            KeptOptions = new Dictionary<string, int>(listening.KeptOptions, StringComparer.Ordinal),
        };
        SetCreationFlags(child, flags);
        return CallResult.Ok();
    }

    private PendingCall Connect(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(3);
        int descriptor = arguments.Int(0);
        OpenFile file = File(descriptor);
        int? family = arguments.IsEllipsis(1) ? null : arguments.Int(1);
        arguments.RequireEllipsis(2);
        if (file is not SocketFile socket)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.ENOTSOCK));
        }

        if (family == (int)AddressFamily.AF_INET6 && socket is { Tcp: { } stream, Socket.Family: AddressFamily.AF_INET })
        {
            return PendingCall.Immediate(time => CallResult.From(stream.Connect(time, new IpEndpoint(IpAddress.AnyV6, 0))));
        }

        if (family is { } other)
        {
            return Disconnect(socket, descriptor, other);
        }

        machine.Sockets.Connecting(descriptor);
        if (WrongFamily(socket) is not 0 and int errno)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(errno));
        }

        if (socket.Tcp is not { } tcp)
        {
            return PendingCall.Immediate(time => CallResult.From(socket.Socket.Connect(time, machine.ConnectEndpoint)));
        }

        Errno begun = Errno.OK;
        return new PendingCall
        {
            Deadline = After(now, socket.SendTimeout),
            Expire = _ => CallResult.Fail(begun),
            Attempt = time => TryConnect(socket, tcp, time, ref begun),
        };
    }

    private CallResult? TryConnect(SocketFile socket, TcpSocket tcp, Instant now, ref Errno begun)
    {
        if (begun is not Errno.OK && tcp.State is TcpState.SynSent or TcpState.SynReceived)
        {
            return null;
        }

        Errno errno = tcp.Connect(now, machine.ConnectEndpoint);
        if (errno is not (Errno.EINPROGRESS or Errno.EALREADY) || socket.IsNonBlocking)
        {
            return CallResult.From(errno);
        }

        begun = errno;
        return null;
    }

    private PendingCall Disconnect(SocketFile socket, int descriptor, int family)
    {
        if (family != 0)
        {
            throw CallException.Unsupported($"connect to {LinuxSymbols.Name("AF_", family)} with address 0");
        }

        machine.Sockets.Disconnecting(descriptor);
        return PendingCall.Immediate(now => CallResult.From(
            socket.Tcp is { } tcp ? tcp.Disconnect(now) : socket.Datagram!.Disconnect()));
    }

    private PendingCall Shutdown(CallArguments arguments)
    {
        arguments.RequireCount(2);
        OpenFile file = File(arguments.Int(0));
        int how = arguments.Int(1);
        return PendingCall.Immediate(now =>
            file is not SocketFile socket ? CallResult.Fail(LinuxErrno.ENOTSOCK)
            : how is < 0 or > 2 ? CallResult.Fail(LinuxErrno.EINVAL)
            : CallResult.From(socket.Socket.Shutdown(now, (ShutdownHow)how)));
    }

    private PendingCall Close(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(1);
        int descriptor = arguments.Int(0);
        OpenFile file = File(descriptor);
        TcpSocket? tcp = (file as SocketFile)?.Tcp;
        int linger = tcp is null or { State: TcpState.Listen } ? -1 : tcp.GetOption(SocketOption.SO_LINGER).Value;
        bool closed = false;
        return new PendingCall
        {
            Deadline = linger > 0 ? After(now, Duration.FromSeconds(linger)) : Instant.Never,
            Expire = _ => CallResult.Ok(),
            Attempt = time =>
            {
                if (!closed)
                {
                    file.Close(time);
                    closed = true;
                }

                // With SO_LINGER close(2) sleeps until the FIN is acknowledged (Linux: sk_stream_wait_close).
                bool lingers = linger > 0 && tcp!.State is TcpState.FinWait1 or TcpState.Closing or TcpState.LastAck;
                return lingers ? null : CallResult.Ok();
            },
            Accepted = _ =>
            {
                _descriptors.Remove(descriptor);
                machine.Sockets.Closed(descriptor);
            },
        };
    }
}

using System.Buffers.Binary;
using System.Text;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>getsockopt and setsockopt. What neither the stack nor the process has fails by its name.</summary>
internal sealed partial class ScriptProcess
{
    // Those that Linux has as modules and the stack has not; any other name is ENOENT there.
    private static readonly string[] MissingCongestionControls =
    [
        "bic", "cdg", "highspeed", "htcp", "hybla", "illinois", "lp", "nv", "scalable", "veno", "westwood", "yeah",
    ];

    private const int LongestOption = 4096;
    private const int LongestDevice = 15;

    private readonly Capabilities _capabilities = new();

    private PendingCall SetSocketOption(CallArguments arguments)
    {
        arguments.RequireCount(5);
        OpenFile file = File(arguments.Int(0));
        int level = arguments.Int(1);
        int number = arguments.Int(2);
        int length = arguments.Int(4);
        byte[] value = arguments[3] is SignatureKeyExpression signature && file is SocketFile { Socket.Family: var family }
            ? SignatureKeys.BytesOf(signature, machine.Remote, family, length)
            : OptionBytes.From(arguments[3], length);
        return PendingCall.Immediate(now =>
            file is not SocketFile socket ? CallResult.Fail(LinuxErrno.ENOTSOCK)
            : length < 0 ? CallResult.Fail(LinuxErrno.EINVAL)
            : OptionOf(socket, level, number) is not { } name ? CallResult.Fail(Errno.ENOPROTOOPT)
            : Set(socket, level, name, value, now));
    }

    private PendingCall GetSocketOption(CallArguments arguments)
    {
        arguments.RequireCount(5);
        OpenFile file = File(arguments.Int(0));
        int level = arguments.Int(1);
        int number = arguments.Int(2);
        long length = arguments.Bracketed(4);
        byte[] value = [];
        return new PendingCall
        {
            Attempt = now =>
            {
                if (file is not SocketFile socket)
                {
                    return CallResult.Fail(LinuxErrno.ENOTSOCK);
                }

                if (length < 0 || OptionOf(socket, level, number) is not { } name)
                {
                    return CallResult.Fail(length < 0 ? Errno.EINVAL : NoSuchOption(socket, level));
                }

                int errno = name == "TCP_SAVED_SYN" ? (int)socket.Tcp!.TakeSavedSyn((int)Math.Min(length, int.MaxValue), out value) : Get(socket, name, now, out value);
                value = value[..(int)Math.Min(value.Length, length)];
                return errno == 0 ? CallResult.Ok() : CallResult.Fail(errno);
            },
            // A call that failed leaves the buffer as the tool made it: zeros.
            Verify = result => OptionBytes.Compare(
                arguments[3], length, result.Succeeded ? value : new byte[Math.Clamp(length, 0, LongestOption)]),
        };
    }

    /// <summary>What getsockopt says of an option that there is not: IPv4 alone has a word of its own for a level (do_ip_getsockopt).</summary>
    private static Errno NoSuchOption(SocketFile socket, int level) =>
        socket.Socket.Family is AddressFamily.AF_INET && level is not (OptionName.LevelIp or OptionName.LevelSocket)
        && (level != OptionName.LevelTcp || socket.Tcp is null) && (level != OptionName.LevelUdp || socket.Tcp is not null)
            ? Errno.EOPNOTSUPP
            : Errno.ENOPROTOOPT;

    /// <summary>The option's name; null where Linux knows none such for that kind of socket.</summary>
    private static string? OptionOf(SocketFile socket, int level, int number)
    {
        bool fits = level switch
        {
            OptionName.LevelSocket or OptionName.LevelIp => true,
            OptionName.LevelTcp => socket.Tcp is not null,
            OptionName.LevelUdp => socket.Socket is UdpSocket,
            OptionName.LevelIpv6 => socket.Socket.Family is AddressFamily.AF_INET6,
            _ => false,
        };
        return fits ? OptionName.Find(level, number) : null;
    }

    private CallResult Set(SocketFile socket, int level, string name, byte[] value, Instant now)
    {
        switch (name)
        {
            case "SO_TYPE" or "SO_PROTOCOL" or "SO_DOMAIN" or "SO_ERROR" or "SO_ACCEPTCONN" or "SO_SNDLOWAT":
                return CallResult.Fail(value.Length < sizeof(int) ? Errno.EINVAL : Errno.ENOPROTOOPT);
            case "TCP_INFO" or "TCP_CC_INFO" or "TCP_SAVED_SYN" or "SO_PEERCRED" or "SO_PEERNAME" or "SO_COOKIE" or "SO_NETNS_COOKIE"
                or "SO_INCOMING_NAPI_ID":
                return CallResult.Fail(value.Length < sizeof(int) ? Errno.EINVAL : Errno.ENOPROTOOPT);
            case "SO_BINDTODEVICE":
                return BindToDevice(socket, value);
            case "TCP_ULP":
                // There are no such modules, and none would be loaded.
                return CallResult.Fail(value.Length < 1 ? LinuxErrno.EINVAL : LinuxErrno.ENOENT);
            case "IP_MTU" or "IP_PROTOCOL" or "IPV6_HOPLIMIT":
                return CallResult.Fail(Errno.ENOPROTOOPT);
            case "SO_RCVTIMEO" or "SO_RCVTIMEO_NEW" or "SO_SNDTIMEO" or "SO_SNDTIMEO_NEW":
                return SetTimeout(socket, name, value);
            case "SO_TIMESTAMPING" or "SO_TIMESTAMPING_NEW":
                return SetTimestamping(socket, name, value, now);
            case "TCP_CONGESTION":
                return SetCongestionControl(socket.Tcp!, value, now);
            case "TCP_FASTOPEN_KEY":
                return CallResult.From(socket.Tcp!.SetFastOpenKeys(value));
            case "TCP_MD5SIG" or "TCP_MD5SIG_EXT":
                return SignatureKeys.Set(socket.Tcp!, value, extended: name == "TCP_MD5SIG_EXT");
        }

        if (socket.Tcp is { } stream && SetRepair(stream, name, value) is { } repair)
        {
            return repair;
        }

        return SetNumber(socket, level, name, value, now);
    }

    private CallResult SetNumber(SocketFile socket, int level, string name, byte[] value, Instant now)
    {
        // SOL_IP takes a byte where it is not given an int.
        int least = level == OptionName.LevelIp ? 0 : name == "SO_LINGER" ? 2 * sizeof(int) : sizeof(int);
        InertOption? inert = socket.Tcp is null ? null : InertOption.Find(name);
        if (inert is null && value.Length < least)
        {
            return CallResult.Fail(LinuxErrno.EINVAL);
        }

        int number = value.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(value) : value.Length > 0 ? value[0] : 0;
        if (name == "SO_LINGER")
        {
            int seconds = BinaryPrimitives.ReadInt32LittleEndian(value.AsSpan(sizeof(int)));
            number = number == 0 ? -1 : seconds < 0 ? int.MaxValue : seconds;
        }

        if (inert is not null)
        {
            int errno = inert.TrySet(number, value.Length, out number);
            socket.KeptOptions[name] = errno == 0 ? number : socket.KeptOptions.GetValueOrDefault(name, inert.Default ?? 0);
            return errno == 0 ? CallResult.Ok() : CallResult.Fail(errno);
        }

        if (Keep(socket, name, number) is { } kept)
        {
            return kept;
        }

        SocketOption option = OptionName.OfStack(name) ?? throw CallException.Unsupported(name);
        return IsForbidden(name) ? CallResult.Fail(LinuxErrno.EPERM) : FromStack(socket.Socket.SetOption(now, option, number), name);
    }

    /// <summary>Options that the stack does not know for this protocol are of Linux's all the same.</summary>
    private static CallResult FromStack(Errno errno, string name) => errno is Errno.ENOPROTOOPT
        ? throw CallException.Unsupported($"{name} on this kind of socket")
        : CallResult.From(errno);

    private bool IsForbidden(string name) =>
        name is "SO_SNDBUFFORCE" or "SO_RCVBUFFORCE" && !_capabilities.Has(Capabilities.NetAdmin);

    private static CallResult SetTimeout(SocketFile socket, string name, byte[] value)
    {
        int errno = OptionBytes.ToTime(value, out Duration time);
        if (errno != 0)
        {
            return CallResult.Fail(errno);
        }

        if (name.StartsWith("SO_RCV", StringComparison.Ordinal))
        {
            socket.ReceiveTimeout = time;
        }
        else
        {
            socket.SendTimeout = time;
        }

        return CallResult.Ok();
    }

    private static CallResult SetTimestamping(SocketFile socket, string name, byte[] value, Instant now)
    {
        // Hardware takes no times here.
        const TimestampingFlags Missing = TimestampingFlags.SOF_TIMESTAMPING_OPT_STATS | TimestampingFlags.SOF_TIMESTAMPING_BIND_PHC;
        if (value.Length < sizeof(int))
        {
            return CallResult.Fail(LinuxErrno.EINVAL);
        }

        int flags = BinaryPrimitives.ReadInt32LittleEndian(value);
        bool isComplete = ((TimestampingFlags)flags & TimestampingFlags.SOF_TIMESTAMPING_OPT_TSONLY) != 0;
        if (((TimestampingFlags)flags & Missing) is not 0 and var missing && (isComplete || missing is not TimestampingFlags.SOF_TIMESTAMPING_OPT_STATS))
        {
            throw CallException.Unsupported(LinuxSymbols.Flags("SOF_TIMESTAMPING_", (uint)missing));
        }

        CallResult result = FromStack(socket.Socket.SetOption(now, SocketOption.SO_TIMESTAMPING, flags), name);
        socket.HasNewTimestamps = result.Succeeded ? name.EndsWith("_NEW", StringComparison.Ordinal) : socket.HasNewTimestamps;
        return result;
    }

    private CallResult SetCongestionControl(TcpSocket tcp, byte[] value, Instant now)
    {
        const int LongestName = 15;
        if (value.Length < 1)
        {
            return CallResult.Fail(LinuxErrno.EINVAL);
        }

        int end = Array.IndexOf(value, (byte)0);
        string name = Encoding.Latin1.GetString(value, 0, Math.Min(end < 0 ? value.Length : end, LongestName));
        Errno errno = tcp.SetCongestionControl(now, name, _capabilities.Has(Capabilities.NetAdmin));
        return errno is Errno.ENOENT && MissingCongestionControls.Contains(name, StringComparer.Ordinal)
            ? throw CallException.Unsupported($"TCP_CONGESTION {name}")
            : CallResult.From(errno);
    }

    private static int Get(SocketFile socket, string name, Instant now, out byte[] value)
    {
        value = [];
        switch (name)
        {
            case "SO_LINGER":
                int linger = socket.Tcp?.GetOption(SocketOption.SO_LINGER).Value ?? -1;
                value = OptionBytes.OfLinger(linger >= 0, Math.Max(linger, 0));
                return 0;
            case "SO_RCVTIMEO" or "SO_RCVTIMEO_NEW":
                value = OptionBytes.OfTime(socket.ReceiveTimeout);
                return 0;
            case "SO_SNDTIMEO" or "SO_SNDTIMEO_NEW":
                value = OptionBytes.OfTime(socket.SendTimeout);
                return 0;
            case "SO_TIMESTAMPING" or "SO_TIMESTAMPING_NEW" when socket.Tcp is { } tcp:
                // struct so_timestamping. The new option tells only what itself set.
                bool told = socket.HasNewTimestamps || !name.EndsWith("_NEW", StringComparison.Ordinal);
                value = [.. OptionBytes.OfInt(told ? tcp.GetOption(SocketOption.SO_TIMESTAMPING).Value : 0), .. OptionBytes.OfInt(0)];
                return 0;
            case "TCP_CONGESTION":
                value = new byte[16];
                Encoding.Latin1.GetBytes(socket.Tcp!.CongestionControl, value);
                return 0;
            case "TCP_FASTOPEN_KEY":
                value = socket.Tcp!.GetFastOpenKeys();
                return 0;
            case "SO_BINDTODEVICE":
                value = socket.KeptOptions.GetValueOrDefault(name) != 0 ? "tun0\0"u8.ToArray() : [];
                return 0;
            case "SO_MEMINFO" when socket.Tcp is { } stream:
                SocketMemory memory = stream.GetMemory();
                value = [.. ((int[])[memory.ReceiveAllocated, memory.ReceiveBuffer, memory.SendAllocated, memory.SendBuffer, memory.ForwardAllocated,
                    memory.SendQueued, memory.OptionMemory, memory.Backlog, memory.Drops]).SelectMany(OptionBytes.OfInt)];
                return 0;
            case "TCP_CC_INFO":
                byte[] info = new byte[20];
                value = info[..socket.Tcp!.GetCongestionInfo(now, info)];
                return 0;
        }

        return GetNumber(socket, name, out value);
    }

    private static int GetNumber(SocketFile socket, string name, out byte[] value)
    {
        value = [];
        if (socket.Tcp is not null && GetRepair(name, out value) is { } repair)
        {
            return repair;
        }

        if (socket.Tcp is not null && InertOption.Find(name) is { } inert)
        {
            value = inert.Default is { } usual ? OptionBytes.OfInt(socket.KeptOptions.GetValueOrDefault(name, usual)) : [];
            return inert.Default is null ? inert.GetError : 0;
        }

        if (Told(socket, name) is { } number)
        {
            value = OptionBytes.OfInt(number);
            return 0;
        }

        SocketOption option = OptionName.OfStack(name) ?? throw CallException.Unsupported(name);
        SocketResult result = socket.Socket.GetOption(option);
        if (!result.Succeeded)
        {
            return result.Error is Errno.ENOPROTOOPT
                ? throw CallException.Unsupported($"{name} on this kind of socket")
                : (int)result.Error;
        }

        value = OptionBytes.OfInt(result.Value);
        return 0;
    }
}

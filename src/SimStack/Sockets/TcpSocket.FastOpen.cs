using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Tcp;
using SimStack.Tcp.FastOpen;

namespace SimStack.Sockets;

/// <summary>TCP Fast Open (RFC 7413) by Linux's calls: MSG_FASTOPEN, TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_KEY.</summary>
public sealed partial class TcpSocket
{
    /// <summary>For a socket that listens, or may; null until somebody wants Fast Open.</summary>
    internal FastOpenQueue? FastOpenQueue { get; private set; }

    /// <summary>connect(2) returned 0 and the SYN waits for the first write, with data that it can take along (TCP_FASTOPEN_CONNECT).</summary>
    public bool IsConnectDeferred => _connection is { IsDeferred: true };

    /// <summary>
    /// sendto(2): with MSG_FASTOPEN opens the connection with a SYN that has data, if the peer has given a cookie before (RFC 7413 §4.2.1), or else asks
    /// for one. Without that flag, or on a connection, as
    /// <see cref="Send(Instant, ReadOnlySpan{byte}, MessageFlags, SendProgress)"/>.
    /// </summary>
    /// <param name="now">The instant.</param>
    /// <param name="data">What is to be sent. The SYN takes a segment at most; the rest is for later calls.</param>
    /// <param name="remote">The peer; null for none, which only a connecting socket can do without.</param>
    /// <param name="flags">MSG_FASTOPEN, and what other calls take.</param>
    /// <param name="progress">The call, where several attempts make one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is more data than is left of the call.</exception>
    /// <returns>
    /// Bytes taken; EINPROGRESS when the SYN went without data, be it that there was no cookie; EOPNOTSUPP unless net.ipv4.tcp_fastopen has bit 1;
    /// EALREADY while a connection is being opened, EISCONN when it is; EINVAL without an address; what connect(2) returns besides.
    /// </returns>
    public SocketResult SendTo(
        Instant now, ReadOnlySpan<byte> data, IpEndpoint? remote, MessageFlags flags = MessageFlags.None, SendProgress? progress = null)
    {
        if (progress is not null)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, progress.Length - progress.Taken, nameof(data));
        }

        if (_closed || !IsFastOpen(flags))
        {
            return SendPlain(now, data, flags, progress);
        }

        flags &= ~MessageFlags.MSG_FASTOPEN;
        Errno error = PrepareFastOpen(now, remote, flags, out bool isConnected);
        if (error is not Errno.OK)
        {
            return SocketResult.Fail(error);
        }

        if (isConnected)
        {
            return SendPlain(now, data, flags, progress);
        }

        bool isNew = !IsConnectDeferred;
        if (progress is null && Options.Zerocopy && (flags & MessageFlags.MSG_ZEROCOPY) != 0)
        {
            progress = new SendProgress(data.Length);
        }

        SocketResult result = _connection!.OpenWithData(now, data, flags, progress);
        if (isNew)
        {
            _tcp.Add(_connection);
        }

        return result;
    }

    /// <summary>TCP_FASTOPEN_KEY: the keys of this socket's cookies, instead of the host's net.ipv4.tcp_fastopen_key.</summary>
    /// <param name="keys">16 bytes; 32 with the key that was in use before and is honoured still. Each as four little-endian words.</param>
    /// <returns>OK; EINVAL for another length.</returns>
    public Errno SetFastOpenKeys(ReadOnlySpan<byte> keys)
    {
        if (Tcp.FastOpen.FastOpenKeys.FromBytes(keys) is not { } parsed)
        {
            return Errno.EINVAL;
        }

        (FastOpenQueue ??= new FastOpenQueue()).Keys = parsed;
        return Errno.OK;
    }

    /// <summary>The socket's own keys, 16 or 32 bytes; none where cookies are made with the host's.</summary>
    public byte[] GetFastOpenKeys() => FastOpenQueue?.Keys?.ToBytes() ?? [];

    /// <summary>The call opens a connection, or lets the SYN go that waits for it.</summary>
    private bool IsFastOpen(MessageFlags flags) => (flags & MessageFlags.MSG_FASTOPEN) != 0 || IsConnectDeferred;

    private SocketResult SendPlain(Instant now, ReadOnlySpan<byte> data, MessageFlags flags, SendProgress? progress) =>
        progress is null ? Send(now, data, flags) : Send(now, data, flags, progress);

    /// <summary>As connect(2), up to the SYN (Linux: tcp_sendmsg_fastopen, __inet_stream_connect).</summary>
    private Errno PrepareFastOpen(Instant now, IpEndpoint? remote, MessageFlags flags, out bool isConnected)
    {
        isConnected = false;
        if ((Host.Sysctls.FastOpen & Sysctls.FastOpenClient) == 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (Options.Zerocopy && (flags & MessageFlags.MSG_ZEROCOPY) != 0 && !TryNumberNotice(0, out _))
        {
            return Errno.ENOBUFS;
        }

        if (IsConnectDeferred)
        {
            return Errno.OK;
        }

        if (_connection is { KeepsFastOpenRequest: true })
        {
            return Errno.EALREADY;
        }

        if (_connecting && State is not (TcpState.Closed or TcpState.SynSent or TcpState.SynReceived))
        {
            _connecting = false;
            isConnected = true;
            return Errno.OK;
        }

        if (remote is not { } to)
        {
            return CheckConnect(new IpEndpoint(Unspecified, 0)) is not Errno.OK and var refused ? refused : Errno.EINVAL;
        }

        return PrepareConnection(now, to);
    }

    /// <summary>TCP_FASTOPEN: how many connections may be pending; on a socket that listens or may begin to.</summary>
    private Errno SetFastOpenLimit(int value)
    {
        if (value < 0 || (!IsClosed && State is not TcpState.Listen))
        {
            return Errno.EINVAL;
        }

        _tcp.DrawFastOpenKeys();
        (FastOpenQueue ??= new FastOpenQueue()).Limit = Math.Min(value, Host.Sysctls.SoMaxConn);
        return Errno.OK;
    }

    private Errno SetFastOpenConnect(int value)
    {
        if (value is < 0 or > 1)
        {
            return Errno.EINVAL;
        }

        if ((Host.Sysctls.FastOpen & Sysctls.FastOpenClient) == 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (!IsClosed)
        {
            return Errno.EINVAL;
        }

        Options = Options with { FastOpenConnect = value != 0 };
        return Errno.OK;
    }

    private Errno SetFastOpenNoCookie(int value)
    {
        if (value is < 0 or > 1 || (!IsClosed && State is not TcpState.Listen))
        {
            return Errno.EINVAL;
        }

        Options = Options with { FastOpenNoCookie = value != 0 };
        return Errno.OK;
    }

    /// <summary>listen(2): every listening socket takes part where net.ipv4.tcp_fastopen has 0x400 and 2, with the backlog as the limit.</summary>
    private void BeginFastOpenQueue(int backlog)
    {
        const int Wanted = Sysctls.FastOpenServer | Sysctls.FastOpenAllListeners;
        FastOpenQueue?.Clear();
        if ((Host.Sysctls.FastOpen & Wanted) == Wanted && FastOpenQueue is not { Limit: > 0 })
        {
            int most = Host.Sysctls.SoMaxConn;
            (FastOpenQueue ??= new FastOpenQueue()).Limit = backlog < 0 ? most : Math.Min(backlog, most);
            _tcp.DrawFastOpenKeys();
        }
    }
}

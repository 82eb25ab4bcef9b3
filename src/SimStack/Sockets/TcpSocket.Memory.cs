namespace SimStack.Sockets;

/// <summary>SO_MEMINFO, and the buffers' sizes as getsockopt(2) tells them.</summary>
public sealed partial class TcpSocket
{
    private const int Page = 4096;

    /// <summary>SO_MEMINFO (Linux: sk_get_meminfo), with what a Linux 6.x kernel on x86-64 takes for the same segments.</summary>
    public SocketMemory GetMemory()
    {
        int received = (_connection?.ReceivedMemory ?? 0) + (_errors?.Memory ?? 0);
        int written = _connection?.SendQueueMemory ?? 0;
        return new SocketMemory(
            received,
            GetOption(SocketOption.SO_RCVBUF).Value,
            _connection?.DeviceQueueMemory ?? 0,
            GetOption(SocketOption.SO_SNDBUF).Value,
            -(received + written) & (Page - 1), // Whole pages are granted, and given back at once.
            written,
            ((_connection?.PendingNotices ?? 0) + (_errors?.Notices ?? 0)) * NoticeSize)
        {
            Drops = _connection?.Dropped ?? 0,
        };
    }

    /// <summary>What the user set; else what it grew to with the congestion window (Linux: tcp_sndbuf_expand).</summary>
    private int SendBufferSize =>
        Options.SendBuffer > 0 ? Options.SendBuffer : _connection?.GrownSendBuffer ?? Host.Sysctls.WmemDefault;

    /// <summary>SO_RCVBUF and SO_SNDBUF of a size; the limit is compared without sign, so that a negative size means the most (__sock_set_rcvbuf).</summary>
    internal static int Doubled(int value, int minimum, int limit) => Doubled((int)Math.Min((uint)value, (uint)limit), minimum);
}

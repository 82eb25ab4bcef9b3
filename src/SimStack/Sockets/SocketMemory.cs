namespace SimStack.Sockets;

/// <summary>What a socket's queues take in a kernel's memory: SO_MEMINFO, by Linux's fields (linux/sock_diag.h: SK_MEMINFO_…), in bytes.</summary>
/// <param name="ReceiveAllocated">RMEM_ALLOC: what was received and not read, what waits ahead of a hole and the error queue's times too.</param>
/// <param name="ReceiveBuffer">RCVBUF: what it may be.</param>
/// <param name="SendAllocated">WMEM_ALLOC: packets that the device's queue holds.</param>
/// <param name="SendBuffer">SNDBUF: what <see cref="SendQueued"/> may be.</param>
/// <param name="ForwardAllocated">FWD_ALLOC: the rest of the pages that were granted.</param>
/// <param name="SendQueued">WMEM_QUEUED: what was written and not acknowledged.</param>
/// <param name="OptionMemory">OPTMEM: notices of MSG_ZEROCOPY.</param>
public readonly record struct SocketMemory(
    int ReceiveAllocated,
    int ReceiveBuffer,
    int SendAllocated,
    int SendBuffer,
    int ForwardAllocated,
    int SendQueued,
    int OptionMemory)
{
    /// <summary>BACKLOG: always 0, since no segment arrives while a call has the socket.</summary>
    public int Backlog => 0;

    /// <summary>DROPS: segments that came and were refused: old ones, those outside of the window, and those that acknowledge too much.</summary>
    public int Drops { get; init; }
}

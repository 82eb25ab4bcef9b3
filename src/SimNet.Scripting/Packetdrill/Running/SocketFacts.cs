using SimNet.Scripting.Packetdrill.Code;
using SimNet.Scripting.Packetdrill.Machine;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>What a code block may ask of the socket under test: TCP_INFO, TCP_CC_INFO and SO_MEMINFO, as they are when the block begins.</summary>
internal static class SocketFacts
{
    /// <summary>The fields of a socket; of one that is not TCP's, none.</summary>
    public static CodeLookup Of(SocketUnderTest socket, Instant now)
    {
        if (socket.Socket is not TcpSocket tcp)
        {
            return _ => CodeLookupResult.Unknown;
        }

        TcpInfo info = tcp.GetInfo(now);
        SocketMemory memory = tcp.GetMemory();
        // Linux writes a rate without a limit as the largest number of 64 bits.
        return name => info.TryGet(name, out long value)
                ? CodeLookupResult.Value(value == long.MaxValue && name.EndsWith("pacing_rate", StringComparison.Ordinal) ? ulong.MaxValue : value)
            : CongestionFacts.TryGet(tcp, now, name, out value) ? CodeLookupResult.Value(value)
            : OfMemory(memory, name) is { } bytes ? CodeLookupResult.Value(bytes)
            : TcpInfo.IsKnown(name) || CodeNames.IsField(name) ? CodeLookupResult.Unsupported
            : CodeLookupResult.Unknown;
    }

    private static int? OfMemory(SocketMemory memory, string name) => name switch
    {
        "SK_MEMINFO_RMEM_ALLOC" => memory.ReceiveAllocated,
        "SK_MEMINFO_RCVBUF" => memory.ReceiveBuffer,
        "SK_MEMINFO_WMEM_ALLOC" => memory.SendAllocated,
        "SK_MEMINFO_SNDBUF" => memory.SendBuffer,
        "SK_MEMINFO_FWD_ALLOC" => memory.ForwardAllocated,
        "SK_MEMINFO_WMEM_QUEUED" => memory.SendQueued,
        "SK_MEMINFO_OPTMEM" => memory.OptionMemory,
        "SK_MEMINFO_BACKLOG" => memory.Backlog,
        "SK_MEMINFO_DROPS" => memory.Drops,
        _ => null,
    };
}

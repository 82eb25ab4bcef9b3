using SimNet.Scripting.Packetdrill.Code;
using SimNet.Scripting.Packetdrill.Machine;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>What a code block may ask of the socket under test: the fields of TCP_INFO, as they are when the block begins.</summary>
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
        // Linux writes a rate without a limit as the largest number of 64 bits.
        return name => info.TryGet(name, out long value)
                ? CodeLookupResult.Value(value == long.MaxValue && name.EndsWith("pacing_rate", StringComparison.Ordinal) ? ulong.MaxValue : value)
            : CongestionFacts.TryGet(tcp, now, name, out value) ? CodeLookupResult.Value(value)
            : TcpInfo.IsKnown(name) ? CodeLookupResult.Unsupported
            : CodeLookupResult.Unknown;
    }
}

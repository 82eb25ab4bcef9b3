using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>What a queue discipline asks of the sender of a datagram.</summary>
public abstract partial class DatagramSocket : IFrameOwner
{
    // Without a peer it may send to many: Linux takes each pair of addresses for a flow then. TCP's keys are multiples of 8.
    long IFrameOwner.FlowKey => IsConnected ? (Id << 3) + (Protocol == IpProtocol.Udp ? 2 : 4) : 0;

    long IFrameOwner.PacingRate => _mostPacingRate;

    int IFrameOwner.Priority => _priority;

    // A datagram that waits does not hold back the next one: SO_SNDBUF does not either.
    void IFrameOwner.PacketQueued(int memory)
    {
    }

    void IFrameOwner.PacketLeft(Instant now, int memory)
    {
    }
}

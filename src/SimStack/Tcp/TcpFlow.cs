using SimStack.Ip;
using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>
/// Whatever a 4-tuple leads to: a connection, an entry of a SYN queue, or a TIME-WAIT record. Holds the key and the place in the
/// demultiplexing table and the timer heap.
/// </summary>
internal abstract class TcpFlow(IpEndpoint local, IpEndpoint remote, long id)
{
    public readonly IpAddress LocalAddress = local.Address;
    public readonly IpAddress RemoteAddress = remote.Address;
    public readonly ushort LocalPort = local.Port;
    public readonly ushort RemotePort = remote.Port;

    /// <summary>The connection's number on its host; goes on from SYN queue entry to connection to TIME-WAIT record.</summary>
    public readonly long Id = id;

    /// <summary>When the heap will next look at it: at or before <see cref="Deadline"/>.</summary>
    public Instant ArmedAt = Instant.Never;

    /// <summary>Its place in the heap; -1: it has none.</summary>
    public int TimerIndex = -1;

    /// <summary>Whether bind(2) may give its address and port to others too.</summary>
    public PortSharing Sharing;

    public TcpFlow? HashNext;
    public uint Hash;

    public IpEndpoint Local => new(LocalAddress, LocalPort);

    public IpEndpoint Remote => new(RemoteAddress, RemotePort);

    public abstract TcpState State { get; }

    /// <summary>It is the flow of that 4-tuple.</summary>
    public bool Matches(in IpAddress local, ushort localPort, in IpAddress remote, ushort remotePort) =>
        RemotePort == remotePort && LocalPort == localPort && RemoteAddress == remote && LocalAddress == local;

    /// <summary>The earliest of its timers.</summary>
    public abstract Instant Deadline { get; }

    /// <summary>Runs the timers that are due.</summary>
    public abstract void Timeout(Instant now);
}

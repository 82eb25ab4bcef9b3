using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>A socket behind a descriptor, with what Linux keeps outside of the protocol.</summary>
internal sealed class SocketFile : OpenFile
{
    public SocketFile(HostSocket socket, int type, int protocol)
    {
        Socket = socket;
        Type = type;
        ProtocolNumber = protocol;
        Flags = ReadWrite;
        socket.Owner = this;
    }

    public HostSocket Socket { get; }

    /// <summary>SOCK_STREAM or SOCK_DGRAM.</summary>
    public int Type { get; }

    /// <summary>SO_PROTOCOL</summary>
    public int ProtocolNumber { get; }

    public TcpSocket? Tcp => Socket as TcpSocket;

    public DatagramSocket? Datagram => Socket as DatagramSocket;

    /// <summary>SO_RCVTIMEO; infinite unless set.</summary>
    public Duration ReceiveTimeout { get; set; } = Duration.Infinite;

    /// <summary>SO_SNDTIMEO; infinite unless set.</summary>
    public Duration SendTimeout { get; set; } = Duration.Infinite;

    /// <summary>Options that Linux only keeps: on this machine they have nothing to act on.</summary>
    public Dictionary<string, int> KeptOptions { get; init; } = new(StringComparer.Ordinal);

    /// <summary>SO_TIMESTAMPING was set as SO_TIMESTAMPING_NEW: its control messages have that type.</summary>
    public bool HasNewTimestamps { get; set; }

    /// <summary>Somebody who waits for space was woken since this was last cleared.</summary>
    public bool SpaceWoken { get; set; }

    public override uint Poll() => PollMask.Of(Socket.Poll());

    public override void Wake(uint key)
    {
        SpaceWoken |= (key & PollMask.Out) != 0;
        base.Wake(key);
    }

    protected override void Release(Instant now) => Socket.Close(now);
}

using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>
/// What the sockets of all protocols have in common. Calls never block; they return what a non-blocking Linux socket returns.
/// After every call into the host <see cref="Host.TryTakeReady"/> tells which sockets may have become ready.
/// </summary>
public abstract partial class HostSocket
{
    private protected HostSocket(AddressFamily family) => Family = family;

    public abstract Host Host { get; }

    public AddressFamily Family { get; }

    /// <summary>TCP, UDP, or ICMP for a ping socket.</summary>
    public abstract IpProtocol Protocol { get; }

    /// <summary>For whoever waits for the socket.</summary>
    public object? Owner { get; set; }

    /// <summary>Unspecified, port 0, before the socket has a name.</summary>
    public abstract IpEndpoint LocalEndpoint { get; }

    /// <summary>Unspecified while the socket is not connected.</summary>
    public abstract IpEndpoint RemoteEndpoint { get; }

    internal bool ReadyQueued { get; set; }

    internal HostSocket? ReadyNext { get; set; }

    private protected IpAddress Unspecified => Family is AddressFamily.AF_INET ? IpAddress.AnyV4 : IpAddress.AnyV6;

    /// <summary>Takes an address and port; port 0 chooses one.</summary>
    /// <returns>OK; EINVAL when bound already; EADDRINUSE; EADDRNOTAVAIL when the address is not the host's.</returns>
    public abstract Errno Bind(IpEndpoint local);

    /// <summary>connect(2); see the protocol's own socket for what it does and returns.</summary>
    public abstract Errno Connect(Instant now, IpEndpoint remote);

    /// <summary>shutdown(2): ends sending, receiving or both.</summary>
    public abstract Errno Shutdown(Instant now, ShutdownHow how);

    /// <summary>close(2): the socket is gone for the user.</summary>
    public abstract void Close(Instant now);

    /// <summary>Sets an option; the units are those of <see cref="SocketOption"/>.</summary>
    public abstract Errno SetOption(Instant now, SocketOption option, int value);

    /// <summary>Reads an option. SO_ERROR is cleared by reading.</summary>
    public abstract SocketResult GetOption(SocketOption option);

    /// <summary>SO_ERROR: the pending error, cleared.</summary>
    public abstract Errno TakeError();

    /// <summary>Readiness as Linux's poll gives it for this protocol.</summary>
    public abstract PollEvents Poll();
}

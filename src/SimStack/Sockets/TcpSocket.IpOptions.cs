using SimStack.Ip;

namespace SimStack.Sockets;

/// <summary>setsockopt(2) and getsockopt(2) of IP_OPTIONS, whose value is bytes.</summary>
public sealed partial class TcpSocket
{
    /// <summary>
    /// Sets the IPv4 options of a connection to open, or of one that is there: a loose or strict source route (RFC 791 §3.1; RFC 9293
    /// §3.9.2.1), with the first hop as the route's first address, pointer 4, and without the destination.
    /// </summary>
    /// <param name="options">At most 40 bytes, no-operations and end of options around the route; empty: none.</param>
    /// <returns>OK; EINVAL for anything else, other options among it; ENOPROTOOPT for an IPv6 connection; EBADF.</returns>
    public Errno SetIpOptions(ReadOnlySpan<byte> options)
    {
        if (_closed)
        {
            return Errno.EBADF;
        }

        if (!IpOptions.TryCompile(options, out IpOptions? compiled))
        {
            return Errno.EINVAL;
        }

        if (_connection is { } connection)
        {
            if (connection.RemoteAddress.IsV6)
            {
                return Errno.ENOPROTOOPT;
            }

            connection.SetIpOptions(compiled);
        }

        Options = Options with { IpOptions = compiled };
        return Errno.OK;
    }

    /// <summary>
    /// The IPv4 options of the connection's packets, as <see cref="SetIpOptions"/> takes them; of an accepted connection the way back along the
    /// source route that it came along. Empty: none.
    /// </summary>
    public byte[] GetIpOptions() => (_connection is { } connection ? connection.IpOptions : Options.IpOptions)?.ToUser() ?? [];
}

using SimStack.Tcp.Congestion;

namespace SimStack.Sockets;

/// <summary>TCP_CONGESTION.</summary>
public sealed partial class TcpSocket
{
    /// <summary>
    /// The name of the congestion control: the socket's own, or what <c>net.ipv4.tcp_congestion_control</c> was when the socket was made.
    /// </summary>
    public string CongestionControl => Options.CongestionControl ?? _usualCongestionControl;

    /// <summary>Chooses the congestion control by Linux's name, for this socket and those it accepts.</summary>
    /// <param name="name">One of <c>net.ipv4.tcp_available_congestion_control</c>; letters after the fifteenth are not looked at.</param>
    /// <param name="privileged">Whether the caller has CAP_NET_ADMIN, which those need that
    /// <c>net.ipv4.tcp_allowed_congestion_control</c> does not name.</param>
    /// <returns>OK; ENOENT for an unknown name; EPERM for one that is not allowed.</returns>
    public Errno SetCongestionControl(string name, bool privileged = true)
    {
        name = name.Length > CongestionAlgorithms.LongestName ? name[..CongestionAlgorithms.LongestName] : name;
        if (!CongestionAlgorithms.IsKnown(name))
        {
            return Errno.ENOENT;
        }

        if (name != CongestionControl && !privileged && !Host.Sysctls.AllowedCongestionControl.Split(' ').Contains(name, StringComparer.Ordinal))
        {
            return Errno.EPERM;
        }

        Options = Options with { CongestionControl = name };
        return Errno.OK;
    }
}

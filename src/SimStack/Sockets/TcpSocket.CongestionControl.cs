using SimStack.Tcp.Congestion;

namespace SimStack.Sockets;

/// <summary>TCP_CONGESTION.</summary>
public sealed partial class TcpSocket
{
    private readonly string _usualCongestionControl;

    /// <summary>
    /// The name of the congestion control: the socket's own, or what <c>net.ipv4.tcp_congestion_control</c> was when the socket was made.
    /// </summary>
    public string CongestionControl => _connection?.AlgorithmName ?? Options.CongestionControl ?? _usualCongestionControl;

    /// <summary>
    /// Chooses the congestion control by Linux's name, for this socket and those it accepts. That of a connection is replaced at once, and the
    /// new one knows nothing of what was.
    /// </summary>
    /// <param name="now">The instant.</param>
    /// <param name="name">One of <c>net.ipv4.tcp_available_congestion_control</c>; letters after the fifteenth are not looked at.</param>
    /// <param name="privileged">Whether the caller has CAP_NET_ADMIN, which those need that
    /// <c>net.ipv4.tcp_allowed_congestion_control</c> does not name.</param>
    /// <returns>OK; ENOENT for an unknown name; EPERM for one that is not allowed, or where the route forbids a choice.</returns>
    public Errno SetCongestionControl(Instant now, string name, bool privileged = true)
    {
        name = name.Length > CongestionAlgorithms.LongestName ? name[..CongestionAlgorithms.LongestName] : name;
        if (_connection is { IsAlgorithmLocked: true })
        {
            return Errno.EPERM;
        }

        if (!CongestionAlgorithms.IsKnown(name))
        {
            return Errno.ENOENT;
        }

        if (name != CongestionControl && !privileged && !Host.Sysctls.AllowedCongestionControl.Split(' ').Contains(name, StringComparer.Ordinal))
        {
            return Errno.EPERM;
        }

        if (name != CongestionControl)
        {
            _connection?.ChangeAlgorithm(now, name);
        }

        Options = Options with { CongestionControl = name };
        return Errno.OK;
    }

    /// <summary>
    /// TCP_CC_INFO: the algorithm's own figures as Linux's union tcp_cc_info lays them out (linux/inet_diag.h): struct tcp_bbr_info,
    /// tcp_dctcp_info or tcpvegas_info.
    /// </summary>
    /// <param name="now">The instant.</param>
    /// <param name="to">At least 20 bytes.</param>
    /// <returns>Bytes written; 0 where the algorithm tells nothing, or no data was sent.</returns>
    public int GetCongestionInfo(Instant now, Span<byte> to) => _connection?.WriteCongestionInfo(now, to) ?? 0;
}

namespace SimStack.Sockets;

/// <summary>TCP_CONGESTION.</summary>
public sealed partial class TcpSocket
{
    /// <summary>The name of the congestion control: the socket's own, or the host's <c>net.ipv4.tcp_congestion_control</c>.</summary>
    public string CongestionControl => Options.CongestionControl
        ?? (Host.Sysctls.TryGet("net.ipv4.tcp_congestion_control", out string name) ? name : "reno");

    /// <summary>Chooses the congestion control by Linux's name, for this socket and those it accepts.</summary>
    /// <returns>False for a name that is not in <c>net.ipv4.tcp_available_congestion_control</c>.</returns>
    public bool SetCongestionControl(string name)
    {
        bool known = Host.Sysctls.TryGet("net.ipv4.tcp_available_congestion_control", out string names)
            && names.Split(' ').Contains(name, StringComparer.Ordinal);
        if (known)
        {
            Options = Options with { CongestionControl = name };
        }

        return known;
    }
}

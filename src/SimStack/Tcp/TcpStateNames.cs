namespace SimStack.Tcp;

/// <summary>How states are written.</summary>
public static class TcpStateNames
{
    private static readonly string[] Rfc =
    [
        "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
        "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
    ];

    private static readonly string[] Ss =
    [
        "UNCONN", "LISTEN", "SYN-SENT", "SYN-RECV", "ESTAB", "FIN-WAIT-1", "FIN-WAIT-2",
        "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
    ];

    private static readonly string[] Netstat =
    [
        "CLOSED", "LISTENING", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2",
        "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT",
    ];

    /// <summary>As RFC 9293 writes it: <c>SYN-RECEIVED</c>.</summary>
    public static string ToRfcName(this TcpState state) => Rfc[(int)state];

    /// <summary>As ss(8) writes it: <c>SYN-RECV</c>.</summary>
    public static string ToSsName(this TcpState state) => Ss[(int)state];

    /// <summary>As Windows' netstat writes it: <c>SYN_RECEIVED</c>.</summary>
    public static string ToNetstatName(this TcpState state) => Netstat[(int)state];

    /// <summary>Linux's number of the state (include/net/tcp_states.h), 1 to 11, as TCP_INFO and /proc/net/tcp give it.</summary>
    public static int ToLinuxNumber(this TcpState state) => state switch
    {
        TcpState.Established => 1,
        TcpState.SynSent => 2,
        TcpState.SynReceived => 3,
        TcpState.FinWait1 => 4,
        TcpState.FinWait2 => 5,
        TcpState.TimeWait => 6,
        TcpState.CloseWait => 8,
        TcpState.LastAck => 9,
        TcpState.Listen => 10,
        TcpState.Closing => 11,
        _ => 7,
    };

    /// <summary>Reads any of the three spellings, ignoring case and the choice of dash or underscore.</summary>
    public static bool TryParse(string text, out TcpState state)
    {
        string wanted = text.Replace('_', '-');
        for (int i = 0; i < Rfc.Length; i++)
        {
            if (wanted.Equals(Rfc[i], StringComparison.OrdinalIgnoreCase)
                || wanted.Equals(Ss[i], StringComparison.OrdinalIgnoreCase)
                || wanted.Equals(Netstat[i].Replace('_', '-'), StringComparison.OrdinalIgnoreCase))
            {
                state = (TcpState)i;
                return true;
            }
        }

        state = default;
        return false;
    }
}

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

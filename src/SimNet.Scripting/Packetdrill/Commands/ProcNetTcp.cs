using System.Globalization;
using System.Text;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>
/// <c>/proc/net/tcp</c> and <c>/proc/net/tcp6</c>: Linux, net/ipv4/tcp_ipv4.c, get_tcp4_sock. Of a line the first five columns are
/// told: number, both endpoints, state, queues. The others (timers, owner, inode) hold zeros.
/// </summary>
internal static class ProcNetTcp
{
    private const string Head4 = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

    private const string Head6 =
        "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

    /// <summary>The file's text; listeners come first, as in Linux.</summary>
    public static string Write(CommandTarget target, bool v6)
    {
        StringBuilder text = new();
        text.Append(v6 ? Head6 : Head4.PadRight(149)).Append('\n');
        int number = 0;
        foreach (SocketTableRow row in target.Sockets.OrderBy(r => r.State == TcpState.Listen ? 0 : 1))
        {
            if (row.Protocol != IpProtocol.Tcp || row.State == TcpState.Closed || target.IsV6Socket(row) != v6)
            {
                continue;
            }

            string line = Line(row, v6, number++);
            text.Append(v6 ? line : line.PadRight(149)).Append('\n');
        }

        return text.ToString();
    }

    private static string Line(in SocketTableRow row, bool v6, int number) => string.Create(
        CultureInfo.InvariantCulture,
        $"{number,4}: {Endpoint(row.Local, v6)} {Endpoint(row.Remote, v6)} {row.State.ToLinuxNumber():X2} {Unsent(row):X8}:{row.RecvQ:X8} 00:00000000 00000000     0        0 0");

    // For LISTEN the file shows no backlog.
    private static int Unsent(in SocketTableRow row) => row.State == TcpState.Listen ? 0 : row.SendQ;

    // Addresses as the machine's own words, which are little-endian here; ports as numbers.
    private static string Endpoint(in IpEndpoint endpoint, bool v6)
    {
        StringBuilder text = new();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (v6 && endpoint.Address.IsV4 && !endpoint.Address.IsUnspecified)
        {
            bytes[10] = bytes[11] = 0xFF;
            endpoint.Address.WriteTo(bytes[12..]);
        }
        else if (!v6 || !endpoint.Address.IsV4)
        {
            endpoint.Address.WriteTo(bytes);
        }

        for (int word = 0; word < (v6 ? 4 : 1); word++)
        {
            for (int i = 3; i >= 0; i--)
            {
                text.Append(CultureInfo.InvariantCulture, $"{bytes[word * 4 + i]:X2}");
            }
        }

        return text.Append(CultureInfo.InvariantCulture, $":{endpoint.Port:X4}").ToString();
    }
}

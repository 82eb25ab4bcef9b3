using System.Globalization;
using SimNet.Scripting.Model;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Tables;

/// <summary>Prints socket tables as the well-known programs do.</summary>
public static class SocketTable
{
    /// <summary>A line for each socket, with <c>ss -tino</c> two; <c>ss</c> has its head first. What nstat prints has no sockets.</summary>
    public static IReadOnlyList<string> Print(IReadOnlyList<SocketTableRow> rows, TableForm form) => form switch
    {
        TableForm.Nstat => [],
        TableForm.SsInfo => PrintInfo(rows, new SsOptions(Info: true, Timers: true, Numeric: true)),
        // netstat sorts by local address and port, a listening socket before its connections.
        TableForm.Netstat => [.. rows.OrderBy(r => r.Protocol == IpProtocol.Udp).ThenBy(r => r.Local.Address).ThenBy(r => r.Local.Port)
            .ThenBy(r => r.State != TcpState.Listen).ThenBy(r => r.Remote.Port).Select(NetstatRow)],
        // ss has a first column only when it shows more than one protocol.
        _ when rows.Any(r => r.Protocol == IpProtocol.Udp) =>
            ["Netid " + SsHead, .. rows.OrderBy(r => r.Protocol == IpProtocol.Tcp).Select(r => $"{Netid(r),-6}{SsRow(r)}")],
        _ => [SsHead, .. rows.Select(SsRow)],
    };

    /// <summary>What <c>ss</c> prints with its options; TCP only.</summary>
    internal static IReadOnlyList<string> PrintInfo(IReadOnlyList<SocketTableRow> rows, SsOptions options)
    {
        List<string> lines = options.Headless ? [] : [SsHead];
        foreach (SocketTableRow row in rows.Where(r => r.Protocol == IpProtocol.Tcp))
        {
            string timer = options.Timers ? SsInfoText.Timer(row.Timer) : "";
            string info = options.Info ? SsInfoText.Info(row, options.Timers, options.Numeric) : "";
            string head = timer.Length == 0 ? SsRow(row) : $"{SsRow(row)}  {timer}";
            if (options.OneLine)
            {
                lines.Add(info.Length == 0 ? head : $"{head} {info}");
                continue;
            }

            lines.Add(head);
            if (info.Length > 0)
            {
                lines.Add($"\t {info}");
            }
        }

        return lines;
    }

    // Windows shows a wildcard peer as 0.0.0.0:0, of UDP as *:* without a state, and pads each address to 22 columns.
    private static string NetstatRow(SocketTableRow row) => row.Protocol == IpProtocol.Udp
        ? $"  UDP    {row.Local,-22} *:*"
        : $"  TCP    {row.Local,-22} {row.Remote,-22} {row.State.ToNetstatName()}";

    private static string SsHead => SsRow("State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port");

    private static string Netid(SocketTableRow row) => row.Protocol == IpProtocol.Udp ? "udp" : "tcp";

    private static string SsRow(SocketTableRow row)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        string state = row.Protocol == IpProtocol.Udp && row.State == TcpState.Closed ? "UNCONN" : row.State.ToSsName();
        return SsRow(state, row.RecvQ.ToString(c), row.SendQ.ToString(c), Ss(row.Local), Ss(row.Remote));
    }

    private static string SsRow(string state, string recvQ, string sendQ, string local, string peer) =>
        $"{state,-11} {recvQ,-7} {sendQ,-7} {local,24} {peer,24}";

    private static string Ss(IpEndpoint endpoint)
    {
        string port = endpoint.Port == 0 ? "*" : endpoint.Port.ToString(CultureInfo.InvariantCulture);
        return endpoint.Address.IsV4 ? $"{endpoint.Address}:{port}" : $"[{endpoint.Address}]:{port}";
    }
}

using System.Buffers.Binary;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>The fields of TCP_CC_INFO by the names that packetdrill gives them (linux/inet_diag.h: union tcp_cc_info).</summary>
internal static class CongestionFacts
{
    /// <summary>The value of one; false where the socket's congestion control has no such field.</summary>
    public static bool TryGet(TcpSocket socket, Instant now, string name, out long value)
    {
        Span<byte> info = stackalloc byte[20];
        value = 0;
        if (socket.GetCongestionInfo(now, info) == 0)
        {
            return false;
        }

        (int at, int size) = Place(name, socket.CongestionControl);
        value = size switch
        {
            2 => BinaryPrimitives.ReadUInt16LittleEndian(info[at..]),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(info[at..]),
            8 => BinaryPrimitives.ReadInt64LittleEndian(info[at..]),
            _ => 0,
        };
        return size > 0;
    }

    private static (int At, int Size) Place(string name, string algorithm) => (name, algorithm) switch
    {
        ("bbr_bw", "bbr" or "bbr3") => (0, 8),
        ("bbr_bw_lo", "bbr" or "bbr3") => (0, 4),
        ("bbr_bw_hi", "bbr" or "bbr3") => (4, 4),
        ("bbr_min_rtt", "bbr" or "bbr3") => (8, 4),
        ("bbr_pacing_gain", "bbr" or "bbr3") => (12, 4),
        ("bbr_cwnd_gain", "bbr" or "bbr3") => (16, 4),
        ("dctcp_enabled", "dctcp" or "dctcp-reno") => (0, 2),
        ("dctcp_ce_state", "dctcp" or "dctcp-reno") => (2, 2),
        ("dctcp_alpha", "dctcp" or "dctcp-reno") => (4, 4),
        ("dctcp_ab_ecn", "dctcp" or "dctcp-reno") => (8, 4),
        ("dctcp_ab_tot", "dctcp" or "dctcp-reno") => (12, 4),
        ("tcpv_enabled", "vegas") => (0, 4),
        ("tcpv_rttcnt", "vegas") => (4, 4),
        ("tcp_rtt", "vegas") => (8, 4),
        ("tcp_minrtt", "vegas") => (12, 4),
        _ => (0, 0),
    };
}

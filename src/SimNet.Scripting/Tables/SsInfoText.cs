using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Tables;

/// <summary>
/// What <c>ss -i</c> and <c>ss -o</c> say of a TCP socket, in iproute2's order, words and units: times in milliseconds, rates in bits per second.
/// A field that is 0 is left out, as there.
/// </summary>
internal static class SsInfoText
{
    private const int TimestampsOption = 1, SackOption = 2, WindowScaleOption = 4, EcnOption = 8, EcnSeenOption = 16, SynDataOption = 32;
    private const int LargestThreshold = 0xFFFF; // Above it ss takes the threshold for unset.
    private const int UsualReordering = 3;

    /// <summary>The second line of a socket; empty for one without TCP_INFO.</summary>
    /// <param name="row">The socket.</param>
    /// <param name="withOptions">With the options that were agreed on, as -o has it.</param>
    /// <param name="numeric">Rates in full, as -n has it; else with three digits and a letter.</param>
    public static string Info(in SocketTableRow row, bool withOptions, bool numeric)
    {
        if (row.Info is not { } info)
        {
            return "";
        }

        var text = new InfoLine(numeric);
        if (withOptions)
        {
            Options(text, info);
        }

        text.Word(row.CongestionControl);
        if ((info.Options & WindowScaleOption) != 0)
        {
            text.Word($"wscale:{info.SndWscale},{info.RcvWscale}");
        }

        Path(text, info);
        Counts(text, info);
        Algorithm(text, row);
        Rates(text, info);
        Limits(text, info);
        Losses(text, info, row.State);
        Receiver(text, info);
        return text.ToString();
    }

    /// <summary><c>timer:(on,200ms,0)</c>; empty when none runs.</summary>
    public static string Timer(in SocketTimer timer)
    {
        string name = timer.Kind switch
        {
            SocketTimerKind.On => "on",
            SocketTimerKind.KeepAlive => "keepalive",
            SocketTimerKind.TimeWait => "timewait",
            SocketTimerKind.Persist => "persist",
            _ => "",
        };
        return name.Length == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture, $"timer:({name},{Remaining(timer.Remaining.WholeMilliseconds)},{timer.Retransmissions})");
    }

    /// <summary>From ten seconds on whole ones, from ten minutes on whole minutes; between one second and ten <c>1.250ms</c> means 1.25 s.</summary>
    private static string Remaining(long milliseconds)
    {
        long minutes = milliseconds / 60_000, seconds = milliseconds / 1000 % 60, rest = milliseconds % 1000;
        CultureInfo c = CultureInfo.InvariantCulture;
        if (minutes > 0)
        {
            return minutes.ToString(c) + "min" + (minutes <= 9 && seconds > 0 ? seconds.ToString(c) + "sec" : "");
        }

        rest = seconds > 9 ? 0 : rest;
        string head = seconds == 0 ? "" : seconds.ToString(c) + (rest > 0 ? "." : "sec");
        return rest > 0 ? head + rest.ToString("000", c) + "ms" : head;
    }

    private static void Options(InfoLine text, in TcpInfo info)
    {
        text.Word((info.Options & TimestampsOption) != 0 ? "ts" : null);
        text.Word((info.Options & SackOption) != 0 ? "sack" : null);
        text.Word((info.Options & EcnOption) != 0 ? "ecn" : null);
        text.Word((info.Options & EcnSeenOption) != 0 ? "ecnseen" : null);
        text.Word((info.Options & SynDataOption) != 0 ? "fastopen" : null);
    }

    private static void Path(InfoLine text, in TcpInfo info)
    {
        const long UnsetRto = 3_000_000;
        text.Milliseconds("rto", info.Rto == UnsetRto ? 0 : info.Rto);
        text.Number("backoff", info.Backoff);
        if (info.Rtt != 0)
        {
            text.Word($"rtt:{InfoLine.Short(info.Rtt / 1000.0)}/{InfoLine.Short(info.Rttvar / 1000.0)}");
        }

        text.Milliseconds("ato", info.Ato);
        text.Number("mss", info.SndMss);
        text.Number("pmtu", info.Pmtu);
        text.Number("rcvmss", info.RcvMss);
        text.Number("advmss", info.Advmss);
        text.Number("cwnd", info.SndCwnd);
        text.Number("ssthresh", info.SndSsthresh < LargestThreshold ? info.SndSsthresh : 0);
    }

    private static void Counts(InfoLine text, in TcpInfo info)
    {
        text.Number("bytes_sent", info.BytesSent);
        text.Number("bytes_retrans", info.BytesRetrans);
        text.Number("bytes_acked", info.BytesAcked);
        text.Number("bytes_received", info.BytesReceived);
        text.Number("segs_out", info.SegsOut);
        text.Number("segs_in", info.SegsIn);
        text.Number("data_segs_out", info.DataSegsOut);
        text.Number("data_segs_in", info.DataSegsIn);
    }

    private static void Algorithm(InfoLine text, in SocketTableRow row)
    {
        const double GainUnit = 256;
        ReadOnlySpan<byte> own = row.CongestionInfo.Span;
        if (row.CongestionControl == "bbr" && own.Length >= 20)
        {
            int pacing = BinaryPrimitives.ReadInt32LittleEndian(own[12..]), window = BinaryPrimitives.ReadInt32LittleEndian(own[16..]);
            string rtt = InfoLine.Short(BinaryPrimitives.ReadUInt32LittleEndian(own[8..]) / 1000.0);
            text.Word($"bbr:(bw:{text.Rate(BinaryPrimitives.ReadUInt64LittleEndian(own) * 8.0)},mrtt:{rtt}"
                + (pacing == 0 ? "" : $",pacing_gain:{InfoLine.Short(pacing / GainUnit)}")
                + (window == 0 ? "" : $",cwnd_gain:{InfoLine.Short(window / GainUnit)}") + ")");
        }
        else if (row.CongestionControl is "dctcp" or "dctcp-reno" && own.Length >= 16)
        {
            text.Word(BinaryPrimitives.ReadUInt16LittleEndian(own) == 0 ? "dctcp:fallback_mode" : string.Create(
                CultureInfo.InvariantCulture,
                $"dctcp:(ce_state:{BinaryPrimitives.ReadUInt16LittleEndian(own[2..])},alpha:{BinaryPrimitives.ReadUInt32LittleEndian(own[4..])}"
                + $",ab_ecn:{BinaryPrimitives.ReadUInt32LittleEndian(own[8..])},ab_tot:{BinaryPrimitives.ReadUInt32LittleEndian(own[12..])})"));
        }
    }

    private static void Rates(InfoLine text, in TcpInfo info)
    {
        if (info.Rtt > 0 && info.SndMss > 0 && info.SndCwnd > 0)
        {
            text.Word($"send {text.Rate((double)info.SndCwnd * info.SndMss * 8_000_000 / info.Rtt)}");
        }

        text.Number("lastsnd", info.LastDataSent);
        text.Number("lastrcv", info.LastDataRecv);
        text.Number("lastack", info.LastAckRecv);
        if (info.PacingRate is not (0 or long.MaxValue))
        {
            string most = info.MaxPacingRate is 0 or long.MaxValue ? "" : "/" + text.Rate(info.MaxPacingRate * 8.0);
            text.Word($"pacing_rate {text.Rate(info.PacingRate * 8.0)}{most}");
        }

        text.Word(info.DeliveryRate == 0 ? null : $"delivery_rate {text.Rate(info.DeliveryRate * 8.0)}");
        text.Number("delivered", info.Delivered);
        text.Number("delivered_ce", info.DeliveredCe);
        text.Word(info.DeliveryRateAppLimited != 0 ? "app_limited" : null);
    }

    private static void Limits(InfoLine text, in TcpInfo info)
    {
        if (info.BusyTime > 0)
        {
            text.Word(string.Create(CultureInfo.InvariantCulture, $"busy:{info.BusyTime / 1000}ms"));
            text.Share("rwnd_limited", info.RwndLimited, info.BusyTime);
            text.Share("sndbuf_limited", info.SndbufLimited, info.BusyTime);
        }
    }

    private static void Losses(InfoLine text, in TcpInfo info, TcpState state)
    {
        text.Number("unacked", info.Unacked);
        if (info.Retrans != 0 || info.TotalRetrans != 0)
        {
            text.Word(string.Create(CultureInfo.InvariantCulture, $"retrans:{info.Retrans}/{info.TotalRetrans}"));
        }

        text.Number("lost", info.Lost);
        text.Number("sacked", state == TcpState.Listen ? 0 : info.Sacked);
        text.Number("dsack_dups", info.DsackDups);
        text.Number("fackets", info.Fackets);
        text.Number("reordering", info.Reordering == UsualReordering ? 0 : info.Reordering);
        text.Number("reord_seen", info.ReordSeen);
    }

    private static void Receiver(InfoLine text, in TcpInfo info)
    {
        text.Milliseconds("rcv_rtt", info.RcvRtt);
        text.Number("rcv_space", info.RcvSpace);
        text.Number("rcv_ssthresh", info.RcvSsthresh);
        text.Number("notsent", info.NotsentBytes);
        text.Milliseconds("minrtt", info.MinRtt == uint.MaxValue ? 0 : info.MinRtt);
        text.Number("rcv_ooopack", info.RcvOoopack);
        text.Number("snd_wnd", info.SndWnd);
        text.Number("rcv_wnd", info.RcvWnd);
        text.Number("rehash", info.Rehash);
    }

    /// <summary>Words with spaces between them.</summary>
    private sealed class InfoLine(bool numeric)
    {
        private readonly StringBuilder _text = new();

        public void Word(string? word)
        {
            if (word is not null)
            {
                _text.Append(_text.Length == 0 ? "" : " ").Append(word);
            }
        }

        public void Number(string name, long value) =>
            Word(value == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{name}:{value}"));

        public void Milliseconds(string name, long microseconds) => Word(microseconds == 0 ? null : $"{name}:{Short(microseconds / 1000.0)}");

        public void Share(string name, long part, long whole) => Word(part == 0 ? null : string.Create(
            CultureInfo.InvariantCulture, $"{name}:{part / 1000}ms({100.0 * part / whole:0.0}%)"));

        /// <summary>As C's printf writes a number with %g.</summary>
        public static string Short(double value) => value.ToString("g6", CultureInfo.InvariantCulture);

        public string Rate(double bits)
        {
            (double unit, string letter) = bits switch
            {
                _ when numeric => (1, ""),
                >= 1e12 => (1e12, "T"),
                >= 1e9 => (1e9, "G"),
                >= 1e6 => (1e6, "M"),
                >= 1e3 => (1e3, "k"),
                _ => (1, ""),
            };
            return (bits / unit).ToString(numeric ? "0" : "g3", CultureInfo.InvariantCulture) + letter + "bps";
        }

        public override string ToString() => _text.ToString();
    }
}

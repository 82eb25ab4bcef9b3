namespace SimStack.Sockets;

/// <summary>TCP_INFO by Linux's own names.</summary>
public readonly partial record struct TcpInfo
{
    // In linux/tcp.h, and not to be told truly by this stack.
    private static readonly string[] Absent = ["tcpi_options2"];

    private static readonly SortedList<string, Func<TcpInfo, long>> ByName = new(StringComparer.Ordinal)
    {
        ["tcpi_state"] = info => info.State,
        ["tcpi_ca_state"] = info => info.CaState,
        ["tcpi_retransmits"] = info => info.Retransmits,
        ["tcpi_probes"] = info => info.Probes,
        ["tcpi_backoff"] = info => info.Backoff,
        ["tcpi_options"] = info => info.Options,
        ["tcpi_snd_wscale"] = info => info.SndWscale,
        ["tcpi_rcv_wscale"] = info => info.RcvWscale,
        ["tcpi_rto"] = info => info.Rto,
        ["tcpi_ato"] = info => info.Ato,
        ["tcpi_snd_mss"] = info => info.SndMss,
        ["tcpi_rcv_mss"] = info => info.RcvMss,
        ["tcpi_unacked"] = info => info.Unacked,
        ["tcpi_sacked"] = info => info.Sacked,
        ["tcpi_lost"] = info => info.Lost,
        ["tcpi_retrans"] = info => info.Retrans,
        ["tcpi_fackets"] = info => info.Fackets,
        ["tcpi_last_data_sent"] = info => info.LastDataSent,
        ["tcpi_last_ack_sent"] = info => info.LastAckSent,
        ["tcpi_last_data_recv"] = info => info.LastDataRecv,
        ["tcpi_last_ack_recv"] = info => info.LastAckRecv,
        ["tcpi_pmtu"] = info => info.Pmtu,
        ["tcpi_rcv_rtt"] = info => info.RcvRtt,
        ["tcpi_rcv_space"] = info => info.RcvSpace,
        ["tcpi_rcv_ssthresh"] = info => info.RcvSsthresh,
        ["tcpi_rtt"] = info => info.Rtt,
        ["tcpi_rttvar"] = info => info.Rttvar,
        ["tcpi_snd_ssthresh"] = info => info.SndSsthresh,
        ["tcpi_snd_cwnd"] = info => info.SndCwnd,
        ["tcpi_advmss"] = info => info.Advmss,
        ["tcpi_reordering"] = info => info.Reordering,
        ["tcpi_total_retrans"] = info => info.TotalRetrans,
        ["tcpi_pacing_rate"] = info => info.PacingRate,
        ["tcpi_max_pacing_rate"] = info => info.MaxPacingRate,
        ["tcpi_delivery_rate"] = info => info.DeliveryRate,
        ["tcpi_delivery_rate_app_limited"] = info => info.DeliveryRateAppLimited,
        ["tcpi_bytes_acked"] = info => info.BytesAcked,
        ["tcpi_bytes_received"] = info => info.BytesReceived,
        ["tcpi_segs_out"] = info => info.SegsOut,
        ["tcpi_segs_in"] = info => info.SegsIn,
        ["tcpi_notsent_bytes"] = info => info.NotsentBytes,
        ["tcpi_min_rtt"] = info => info.MinRtt,
        ["tcpi_data_segs_in"] = info => info.DataSegsIn,
        ["tcpi_data_segs_out"] = info => info.DataSegsOut,
        ["tcpi_busy_time"] = info => info.BusyTime,
        ["tcpi_rwnd_limited"] = info => info.RwndLimited,
        ["tcpi_sndbuf_limited"] = info => info.SndbufLimited,
        ["tcpi_delivered"] = info => info.Delivered,
        ["tcpi_delivered_ce"] = info => info.DeliveredCe,
        ["tcpi_received_ce"] = info => info.ReceivedCe,
        ["tcpi_delivered_e1_bytes"] = info => info.DeliveredE1Bytes,
        ["tcpi_delivered_e0_bytes"] = info => info.DeliveredE0Bytes,
        ["tcpi_delivered_ce_bytes"] = info => info.DeliveredCeBytes,
        ["tcpi_received_e1_bytes"] = info => info.ReceivedE1Bytes,
        ["tcpi_received_e0_bytes"] = info => info.ReceivedE0Bytes,
        ["tcpi_received_ce_bytes"] = info => info.ReceivedCeBytes,
        ["tcpi_ecn_mode"] = info => info.EcnMode,
        ["tcpi_accecn_opt_seen"] = info => info.AccurateEcnOptionSeen,
        ["tcpi_accecn_fail_mode"] = info => info.AccurateEcnFailures,
        ["tcpi_dsack_dups"] = info => info.DsackDups,
        ["tcpi_reord_seen"] = info => info.ReordSeen,
        ["tcpi_bytes_sent"] = info => info.BytesSent,
        ["tcpi_bytes_retrans"] = info => info.BytesRetrans,
        ["tcpi_fastopen_client_fail"] = info => info.FastopenClientFail,
        ["tcpi_rcv_ooopack"] = info => info.RcvOoopack,
        ["tcpi_snd_wnd"] = info => info.SndWnd,
        ["tcpi_rcv_wnd"] = info => info.RcvWnd,
        ["tcpi_total_rto"] = info => info.TotalRto,
        ["tcpi_total_rto_recoveries"] = info => info.TotalRtoRecoveries,
        ["tcpi_total_rto_time"] = info => info.TotalRtoTime,
        ["tcpi_rehash"] = info => info.Rehash,
    };

    /// <summary>The names that have a value, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names => ByName.Keys.AsReadOnly();

    /// <summary>Whether Linux has a field of that name, be it one that this stack can't tell.</summary>
    public static bool IsKnown(string linuxName) => ByName.ContainsKey(linuxName) || Array.IndexOf(Absent, linuxName) >= 0;

    /// <summary>A field by its name in linux/tcp.h.</summary>
    /// <param name="linuxName">For example <c>tcpi_snd_cwnd</c>.</param>
    /// <param name="value">In the unit that linux/tcp.h gives it, which is that of the property.</param>
    /// <returns>False for what Linux does not have, and for what the stack can't tell.</returns>
    public bool TryGet(string linuxName, out long value)
    {
        bool found = ByName.TryGetValue(linuxName, out Func<TcpInfo, long>? read);
        value = found ? read!(this) : 0;
        return found;
    }
}

namespace SimStack.Tcp.Listen;

/// <summary>
/// TCP_DEFER_ACCEPT: there is no connection before there is data to read, or the wait for it is over (Linux: tcp_check_req, syn_ack_recalc).
/// </summary>
internal sealed partial class TcpListener
{
    private int DeferredTimeouts => Socket.Options.DeferAccept;

    /// <summary>An ACK that brings nothing is dropped while the socket waits for data; the client has a connection, the server none.</summary>
    /// <returns>True when it was dropped.</returns>
    private bool Defer(Instant now, SynQueueEntry entry, scoped in TcpSegment segment)
    {
        if (entry.Timeouts >= DeferredTimeouts || segment.End != entry.Irs + 1)
        {
            return false;
        }

        entry.Acknowledged = true;
        _tcp.Counters[SnmpCounter.TcpExtTCPDeferAcceptDrop]++;
        Notify(now, "ACK dropped: waiting for data");
        return true;
    }

    /// <summary>
    /// The timer does not send the SYN-ACK again while data is waited for; only the last time, so that data or an ACK may still make the
    /// connection.
    /// </summary>
    private bool WaitsForData(SynQueueEntry entry) =>
        DeferredTimeouts > 0 && entry.Acknowledged && entry.Timeouts < DeferredTimeouts - 1;

    /// <summary>The SYN-ACK was sent often enough, and nobody is waited for.</summary>
    private bool IsGivenUp(SynQueueEntry entry) => entry.Timeouts >= MostTimeouts
        && !(DeferredTimeouts > 0 && entry.Acknowledged && entry.Timeouts < DeferredTimeouts);
}

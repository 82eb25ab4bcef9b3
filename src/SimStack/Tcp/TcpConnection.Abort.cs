using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.5, ABORT call.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>RST to the peer, where there is one that knows us; then gone.</summary>
    public void Abort(Instant now)
    {
        Socket = null;
        DropUnread();
        AbortNow(now, "ABORT");
    }

    /// <param name="now">The instant.</param>
    /// <param name="cause">For observers.</param>
    /// <param name="unread">Something that arrived is lost to the user: Linux tells the peer in whatever state.</param>
    private void AbortNow(Instant now, string cause, bool unread = false)
    {
        // In CLOSING and LAST-ACK Linux has a FIN that data before it holds back (tcp_disconnect).
        bool heldBack = ChargesMemory && (unread || HasUnsent) && _state is TcpState.Closing or TcpState.LastAck;
        if (heldBack || _state is TcpState.SynReceived or TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2
            or TcpState.CloseWait)
        {
            SendReset(now);
        }

        if (_state is not TcpState.Closed and not TcpState.TimeWait)
        {
            Destroy(now, cause);
        }
    }

    private void SendReset(Instant now)
    {
        Count(SnmpCounter.TcpOutRsts);
        TcpOptions options = CurrentOptions(now);
        if (ChargesMemory)
        {
            AddSackBlocks(ref options, MostSackBlocks);
        }

        AddEcnOption(now, ref options);
        Emit(now, AcceptableSeq, TcpFlags.Rst | TcpFlags.Ack, AdvertiseWindow(), options, 0);
    }
}

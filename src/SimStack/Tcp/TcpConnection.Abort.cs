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

    private void AbortNow(Instant now, string cause)
    {
        if (_state is TcpState.SynReceived or TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2
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
        AddEcnOption(now, ref options);
        Emit(now, _snd.Nxt, TcpFlags.Rst | TcpFlags.Ack, AdvertiseWindow(), options, 0);
    }
}

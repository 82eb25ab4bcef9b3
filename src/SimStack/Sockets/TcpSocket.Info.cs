using SimStack.Tcp;

namespace SimStack.Sockets;

public sealed partial class TcpSocket
{
    /// <summary>TCP_INFO as getsockopt(2) tells it; of a listening socket its queue, of one without a connection little more than the state.</summary>
    public TcpInfo GetInfo(Instant now)
    {
        if (_connection is not null)
        {
            return _connection.GetInfo(now);
        }

        var info = new TcpInfo
        {
            State = State.ToLinuxNumber(),
            SndCwnd = Host.Sysctls.InitialWindowSegments,
            Reordering = Host.Sysctls.Reordering,
            MaxPacingRate = Options.MaxPacingRate,
            PacingRate = long.MaxValue,
        };
        return _listener is not null
            ? info with { Unacked = _listener.AcceptQueueLength, Sacked = _listener.Backlog } // tcp_get_info goes no further then.
            : info with
            {
                SndMss = 536,
                SndSsthresh = int.MaxValue,
                Rto = Host.Sysctls.InitialRtoMilliseconds * 1000L,
                Rttvar = Host.Sysctls.InitialRtoMilliseconds * 250L,
                MinRtt = uint.MaxValue,
                DeliveryRateAppLimited = 1,
            };
    }
}

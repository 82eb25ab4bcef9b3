using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>
/// Brings a dialogue into a state by the shortest way. Afterwards RCV.NXT and SND.NXT are those of <see cref="Point"/>; the user still
/// holds the socket, nothing waits at the peer, and no acknowledgement is owed or was sent for anything out of the window.
/// </summary>
internal static class Reach
{
    /// <summary>Where a state begins: RCV.NXT, SND.NXT, SND.UNA and the receive window's right edge.</summary>
    internal readonly record struct Point(uint RcvNxt, uint SndNxt, uint Una)
    {
        public uint Right { get; init; }
    }

    public static Point State(Dialogue net, TcpState state, bool simultaneous = false) =>
        Go(net, state, simultaneous) with { Right = net.Peer.RightEdge };

    private static Point Go(Dialogue net, TcpState state, bool simultaneous)
    {
        switch (state)
        {
            case TcpState.Closed:
                return default;
            case TcpState.Listen:
                net.Listen();
                return default;
            case TcpState.SynSent:
                net.Connect();
                net.Peer.Expect(Syn(Iss));
                return new Point(0, Iss + 1, Iss);
            case TcpState.SynReceived when simultaneous:
                net.Connect();
                net.Peer.Expect(Syn(Iss));
                net.Peer.Send(Syn(Irs).Mss(1460));
                net.Peer.Expect(SynAck(Iss, Irs + 1));
                return new Point(Irs + 1, Iss + 1, Iss);
            case TcpState.SynReceived:
                net.Listen();
                net.Peer.Send(Syn(Irs).Mss(1460));
                net.Peer.Expect(SynAck(Iss, Irs + 1));
                return new Point(Irs + 1, Iss + 1, Iss);
            case TcpState.Established:
                net.EstablishPassively();
                return new Point(Irs + 1, Iss + 1, Iss + 1);
            default:
                net.EstablishPassively();
                return Closing(net, state);
        }
    }

    private static Point Closing(Dialogue net, TcpState state)
    {
        ScriptedPeer peer = net.Peer;
        if (state is TcpState.CloseWait or TcpState.LastAck)
        {
            peer.Send(Fin(Irs + 1, Iss + 1));
            net.AdvanceMs(300); // the delayed ACK
            peer.Expect(Ack(Iss + 1, Irs + 2));
            if (state is TcpState.CloseWait)
            {
                return new Point(Irs + 2, Iss + 1, Iss + 1);
            }

            Assert.Equal(Errno.OK, net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR));
            peer.Expect(Fin(Iss + 1, Irs + 2));
            return new Point(Irs + 2, Iss + 2, Iss + 1);
        }

        Assert.Equal(Errno.OK, net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR));
        peer.Expect(Fin(Iss + 1, Irs + 1));
        switch (state)
        {
            case TcpState.FinWait1:
                return new Point(Irs + 1, Iss + 2, Iss + 1);
            case TcpState.FinWait2:
                peer.Send(Ack(Irs + 1, Iss + 2));
                return new Point(Irs + 1, Iss + 2, Iss + 2);
            case TcpState.Closing:
                peer.Send(Fin(Irs + 1, Iss + 1));
                peer.Expect(Ack(Iss + 2, Irs + 2));
                return new Point(Irs + 2, Iss + 2, Iss + 1);
            default:
                peer.Send(Fin(Irs + 1, Iss + 2));
                peer.Expect(Ack(Iss + 2, Irs + 2));
                return new Point(Irs + 2, Iss + 2, Iss + 2);
        }
    }
}

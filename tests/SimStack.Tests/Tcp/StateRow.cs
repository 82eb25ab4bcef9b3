using SimStack.Profiles;
using SimStack.Tcp;
using Xunit;

namespace SimStack.Tests.Tcp;

/// <summary>For which profiles a row of a state's table holds.</summary>
internal enum By
{
    Both,
    Linux,
    Rfc9293,
}

/// <summary>One row of a state's table: an arriving segment, the reply, the next state.</summary>
/// <param name="Name">What arrives.</param>
/// <param name="Segment">The segment, from where the state begins.</param>
/// <param name="Reply">What the host answers; null: nothing.</param>
/// <param name="Next">The state after it. LISTEN: the connection is gone and the listening socket is there.</param>
/// <param name="Profiles">Which profiles do so.</param>
internal sealed record StateRow(
    string Name, Func<Reach.Point, SegmentPattern> Segment, Func<Reach.Point, SegmentPattern?> Reply, TcpState Next, By Profiles = By.Both)
{
    public TcpState From { get; init; }

    /// <summary>SYN-RECEIVED by a simultaneous open rather than from LISTEN.</summary>
    public bool Simultaneous { get; init; }

    /// <summary>The reply may wait for the delayed ACK timer.</summary>
    public bool Delayed { get; init; }

    public bool HoldsFor(Profile profile) => Profiles is By.Both || (Profiles is By.Rfc9293) == profile.RfcSegmentChecks;

    /// <summary>Runs the row and returns the dialogue as it is afterwards.</summary>
    public Dialogue Run(Profile profile, bool ipv6)
    {
        Dialogue net = new(ipv6, profile);
        Reach.Point point = Reach.State(net, From, Simultaneous);
        net.Peer.ExpectNothing();
        net.Peer.Send(Segment(point));
        if (Reply(point) is { } reply)
        {
            if (Delayed && net.Peer.Waiting == 0)
            {
                net.AdvanceMs(500);
            }

            net.Peer.Expect(reply);
        }

        net.Peer.ExpectNothing();
        Assert.Equal(Next is TcpState.Listen ? TcpState.Closed : Next, net.StateOf());
        if (Next is TcpState.Listen)
        {
            Assert.Equal(TcpState.Listen, net.Listener.State);
        }

        return net;
    }
}

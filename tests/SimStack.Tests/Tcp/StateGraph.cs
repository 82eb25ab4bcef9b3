using System.Text;
using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;
using S = SimStack.Tcp.TcpState;

namespace SimStack.Tests.Tcp;

/// <summary>The state graph as RFC 9293 has it, and as runs draw it.</summary>
internal static class StateGraph
{
    /// <summary>The RFC's arrows: where each stands and what the diagram or the text calls its cause.</summary>
    public static readonly (S From, S To, string Cause, string Source)[] OfRfc =
    [
        (S.Closed, S.Listen, "passive OPEN", "figure 5"),
        (S.Closed, S.SynSent, "OPEN", "figure 5"),
        (S.Listen, S.SynReceived, "rcv SYN", "figure 5"),
        (S.Listen, S.SynSent, "SEND", "figure 5, §3.10.1"),
        (S.Listen, S.Closed, "CLOSE", "figure 5"),
        (S.SynSent, S.SynReceived, "rcv SYN", "figure 5"),
        (S.SynSent, S.Established, "rcv SYN,ACK", "figure 5"),
        (S.SynSent, S.Closed, "CLOSE", "figure 5"),
        (S.SynSent, S.Closed, "rcv RST", "§3.10.7.3 second"),
        (S.SynSent, S.Closed, "user timeout", "§3.10.8"),
        (S.SynSent, S.Closed, "ABORT", "§3.10.5"),
        (S.SynReceived, S.Established, "rcv ACK of SYN", "figure 5"),
        (S.SynReceived, S.Established, "rcv SYN,ACK", "figure 7"),
        (S.SynReceived, S.FinWait1, "CLOSE", "figure 5"),
        (S.SynReceived, S.Listen, "rcv RST", "note 1"),
        (S.SynReceived, S.Listen, "rcv SYN", "§3.10.7.4 fourth"),
        (S.SynReceived, S.Closed, "rcv RST", "note 3"),
        (S.SynReceived, S.Closed, "user timeout", "§3.10.8"),
        (S.SynReceived, S.Closed, "ABORT", "§3.10.5"),
        (S.Established, S.FinWait1, "CLOSE", "figure 5"),
        (S.Established, S.CloseWait, "rcv FIN", "figure 5"),
        (S.Established, S.Closed, "rcv RST", "note 3"),
        (S.Established, S.Closed, "ABORT", "§3.10.5"),
        (S.Established, S.Closed, "user timeout", "§3.10.8"),
        (S.FinWait1, S.FinWait2, "rcv ACK of FIN", "figure 5"),
        (S.FinWait1, S.Closing, "rcv FIN", "figure 5"),
        (S.FinWait1, S.TimeWait, "rcv FIN and ACK of FIN", "note 2"),
        (S.FinWait1, S.Closed, "rcv RST", "note 3"),
        (S.FinWait1, S.Closed, "ABORT", "§3.10.5"),
        (S.FinWait1, S.Closed, "user timeout", "§3.10.8"),
        (S.FinWait2, S.TimeWait, "rcv FIN", "figure 5"),
        (S.FinWait2, S.Closed, "rcv RST", "note 3"),
        (S.FinWait2, S.Closed, "ABORT", "§3.10.5"),
        (S.CloseWait, S.LastAck, "CLOSE", "figure 5"),
        (S.CloseWait, S.Closed, "rcv RST", "note 3"),
        (S.CloseWait, S.Closed, "ABORT", "§3.10.5"),
        (S.CloseWait, S.Closed, "user timeout", "§3.10.8"),
        (S.Closing, S.TimeWait, "rcv ACK of FIN", "figure 5"),
        (S.Closing, S.Closed, "rcv RST", "note 3"),
        (S.Closing, S.Closed, "ABORT", "§3.10.5"),
        (S.Closing, S.Closed, "user timeout", "§3.10.8"),
        (S.LastAck, S.Closed, "rcv ACK of FIN", "figure 5"),
        (S.LastAck, S.Closed, "rcv RST", "note 3"),
        (S.LastAck, S.Closed, "ABORT", "§3.10.5"),
        (S.LastAck, S.Closed, "user timeout", "§3.10.8"),
        (S.TimeWait, S.Closed, "2MSL timeout", "figure 5"),
        (S.TimeWait, S.Closed, "rcv RST", "note 3"),
        (S.TimeWait, S.Closed, "rcv SYN", "§3.6.1, RFC 6191"),
    ];

    /// <summary>All transitions of all rows of all tables and of the scenarios below.</summary>
    public static SortedDictionary<(S From, S To), SortedSet<string>> Draw()
    {
        SortedDictionary<(S, S), SortedSet<string>> edges = [];
        foreach (Profile profile in new[] { Profile.Linux, Profile.Rfc9293 })
        {
            foreach (StateRow row in StateTables.All)
            {
                if (row.HoldsFor(profile))
                {
                    Collect(row.Run(profile, ipv6: false), edges);
                }
            }

            foreach (Action<Dialogue> scenario in Scenarios)
            {
                Dialogue net = new(profile: profile);
                scenario(net);
                Collect(net, edges);
            }
        }

        Dialogue listening = new(profile: Profile.Rfc9293);
        ListenThenConnect(listening);
        Collect(listening, edges);
        return edges;
    }

    private static readonly Action<Dialogue>[] Scenarios =
    [
        net => net.Listen().Close(net.Now),
        net => Aborted(net, S.SynSent),
        net => ClosedBy(net, S.SynSent),
        net => ClosedBy(net, S.SynReceived),
        net => Aborted(net, S.SynReceived),
        net => Aborted(net, S.Established),
        net => Aborted(net, S.FinWait1),
        net => Aborted(net, S.FinWait2),
        net => Aborted(net, S.CloseWait),
        net => Aborted(net, S.Closing),
        net => Aborted(net, S.LastAck),
        net => TimedOut(net, S.SynSent, null),
        net => TimedOut(net, S.SynReceived, null),
        net => TimedOut(net, S.Established, "never acknowledged"),
        net => TimedOut(net, S.FinWait1, null),
        net => TimedOut(net, S.CloseWait, "never acknowledged"),
        net => TimedOut(net, S.Closing, null),
        net => TimedOut(net, S.LastAck, null),
        net => TimedOut(net, S.TimeWait, null),
        BothAtOnce,
    ];

    private static void ClosedBy(Dialogue net, S state)
    {
        Reach.State(net, state, simultaneous: true);
        net.Socket.Close(net.Now);
    }

    private static void Aborted(Dialogue net, S state)
    {
        Reach.State(net, state, simultaneous: true);
        net.Socket.Abort(net.Now);
        Assert.Equal(S.Closed, net.StateOf());
    }

    private static void TimedOut(Dialogue net, S state, string? data)
    {
        Reach.State(net, state, simultaneous: true);
        if (data is not null)
        {
            net.Socket.Send(net.Now, Encoding.ASCII.GetBytes(data));
        }

        net.Advance(Duration.FromSeconds(3600));
        Assert.Equal(S.Closed, net.StateOf());
    }

    // Note 2: §3.10.7.4 goes through FIN-WAIT-2 within the one segment; drawn as the arrow it is.
    private static void BothAtOnce(Dialogue net)
    {
        Reach.Point p = Reach.State(net, S.FinWait1);
        int before = net.Changes.Count;
        net.Peer.Send(Fin(p.RcvNxt, p.SndNxt));
        Assert.Equal([(S.FinWait1, S.FinWait2), (S.FinWait2, S.TimeWait)], net.Changes.Skip(before).Select(c => (c.From, c.To)));
        TcpStateChange through = net.Changes[before];
        net.Changes.RemoveRange(before, 2);
        net.Changes.Add(through with { To = S.TimeWait, Cause = "rcv FIN and ACK of FIN" });
    }

    private static void ListenThenConnect(Dialogue net)
    {
        TcpSocket socket = net.Listen();
        Assert.Equal(Errno.EINPROGRESS, socket.Connect(net.Now, net.Peer.Endpoint));
        net.Peer.Expect(Syn(Iss));
    }

    private static void Collect(Dialogue net, SortedDictionary<(S From, S To), SortedSet<string>> edges)
    {
        foreach (TcpStateChange change in net.Changes)
        {
            if (!edges.TryGetValue((change.From, change.To), out SortedSet<string>? causes))
            {
                edges[(change.From, change.To)] = causes = new SortedSet<string>(StringComparer.Ordinal);
            }

            causes.Add(change.Cause);
        }
    }

    /// <summary>The page docs/state-graph.md.</summary>
    public static string Page(SortedDictionary<(S From, S To), SortedSet<string>> edges)
    {
        StringBuilder page = new();
        page.Append("""
            # The state graph

            Drawn from runs: every row of the state tables in `tests/SimStack.Tests/Tcp/StateTables.cs` and the scenarios of `StateGraph.cs`, in
            the profiles `linux` and `rfc9293`. A test compares it with RFC 9293: figure 5, its notes 1 to 3, and the resets, aborts and timeouts
            of §3.10. `UPDATE_SNAPSHOTS=1 eng/test.sh --filter StateGraph` writes this page anew.

            Two remarks. The arrow from FIN-WAIT-1 to TIME-WAIT (note 2) passes through FIN-WAIT-2 within one segment, as §3.10.7.4 words it; the
            observer sees both changes at one instant. Whoever sends a RST goes to CLOSED, as §3.10.5 says and all systems do, not to TIME-WAIT as
            note 3 suggests.

            ```mermaid
            stateDiagram-v2

            """);
        foreach (S state in Enum.GetValues<S>())
        {
            page.Append($"    state \"{state.ToRfcName()}\" as {state}\n");
        }

        foreach (((S from, S to), SortedSet<string> causes) in edges)
        {
            page.Append($"    {from} --> {to}: {string.Join("; ", causes)}\n");
        }

        page.Append("```\n\n| from | to | causes seen | RFC 9293 |\n|---|---|---|---|\n");
        foreach (((S from, S to), SortedSet<string> causes) in edges)
        {
            IEnumerable<string> sources = OfRfc.Where(e => e.From == from && e.To == to).Select(e => $"{e.Cause}: {e.Source}");
            page.Append($"| {from.ToRfcName()} | {to.ToRfcName()} | {string.Join("; ", causes)} | {string.Join("; ", sources)} |\n");
        }

        return page.ToString();
    }
}

using SimStack.Tcp;
using Xunit;
using S = SimStack.Tcp.TcpState;

namespace SimStack.Tests.Tcp;

/// <summary>Figure 5 of RFC 9293, with its notes and §3.10, against what runs do.</summary>
public sealed class StateGraphTests
{
    [Fact]
    public void The_graph_drawn_from_runs_is_the_RFCs()
    {
        SortedDictionary<(S From, S To), SortedSet<string>> drawn = StateGraph.Draw();
        Assert.Equal(StateGraph.OfRfc.Select(e => (e.From, e.To)).Distinct().Order(), drawn.Keys);
        foreach ((S from, S to, string cause, string source) in StateGraph.OfRfc)
        {
            Assert.True(drawn[(from, to)].Contains(cause), $"{from.ToRfcName()} to {to.ToRfcName()} was never taken by {cause} ({source})");
        }
    }

    [Fact]
    public void Every_cause_that_was_seen_is_the_RFCs()
    {
        foreach (((S from, S to), SortedSet<string> causes) in StateGraph.Draw())
        {
            foreach (string cause in causes)
            {
                bool known = StateGraph.OfRfc.Any(e => e.From == from && e.To == to && e.Cause == cause);
                Assert.True(known, $"{from.ToRfcName()} to {to.ToRfcName()} by '{cause}'");
            }
        }
    }

    [Fact]
    public void The_stack_forbids_itself_every_other_edge()
    {
        foreach (S from in Enum.GetValues<S>())
        {
            foreach (S to in Enum.GetValues<S>())
            {
                // SYN-RECEIVED to CLOSE-WAIT stands in §3.10.7.4, eighth, but the ACK before it has led to ESTABLISHED by then.
                bool rfc = StateGraph.OfRfc.Any(e => e.From == from && e.To == to) || (from, to) is (S.SynReceived, S.CloseWait);
                Assert.True(rfc == TransitionTable.Allows(from, to), $"{from.ToRfcName()} to {to.ToRfcName()}");
            }
        }
    }

    [Fact]
    public void The_page_in_docs_shows_it()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Simulator.sln")))
        {
            root = root.Parent;
        }

        Assert.SkipWhen(root is null, "not within the repository");
        string path = Path.Combine(root!.FullName, "docs", "state-graph.md");
        string page = StateGraph.Page(StateGraph.Draw()).ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), page);
    }
}

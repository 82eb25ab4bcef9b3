using SimStack.Profiles;
using SimStack.Tcp;
using SimStack.Tests.Rfc9293;
using Xunit;

namespace SimStack.Tests.Tcp;

/// <summary>Every row of <see cref="StateTables"/>, in both profiles, over IPv4 and IPv6.</summary>
public sealed class StateTableTests
{
    public static IEnumerable<TheoryDataRow<string>> Rows(TcpState state)
    {
        foreach (StateRow row in StateTables.Of(state))
        {
            foreach (Profile profile in new[] { Profile.Linux, Profile.Rfc9293 })
            {
                if (row.HoldsFor(profile))
                {
                    yield return new TheoryDataRow<string>(Describe(row, profile));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows), TcpState.Closed)]
    public void CLOSED(string row) => Run(TcpState.Closed, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.Listen)]
    public void LISTEN(string row) => Run(TcpState.Listen, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.SynSent)]
    [Requirement("MUST-10", In = "linux rfc9293")]
    public void SYN_SENT(string row) => Run(TcpState.SynSent, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.SynReceived)]
    [Requirement("MUST-10", In = "linux rfc9293")]
    [Requirement("MUST-11", In = "linux rfc9293")]
    public void SYN_RECEIVED(string row) => Run(TcpState.SynReceived, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.Established)]
    [Requirement("SHLD-2", In = "linux rfc9293")]
    [Requirement("SHLD-31", In = "linux rfc9293")]
    [Requirement("MAY-12", In = "linux rfc9293")]
    [Requirement("MAY-13", In = "linux rfc9293")]
    public void ESTABLISHED(string row) => Run(TcpState.Established, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.FinWait1)]
    public void FIN_WAIT_1(string row) => Run(TcpState.FinWait1, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.FinWait2)]
    public void FIN_WAIT_2(string row) => Run(TcpState.FinWait2, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.CloseWait)]
    public void CLOSE_WAIT(string row) => Run(TcpState.CloseWait, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.Closing)]
    public void CLOSING(string row) => Run(TcpState.Closing, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.LastAck)]
    public void LAST_ACK(string row) => Run(TcpState.LastAck, row);

    [Theory]
    [MemberData(nameof(Rows), TcpState.TimeWait)]
    [Requirement("MAY-2", In = "linux rfc9293")]
    public void TIME_WAIT(string row) => Run(TcpState.TimeWait, row);

    private static void Run(TcpState state, string name)
    {
        foreach (Profile profile in new[] { Profile.Linux, Profile.Rfc9293 })
        {
            StateRow? row = StateTables.Of(state).SingleOrDefault(r => r.HoldsFor(profile) && Describe(r, profile) == name);
            if (row is not null)
            {
                row.Run(profile, ipv6: false);
                row.Run(profile, ipv6: true);
                return;
            }
        }

        Assert.Fail($"no row '{name}'");
    }

    private static string Describe(StateRow row, Profile profile) => $"{profile.Name}{(row.Simultaneous ? ", simultaneous open" : "")}: {row.Name}";
}

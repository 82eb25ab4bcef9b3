namespace SimStack.Tcp;

/// <summary>
/// The legal edges: RFC 9293 figure 5, its notes, and what §3.10 adds (RST, ABORT, timeouts, SYN-RECEIVED back to LISTEN).
/// </summary>
internal static class TransitionTable
{
    private static readonly ushort[] Successors = Build();

    public static bool Allows(TcpState from, TcpState to) => (Successors[(int)from] >> (int)to & 1) != 0;

    private static ushort[] Build()
    {
        ushort[] table = new ushort[11];
        void Edges(TcpState from, params ReadOnlySpan<TcpState> to)
        {
            foreach (TcpState next in to)
            {
                table[(int)from] |= (ushort)(1 << (int)next);
            }
        }

        Edges(TcpState.Closed, TcpState.Listen, TcpState.SynSent);
        Edges(TcpState.Listen, TcpState.SynReceived, TcpState.SynSent, TcpState.Closed);
        Edges(TcpState.SynSent, TcpState.SynReceived, TcpState.Established, TcpState.Closed);
        Edges(
            TcpState.SynReceived, TcpState.Established, TcpState.FinWait1, TcpState.Listen, TcpState.Closed, TcpState.CloseWait);
        Edges(TcpState.Established, TcpState.FinWait1, TcpState.CloseWait, TcpState.Closed);
        Edges(TcpState.FinWait1, TcpState.FinWait2, TcpState.Closing, TcpState.TimeWait, TcpState.Closed);
        Edges(TcpState.FinWait2, TcpState.TimeWait, TcpState.Closed);
        Edges(TcpState.CloseWait, TcpState.LastAck, TcpState.Closed);
        Edges(TcpState.Closing, TcpState.TimeWait, TcpState.Closed);
        Edges(TcpState.LastAck, TcpState.Closed);
        Edges(TcpState.TimeWait, TcpState.Closed);
        return table;
    }
}

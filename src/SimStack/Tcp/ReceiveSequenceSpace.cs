using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>The receive sequence variables of RFC 9293 §3.3.1, table 3.</summary>
internal struct ReceiveSequenceSpace
{
    /// <summary>RCV.NXT: next expected.</summary>
    public SequenceNumber Nxt;

    /// <summary>RCV.WND as last advertised, counted from <see cref="Wup"/>.</summary>
    public int Wnd;

    /// <summary>RCV.NXT when the window was last advertised; also Last.ACK.sent of RFC 7323 §4.3.</summary>
    public SequenceNumber Wup;

    /// <summary>RCV.UP: the sequence number after the last urgent byte.</summary>
    public SequenceNumber Up;

    /// <summary>IRS.</summary>
    public SequenceNumber Irs;

    /// <summary>What is left of the advertised window: the right edge never moves left.</summary>
    public readonly int Remaining => Math.Max(0, Wup + Wnd - Nxt);
}

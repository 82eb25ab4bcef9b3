using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>The send sequence variables of RFC 9293 §3.3.1, table 2.</summary>
internal struct SendSequenceSpace
{
    /// <summary>SND.UNA: oldest unacknowledged.</summary>
    public SequenceNumber Una;

    /// <summary>SND.NXT: next to send.</summary>
    public SequenceNumber Nxt;

    /// <summary>SND.WND: bytes, scaled.</summary>
    public int Wnd;

    /// <summary>SND.WL1: SEG.SEQ of the last window update.</summary>
    public SequenceNumber Wl1;

    /// <summary>SND.WL2: SEG.ACK of the last window update.</summary>
    public SequenceNumber Wl2;

    /// <summary>ISS.</summary>
    public SequenceNumber Iss;

    /// <summary>SND.UP: the sequence number after the last urgent byte; meaningful while urgent data is unacknowledged.</summary>
    public SequenceNumber Up;

    /// <summary>The sequence number after the last byte that the user wrote.</summary>
    public SequenceNumber Written;

    /// <summary>
    /// The sequence number of the send buffer's first byte. ISS can't tell: after 2 GiB it compares as later than what is sent.
    /// </summary>
    public SequenceNumber BufferStart;

    /// <summary>The largest window the peer ever offered (Max.SND.WND of RFC 9293 §3.8.6.2.1).</summary>
    public int MaxWnd;

    /// <summary>End of the last small segment sent (Minshall's variant of Nagle, as Linux has it).</summary>
    public SequenceNumber SmallEnd;

    public readonly SequenceNumber WindowEnd => Una + Wnd;
    public readonly int InFlight => Nxt - Una;
}

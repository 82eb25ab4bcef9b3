namespace SimStack.Ip;

/// <summary>
/// How an interface's driver puts received frames into memory. What a segment takes of SO_RCVBUF follows from it, and so does the window.
/// </summary>
public enum ReceiveBufferLayout
{
    /// <summary>Each frame in a piece of a page, as network cards and tap devices have it: joined in the receive queue, 18 by 18.</summary>
    PagePieces,

    /// <summary>Each packet in memory of its own, of a size that is a power of two, as tun devices have it: only joined while it has room.</summary>
    Allocated,
}

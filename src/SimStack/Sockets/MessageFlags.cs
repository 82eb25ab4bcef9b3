namespace SimStack.Sockets;

/// <summary>Flags of send and recv by Linux's names and values.</summary>
[Flags]
public enum MessageFlags
{
    None = 0,
    MSG_OOB = 0x1,
    MSG_PEEK = 0x2,
    MSG_TRUNC = 0x20,
    MSG_DONTWAIT = 0x40,
    MSG_EOR = 0x80,
    MSG_MORE = 0x8000,
    MSG_ZEROCOPY = 0x400_0000,
    MSG_FASTOPEN = 0x2000_0000,
}

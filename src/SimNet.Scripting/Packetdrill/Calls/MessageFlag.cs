using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>Flags of send and recv by Linux's values: which go to the stack, which concern the call, which nobody has.</summary>
internal static class MessageFlag
{
    public const int Peek = 0x2;
    public const int ControlTruncated = 0x8;
    public const int Truncated = 0x20;
    public const int DontWait = 0x40;
    public const int WaitAll = 0x100;
    public const int ErrorQueue = 0x2000;
    public const int NoSignal = 0x4000;
    public const int More = 0x8000;
    public const int CloseOnExec = 0x40000000;

    // What Linux has and neither sockets nor process look at: MSG_DONTROUTE (there is one route), MSG_CONFIRM (neighbours are never
    // doubted here), MSG_FIN, MSG_SYN, MSG_RST, MSG_PROXY, MSG_CTRUNC, and what only sendmmsg or recvmmsg have.
    private const int WithoutEffect = 0x4 | 0x8 | 0x10 | 0x200 | 0x400 | 0x800 | 0x1000 | 0x10000 | 0x40000;

    // Of these the process takes care, or (MSG_NOSIGNAL, MSG_CMSG_CLOEXEC) it has neither signals nor descriptors that they concern.
    private const int OfReceive = DontWait | WaitAll | ErrorQueue | NoSignal | CloseOnExec | WithoutEffect;
    private const int OfSend = DontWait | NoSignal | CloseOnExec | WaitAll | ErrorQueue | WithoutEffect;

    private static readonly int OfStack = Enum.GetValues<MessageFlags>().Aggregate(0, (all, flag) => all | (int)flag);

    /// <summary>Those that the stack gets of a receiving call's; one that nobody has is refused by name.</summary>
    public static MessageFlags ForReceive(int flags) => ForStack(flags, OfReceive);

    /// <summary>Those that the stack gets of a sending call's.</summary>
    public static MessageFlags ForSend(int flags) => ForStack(flags, OfSend);

    private static MessageFlags ForStack(int flags, int ofProcess)
    {
        int unknown = flags & ~(OfStack | ofProcess);
        return unknown == 0
            ? (MessageFlags)(flags & OfStack)
            : throw CallException.Unsupported(LinuxSymbols.Flags("MSG_", unchecked((uint)unknown)));
    }
}

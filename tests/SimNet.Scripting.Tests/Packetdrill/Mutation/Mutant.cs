using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>What is changed; the rows of the table.</summary>
internal enum MutationKind
{
    SequenceNumber,
    Acknowledgment,
    FlagAdded,
    FlagRemoved,
    Length,
    Window,
    UrgentPointer,
    OptionValue,
    OptionPresence,
    OptionOrder,
    IpHeader,
    CallResult,
    Errno,
    CallAnswer,
    CodeConstant,
    Time,
    OutboundDeleted,
    OutboundDoubled,
    InboundDeleted,
}

/// <summary>A script with one single change.</summary>
/// <param name="Kind">Of the change.</param>
/// <param name="Index">Of the changed event in the script as it was.</param>
/// <param name="Field">What of it, where excuses differ: <c>TS val</c>; otherwise empty.</param>
/// <param name="Script">The changed tree.</param>
internal sealed record Mutant(MutationKind Kind, int Index, string Field, PacketdrillScript Script)
{
    /// <summary>How many events more the script has than before; the index from which they are shifted is <see cref="Index"/>.</summary>
    public int Shift => Kind switch
    {
        MutationKind.OutboundDeleted or MutationKind.InboundDeleted => -1,
        MutationKind.OutboundDoubled => 1,
        _ => 0,
    };
}

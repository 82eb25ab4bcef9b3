using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>A system call of the script.</summary>
/// <param name="Time">When, on the packets' clock, in nanoseconds.</param>
/// <param name="Before">It stands before the packet of this index; the number of packets: at the end.</param>
/// <param name="Order">Among the calls before one packet.</param>
/// <param name="Text">The call and its result as the script has them: <c>close(4) = 0</c>.</param>
/// <param name="End">For a call that blocks: when it returns; null: at once.</param>
internal sealed record TimedCall(long Time, int Before, CallOrder Order, string Text, long? End = null)
{
    /// <summary>What it returns; -1 for an error.</summary>
    public long Result => Text[(Text.LastIndexOf("= ", StringComparison.Ordinal) + 2)..].Split(' ')[0] is var result
        && long.TryParse(result, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : -1;
}

/// <summary>What a program does first when several calls are made at once.</summary>
internal enum CallOrder
{
    /// <summary>socket(), bind(), listen(), connect().</summary>
    Open,

    /// <summary>accept() and what is set on the socket that it gives.</summary>
    Accept,

    /// <summary>read().</summary>
    Read,

    /// <summary>write(), send().</summary>
    Write,

    /// <summary>shutdown(), close().</summary>
    End,
}

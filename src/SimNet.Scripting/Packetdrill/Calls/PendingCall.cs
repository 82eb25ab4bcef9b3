using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>A system call with its arguments evaluated. It is tried until it returns: at once, unless it blocks.</summary>
internal sealed class PendingCall
{
    /// <summary>Tries to complete the call; null while it would sleep on.</summary>
    public required Func<Instant, CallResult?> Attempt { get; init; }

    /// <summary>When it sleeps no longer.</summary>
    public Instant Deadline { get; init; } = Instant.Never;

    /// <summary>What it returns then.</summary>
    public Func<Instant, CallResult>? Expire { get; init; }

    /// <summary>The result is a descriptor: any number will do where the script writes one.</summary>
    public bool ReturnsDescriptor { get; init; }

    /// <summary>Compares what else the call handed out, once its result was right; null when all is as the script says.</summary>
    public Func<CallResult, string?>? Verify { get; init; }

    /// <summary>Called last when all was right. The argument is the result as the script writes it.</summary>
    public Action<int>? Accepted { get; init; }

    /// <summary>The script's line.</summary>
    public SystemCallEvent? Event { get; set; }

    /// <summary>A call that returns at once.</summary>
    public static PendingCall Immediate(Func<Instant, CallResult> make) => new() { Attempt = now => make(now) };
}

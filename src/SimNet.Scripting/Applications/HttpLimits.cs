namespace SimNet.Scripting.Applications;

/// <summary>How much of a message is read before its sender is refused.</summary>
internal sealed record HttpLimits
{
    /// <summary>Bytes of the request line, of a field line, or of a chunk's size line.</summary>
    public int Line { get; init; } = 8 * 1024;

    /// <summary>Bytes of the head, and of the trailer section, with everything between its lines.</summary>
    public int Head { get; init; } = 32 * 1024;

    /// <summary>Field lines.</summary>
    public int Fields { get; init; } = 100;

    /// <summary>Bytes of the content.</summary>
    public long Body { get; init; } = 1 << 20;

    /// <summary>What a client allows: the content is counted and hashed, not kept.</summary>
    public static HttpLimits Client { get; } = new() { Body = 1L << 40 };
}

/// <summary>Why a message is refused.</summary>
/// <param name="Status">What a server answers.</param>
/// <param name="Reason">What is wrong, in a few words.</param>
internal sealed record HttpFault(int Status, string Reason);

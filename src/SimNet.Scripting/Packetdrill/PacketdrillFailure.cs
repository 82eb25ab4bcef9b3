namespace SimNet.Scripting.Packetdrill;

/// <summary>The line of a script that did not hold.</summary>
/// <param name="Position">Where in the script; unknown when the script as a whole is meant.</param>
/// <param name="Message">One line: <c>expected … got …</c>, or what is not supported.</param>
public sealed record PacketdrillFailure(SourcePosition Position, string Message)
{
    /// <summary>What the project lacks, such as <c>TCP_FASTOPEN</c>, when that is why; null when the machine did otherwise than expected.</summary>
    public string? UnsupportedFeature { get; init; }

    /// <summary>Of a packet: the script's line without time and direction; null for all else.</summary>
    public string? ExpectedPacket { get; init; }

    /// <summary>The packet that the machine sent instead, in the script's notation and numbers; null when there was none.</summary>
    public string? ActualPacket { get; init; }

    /// <summary>Of a packet that came: the field that differs, in words.</summary>
    internal string? Difference { get; init; }

    /// <summary><c>file:line: expected … got …</c></summary>
    public override string ToString() => Position.IsKnown ? $"{Position.ToShortString()}: {Message}" : Message;
}

namespace SimNet.Scripting.Packetdrill.Matching;

/// <summary>Why a packet of the script cannot be made.</summary>
/// <param name="Position">Of what is refused.</param>
/// <param name="Feature">What is not supported; null when the script is wrong instead.</param>
/// <param name="Message">One line.</param>
internal sealed record PacketRefusal(SourcePosition Position, string? Feature, string Message)
{
    /// <summary>The project lacks it.</summary>
    public static PacketRefusal Unsupported(SourcePosition position, string feature) => new(position, feature, $"{feature} is not supported yet");

    /// <summary>No tool could make it.</summary>
    public static PacketRefusal Wrong(SourcePosition position, string message) => new(position, null, message);
}

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>What the machine says to a change that a command asks for.</summary>
/// <param name="Kind">Done, or why not.</param>
/// <param name="Text">Empty when done; else one line: the system's own text, or for what is not supported its name.</param>
internal readonly record struct TargetAnswer(TargetAnswerKind Kind, string Text)
{
    /// <summary>The change is made.</summary>
    public static readonly TargetAnswer Done = new(TargetAnswerKind.Done, "");

    /// <summary>There is no such setting, device, route or file; the real command would say so and end with a status that is not 0.</summary>
    public static TargetAnswer Unknown(string text) => new(TargetAnswerKind.Unknown, text);

    /// <summary>The value is not allowed, or the state does not permit the change; the real command would fail too.</summary>
    public static TargetAnswer Refused(string text) => new(TargetAnswerKind.Refused, text);

    /// <summary>Linux has it and the machine does not: <c>net.ipv4.tcp_frto=0</c>, without "is not supported yet".</summary>
    public static TargetAnswer Unsupported(string name) => new(TargetAnswerKind.Unsupported, name);
}

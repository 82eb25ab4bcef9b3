namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>A call cannot be made as it is written. Never seen outside of this folder: it becomes a <see cref="CallOutcome"/>.</summary>
internal sealed class CallException : Exception
{
    private CallException(string message, bool isUnsupported)
        : base(message) => IsUnsupported = isUnsupported;

    /// <summary>True when the script is right and we lack what it asks for; the message is its name.</summary>
    public bool IsUnsupported { get; }

    /// <summary>Linux has it, we do not.</summary>
    /// <param name="feature">By Linux's name, such as <c>TCP_FASTOPEN</c>.</param>
    public static CallException Unsupported(string feature) => new(feature, isUnsupported: true);

    /// <summary>The script is wrong.</summary>
    /// <param name="message">What was found, and what would be right.</param>
    public static CallException Mistake(string message) => new(message, isUnsupported: false);
}

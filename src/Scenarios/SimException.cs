namespace Scenarios;

/// <summary>Ends the program with a status and a line for the user, who can do something about it.</summary>
internal sealed class SimException(int status, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>One of <see cref="ExitStatus"/>.</summary>
    public int Status { get; } = status;

    /// <summary>The request was wrong.</summary>
    public static SimException BadRequest(string message) => new(ExitStatus.BadRequest, message);
}

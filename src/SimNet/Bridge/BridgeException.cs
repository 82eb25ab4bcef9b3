namespace SimNet.Bridge;

/// <summary>The machine refused what a bridge needs: no permission, no such device. The message says what to do about it.</summary>
public sealed class BridgeException : Exception
{
    /// <summary>With a message of one line.</summary>
    public BridgeException(string message)
        : base(message)
    {
    }

    /// <summary>With a message of one line, and what caused it.</summary>
    public BridgeException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Without more to say.</summary>
    public BridgeException()
    {
    }
}

namespace SimNet.Links;

/// <summary>
/// An option of a link makes no sense. The message is one line that names the value and says what would be right.
/// </summary>
public sealed class LinkOptionsException : Exception
{
    public LinkOptionsException()
    {
    }

    public LinkOptionsException(string message)
        : base(message)
    {
    }

    public LinkOptionsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

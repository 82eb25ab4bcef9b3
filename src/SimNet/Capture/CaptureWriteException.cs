namespace SimNet.Capture;

/// <summary>A capture could not be created or written: no permission, no such folder, disk full, reader gone.</summary>
public sealed class CaptureWriteException : IOException
{
    internal CaptureWriteException(string message, string? path, long bytesKept, Exception cause)
        : base(message, cause)
    {
        Path = path;
        BytesKept = bytesKept;
    }

    /// <summary>The file, when the stream was one.</summary>
    public string? Path { get; }

    /// <summary>Bytes of whole blocks that reached the stream.</summary>
    public long BytesKept { get; }

    internal static CaptureWriteException NotCreated(string path, Exception cause) =>
        new($"cannot create capture '{path}': {Why(cause, path)}", path, 0, cause);

    internal static CaptureWriteException NotWritten(string? path, long bytesKept, Exception cause) =>
        new($"cannot write capture{(path is null ? "" : $" '{path}'")}: {Why(cause, path)} (whole blocks kept: {bytesKept} bytes)",
            path, bytesKept, cause);

    /// <summary>The cause in one line; .NET puts the path behind some of them, which the message begins with already.</summary>
    private static string Why(Exception cause, string? path)
    {
        string why = cause.Message.ReplaceLineEndings(" ");
        return (path is null ? why : why.Replace($" : '{path}'", "", StringComparison.Ordinal)).TrimEnd('.', ' ');
    }
}

using System.Globalization;

namespace SimNet.Capture;

/// <summary>A capture file that cannot be read on: what is wrong, at which byte, and what would be right, in one line.</summary>
public sealed class CaptureFormatException : FormatException
{
    internal CaptureFormatException(string? path, long offset, string message)
        : base(string.Create(CultureInfo.InvariantCulture, $"{path ?? "capture"}: byte {offset}: {message}"))
    {
        Path = path;
        Offset = offset;
    }

    /// <summary>The file, when it was opened by its path.</summary>
    public string? Path { get; }

    /// <summary>The offending field's or block's distance from the beginning of the file, in bytes.</summary>
    public long Offset { get; }
}

namespace Scenarios.Running;

/// <summary>Creates folders and files for results, with errors that say what to do.</summary>
internal static class OutputFiles
{
    /// <summary>Makes sure that the folder is there.</summary>
    /// <exception cref="SimException">It cannot be created.</exception>
    public static void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            throw Refused("create folder", folder, exception);
        }
    }

    /// <summary>Opens a file, replacing one of the same name; others may read it while it grows.</summary>
    /// <exception cref="SimException">It cannot be written.</exception>
    public static Stream Create(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            throw Refused("write", path, exception);
        }
    }

    /// <summary>Writes a whole text; its folder is made where it is missing.</summary>
    /// <exception cref="SimException">It cannot be written.</exception>
    /// <param name="path">Where.</param>
    /// <param name="text">What.</param>
    /// <param name="option">The option that says where.</param>
    public static void Write(string path, string text, string option = "--out DIR")
    {
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
            {
                Directory.CreateDirectory(folder);
            }

            File.WriteAllText(path, text);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            throw Refused("write", path, exception, option);
        }
    }

    /// <summary>Replaces a file by a whole text, so that it is never there in part, whatever happens meanwhile.</summary>
    /// <exception cref="SimException">It cannot be written; what was there before is still there.</exception>
    public static void Replace(string path, string text)
    {
        if (new FileInfo(path).LinkTarget is not null)
        {
            // A link is written through; moving a file over it would take its place.
            Write(path, text);
            return;
        }

        string temporary = path + ".tmp";
        try
        {
            File.WriteAllText(temporary, text);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            Discard(temporary);
            throw Refused("write", path, exception);
        }
    }

    private static void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            // It could not be made in the first place.
        }
    }

    private static bool IsRefusal(Exception exception) => exception is IOException or UnauthorizedAccessException or ArgumentException;

    private static SimException Refused(string what, string path, Exception cause, string option = "--out DIR") => new(
        ExitStatus.EnvironmentRefused,
        $"cannot {what} {path}: {Reason(cause, path)}; {FailureReport.Advice(cause, option)}",
        cause);

    private static string Reason(Exception cause, string path) =>
        cause.Message.ReplaceLineEndings(" ").Replace($" : '{path}'", "", StringComparison.Ordinal).TrimEnd('.', ' ');
}

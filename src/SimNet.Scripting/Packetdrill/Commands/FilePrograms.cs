using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Small programs on files and text.</summary>
internal static class FilePrograms
{
    /// <summary><c>cat [FILE…]</c></summary>
    public static int Cat(CommandCall call)
    {
        int status = 0;
        foreach (string file in call.Arguments.Count == 0 ? ["-"] : call.Arguments)
        {
            if (file.Length > 1 && file[0] == '-')
            {
                throw call.UnsupportedOption(file);
            }

            if ((file == "-" ? call.Input : call.FileSystem.Read(file)) is { } text)
            {
                call.Output.Append(text);
            }
            else
            {
                status = call.Fail(1, $"cat: {file}: No such file or directory");
            }
        }

        return status;
    }

    /// <summary><c>echo [-n] WORD…</c>; no escapes, as bash has it.</summary>
    public static int Echo(CommandCall call)
    {
        bool end = call.Arguments.Count == 0 || call.Arguments[0] != "-n";
        if (call.Arguments.Count > 0 && call.Arguments[0] is "-e" or "-E" or "-ne" or "-en")
        {
            throw call.UnsupportedOption(call.Arguments[0]);
        }

        // Shells differ in what a backslash means here.
        if (call.Arguments.Any(a => a.Contains('\\', StringComparison.Ordinal)))
        {
            throw call.Unsupported("command `echo` with a backslash");
        }

        call.Output.AppendJoin(' ', end ? call.Arguments : call.Arguments.Skip(1)).Append(end ? "\n" : "");
        return 0;
    }

    /// <summary><c>wc -l|-c [FILE]</c></summary>
    public static int Wc(CommandCall call)
    {
        if (call.Arguments.Count is 0 or > 2 || call.Arguments[0] is not ("-l" or "-c"))
        {
            throw call.UnsupportedOption(string.Join(' ', call.Arguments));
        }

        string? text = call.Arguments.Count == 1 ? call.Input : call.FileSystem.Read(call.Arguments[1]);
        if (text is null)
        {
            return call.Fail(1, $"wc: {call.Arguments[1]}: No such file or directory");
        }

        int count = call.Arguments[0] == "-c" ? text.Length : text.Count(c => c == '\n');
        string name = call.Arguments.Count == 2 ? $" {call.Arguments[1]}" : "";
        call.Output.Append(CultureInfo.InvariantCulture, $"{count}{name}\n");
        return 0;
    }

    /// <summary><c>rm [-f] FILE…</c></summary>
    public static int Rm(CommandCall call)
    {
        bool force = false;
        int status = 0;
        foreach (string word in call.Arguments)
        {
            if (word.Length > 1 && word[0] == '-')
            {
                force = word is "-f" or "--force" or "-rf" or "-fr" ? true : throw call.UnsupportedOption(word);
            }
            else if (!call.Target.Files.Remove(word) && !force)
            {
                status = call.Fail(1, $"rm: cannot remove '{word}': No such file or directory");
            }
        }

        return status;
    }

    /// <summary><c>touch FILE…</c>: makes files that are not there.</summary>
    public static int Touch(CommandCall call)
    {
        foreach (string file in call.Arguments)
        {
            if (file.StartsWith('-'))
            {
                throw call.UnsupportedOption(file);
            }

            if (call.FileSystem.Open(file, append: true) is { } refused)
            {
                return call.Fail(1, refused);
            }
        }

        return 0;
    }

    /// <summary><c>truncate -s SIZE FILE…</c>: zeros up to that size.</summary>
    public static int Truncate(CommandCall call)
    {
        if (call.Arguments.Count < 3 || call.Arguments[0] != "-s")
        {
            throw call.UnsupportedOption(call.Arguments.Count == 0 ? "" : call.Arguments[0]);
        }

        if (!CommandNumbers.TryParseSize(call.Arguments[1], out long size) || size > CommandCall.LongestOutput)
        {
            return call.Fail(1, $"truncate: Invalid number: '{CommandCall.Shown(call.Arguments[1])}'");
        }

        foreach (string file in call.Arguments.Skip(2))
        {
            if (call.FileSystem.Open(file, append: true) is { } refused)
            {
                return call.Fail(1, refused);
            }

            byte[] content = call.Target.Files.Read(file) ?? [];
            Array.Resize(ref content, (int)size);
            call.Target.Files.Write(file, content);
        }

        return 0;
    }
}

using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary><c>dd bs=N count=N if=FILE of=FILE status=none</c></summary>
internal static class DdProgram
{
    /// <summary>Runs it.</summary>
    public static int Run(CommandCall call)
    {
        string? from = null, to = null;
        string status = "";
        long block = 512, count = -1;
        foreach (string argument in call.Arguments)
        {
            int sign = argument.IndexOf('=', StringComparison.Ordinal);
            string name = sign < 0 ? argument : argument[..sign];
            string value = sign < 0 ? "" : argument[(sign + 1)..];
            bool good = true;
            switch (name)
            {
                case "bs":
                    good = CommandNumbers.TryParseSize(value, out block) && block > 0;
                    break;
                case "count":
                    good = CommandNumbers.TryParseSize(value, out count);
                    break;
                case "if":
                    from = value;
                    break;
                case "of":
                    to = value;
                    break;
                case "status":
                    status = value;
                    break;
                default:
                    throw call.UnsupportedOption(argument);
            }

            if (!good)
            {
                return call.Fail(1, $"dd: invalid number: '{CommandCall.Shown(value)}'");
            }
        }

        return Copy(call, from, to, block, count, status);
    }

    private static int Copy(CommandCall call, string? from, string? to, long block, long count, string status)
    {
        long wanted = count < 0 ? long.MaxValue : count == 0 || block <= long.MaxValue / count ? block * count : long.MaxValue;
        string? text;
        if (from == "/dev/zero")
        {
            if (wanted > CommandCall.LongestOutput)
            {
                throw call.Unsupported($"command `dd` with more than {CommandCall.LongestOutput} bytes");
            }

            text = new string('\0', (int)wanted);
        }
        else
        {
            text = from is null ? call.Input : call.FileSystem.Read(from);
            text = text is not null && wanted < text.Length ? text[..(int)wanted] : text;
        }

        if (text is null)
        {
            return call.Fail(1, $"dd: failed to open '{from}': No such file or directory");
        }

        if (to is null)
        {
            call.Output.Append(text);
        }
        else if ((call.FileSystem.Open(to, append: false) ?? call.FileSystem.Append(to, text)) is { } refused)
        {
            return call.Fail(1, refused);
        }

        if (status is not "none")
        {
            string records = string.Create(CultureInfo.InvariantCulture, $"{text.Length / block}+{(text.Length % block == 0 ? 0 : 1)} records");
            call.Errors.Append(CultureInfo.InvariantCulture, $"{records} in\n{records} out\n{text.Length} bytes copied\n");
        }

        return 0;
    }
}

using System.Text;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>One call of a recognised program.</summary>
/// <param name="start">Where its command begins, in characters of the text.</param>
/// <param name="name">The program's name without a path.</param>
/// <param name="arguments">Its arguments, expanded.</param>
/// <param name="input">Its standard input; a character for each byte.</param>
/// <param name="target">The machine.</param>
internal sealed class CommandCall(int start, string name, IReadOnlyList<string> arguments, string input, CommandTarget target)
{
    /// <summary>The most that one command may write, in characters.</summary>
    public const int LongestOutput = 64 << 20;

    public int Start { get; } = start;

    public string Name { get; } = name;

    public IReadOnlyList<string> Arguments { get; } = arguments;

    public string Input { get; } = input;

    public CommandTarget Target { get; } = target;

    /// <summary>The machine's /proc and /sys, and its other files.</summary>
    public MachineFileSystem FileSystem { get; } = new(target, start);

    /// <summary>Standard output.</summary>
    public StringBuilder Output { get; } = new();

    /// <summary>Standard error.</summary>
    public StringBuilder Errors { get; } = new();

    /// <summary>True when its input comes from nstat in the same pipeline.</summary>
    public bool ReadsCounters { get; init; }

    /// <summary>Ends the script: the program has this, and it is missing here.</summary>
    public ShellException Unsupported(string what) => ShellException.Unsupported(Start, what);

    /// <summary>Ends the script: the program has this option, and it is missing here.</summary>
    public ShellException UnsupportedOption(string option) => Unsupported($"command `{Name}`: the option `{Shown(option)}`");

    /// <summary>Says what went wrong on standard error and gives the exit status.</summary>
    public int Fail(int status, string message)
    {
        Errors.Append(message).Append('\n');
        return status;
    }

    /// <summary>The exit status for the machine's answer: 0, or the program's own for a failure; what is not supported ends the script.</summary>
    public int Status(TargetAnswer answer, int failure) => answer.Kind switch
    {
        TargetAnswerKind.Done => 0,
        TargetAnswerKind.Unsupported => throw Unsupported(answer.Text),
        _ => Fail(failure, answer.Text),
    };

    /// <summary>Short enough for a message.</summary>
    public static string Shown(string text) => Code.CodeValues.OneLine(text, 60);
}

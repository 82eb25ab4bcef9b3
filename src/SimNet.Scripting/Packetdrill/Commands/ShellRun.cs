using System.Globalization;
using System.Text;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Executes parsed commands: lists, pipelines, variables, redirections.</summary>
internal sealed class ShellRun(CommandTarget target)
{
    private const int DeepestScript = 4;
    private const int LongestTranscript = 65_536;

    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal)
    {
        ["PPID"] = target.ProcessId.ToString(CultureInfo.InvariantCulture),
        ["PACKETDRILL_PID"] = target.ProcessId.ToString(CultureInfo.InvariantCulture),
        ["$"] = (target.ProcessId + 1).ToString(CultureInfo.InvariantCulture),
        ["IFS"] = " \t\n",
    };

    private readonly StringBuilder _transcript = new();
    private int _status;
    private int _depth;
    private bool _exits;

    /// <summary>What was written to the terminal, were there one.</summary>
    public string Transcript => _transcript.ToString();

    /// <summary>Where the last pipeline begins, in characters of the text.</summary>
    public int LastStart { get; private set; }

    /// <summary>Where it ends.</summary>
    public int LastEnd { get; private set; }

    /// <summary>What its last command wrote to standard error.</summary>
    public string LastErrors { get; private set; } = "";

    /// <summary>The last command's exit status.</summary>
    /// <exception cref="ShellException">Something is not supported, or a shell could not read it.</exception>
    public int Run(string text)
    {
        List<ShellPipeline> pipelines = ShellParser.Parse(text);
        for (int i = 0; i < pipelines.Count && !_exits; i++)
        {
            ShellPipeline pipeline = pipelines[i];
            if (pipeline.Connector == "&&" ? _status != 0 : pipeline.Connector == "||" && _status == 0)
            {
                continue;
            }

            if (_depth == 0)
            {
                LastErrors = "";
                LastStart = pipeline.Start;
                LastEnd = i + 1 < pipelines.Count ? pipelines[i + 1].Start : text.Length;
                LastEnd = End(text, LastStart, LastEnd);
            }

            int status = Pipeline(pipeline);
            _status = pipeline.IsNegated ? status == 0 ? 1 : 0 : status;
        }

        return _status;
    }

    // Without what joins it to the next one.
    private static int End(string text, int start, int end)
    {
        while (end > start && text[end - 1] is ' ' or '\n' or '\t' or ';' or '&' or '|')
        {
            end--;
        }

        return end;
    }

    private int Pipeline(ShellPipeline pipeline)
    {
        string input = "";
        int status = 0;
        bool counters = false;
        for (int i = 0; i < pipeline.Commands.Count; i++)
        {
            bool last = i + 1 == pipeline.Commands.Count;
            (status, string output, string errors, string name) = Command(pipeline.Commands[i], input, counters);
            counters |= name == "nstat";
            Show(errors);
            LastErrors = errors.Length > 0 ? errors : LastErrors;
            if (last)
            {
                Show(output);
            }

            input = output;
        }

        return status;
    }

    private void Show(string text)
    {
        int room = LongestTranscript - _transcript.Length;
        _transcript.Append(text, 0, Math.Min(room, text.Length));
    }

    private (int Status, string Output, string Errors, string Name) Command(ShellCommand command, string input, bool counters)
    {
        List<string> words = [];
        foreach (ShellWord word in command.Words)
        {
            Expand(word, words);
        }

        foreach ((string name, ShellWord value) in command.Assignments)
        {
            // Before a command they are for it alone; of the programs here none reads its environment.
            string text = Value(value);
            if (words.Count == 0)
            {
                _variables[name] = text;
            }
        }

        ShellOutputs outputs = new(target, command.Start);
        foreach (ShellRedirection redirection in command.Redirections)
        {
            string file = Value(redirection.Target);
            if (redirection.Descriptor == 0)
            {
                MachineFileSystem files = new(target, command.Start);
                if (files.Read(file) is not { } content)
                {
                    return (2, "", $"sh: cannot open {file}: No such file\n", "");
                }

                input = content;
            }
            else if (outputs.Redirect(redirection.Descriptor, redirection.Operator, file) is { } refused)
            {
                return (2, "", refused + "\n", "");
            }
        }

        return Execute(command.Start, words, input, counters, outputs);
    }

    private (int Status, string Output, string Errors, string Name) Execute(
        int start, List<string> words, string input, bool counters, ShellOutputs outputs)
    {
        int status = 0;
        string name = "";
        if (words.Count > 0)
        {
            string path = words[0];
            name = ProgramNames.Of(path);
            CommandCall call = new(start, name, words[1..], input, target) { ReadsCounters = counters };
            status = name == "exit" ? Exit(call)
                : name == "export" ? Export(call)
                : ProgramTable.Find(name) is { } program ? program(call)
                : Script(call, path);
            outputs.Take(call);
        }

        int written = outputs.Deliver();
        return (status != 0 ? status : written, outputs.Output, outputs.Errors, name);
    }

    private int Exit(CommandCall call)
    {
        _exits = _depth == 0;
        return call.Arguments.Count == 0 ? _status
            : int.TryParse(call.Arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out int status) ? status & 0xFF
            : call.Fail(2, $"exit: Illegal number: {call.Arguments[0]}");
    }

    private int Export(CommandCall call)
    {
        foreach (string argument in call.Arguments)
        {
            int sign = argument.IndexOf('=', StringComparison.Ordinal);
            if (sign > 0)
            {
                _variables[argument[..sign]] = argument[(sign + 1)..];
            }
        }

        return 0;
    }

    // A file of the simulated machine is a script for this shell; anything else is no program that is known here.
    private int Script(CommandCall call, string path)
    {
        if (target.Files.Read(path) is not { } content)
        {
            return path.StartsWith("/tmp/", StringComparison.Ordinal)
                ? call.Fail(127, $"{path}: not found")
                : throw ShellException.Unsupported(call.Start, $"command `{CommandCall.Shown(path)}`");
        }

        if (++_depth > DeepestScript)
        {
            throw ShellException.Wrong(call.Start, $"{CommandCall.Shown(path)} calls itself");
        }

        int before = _status;
        try
        {
            _status = 0;
            return Run(Encoding.Latin1.GetString(content));
        }
        catch (ShellException inner)
        {
            throw new ShellException(inner.Kind, call.Start, inner.Message);
        }
        finally
        {
            _status = before;
            _depth--;
        }
    }

    private string Variable(string name) =>
        name == "?" ? _status.ToString(CultureInfo.InvariantCulture) : _variables.GetValueOrDefault(name, "");

    private string Value(ShellWord word) => string.Concat(word.Parts.Select(p => p.IsVariable ? Variable(p.Text) : p.Text));

    // A variable outside quotes is split at blanks, and makes no word when it is empty.
    private void Expand(ShellWord word, List<string> to)
    {
        StringBuilder current = new();
        bool any = false;
        foreach (ShellWordPart part in word.Parts)
        {
            if (!part.IsVariable || part.IsQuoted)
            {
                current.Append(part.IsVariable ? Variable(part.Text) : part.Text);
                any = true;
                continue;
            }

            foreach (char c in Variable(part.Text))
            {
                if (c is not (' ' or '\t' or '\n'))
                {
                    current.Append(c);
                    any = true;
                }
                else if (any)
                {
                    to.Add(current.ToString());
                    current.Clear();
                    any = false;
                }
            }
        }

        if (any)
        {
            to.Add(current.ToString());
        }
    }
}

using System.Text;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Where a command's standard output and standard error go.</summary>
internal sealed class ShellOutputs(CommandTarget target, int start)
{
    private readonly MachineFileSystem _files = new(target, start);

    // Each a file, or null for where it goes by itself: 1 to the pipe or terminal, 2 to the terminal.
    private readonly Sink[] _sinks = [new(""), new("1"), new("2")];

    /// <summary>What goes on to the pipe, or to the terminal.</summary>
    public string Output { get; private set; } = "";

    /// <summary>What goes to the terminal as standard error.</summary>
    public string Errors { get; private set; } = "";

    /// <summary>Makes one redirection; a text when it cannot be made.</summary>
    public string? Redirect(int descriptor, string op, string name)
    {
        if (op == ">&")
        {
            if (name is not ("1" or "2"))
            {
                throw ShellException.Unsupported(start, $"the redirection `>&{CommandCall.Shown(name)}`");
            }

            _sinks[descriptor] = _sinks[name[0] - '0'];
            return null;
        }

        _sinks[descriptor] = new Sink(name);
        return _files.Open(name, append: op == ">>");
    }

    /// <summary>Takes what a program wrote.</summary>
    public void Take(CommandCall call)
    {
        _sinks[1].Text.Append(call.Output);
        _sinks[2].Text.Append(call.Errors);
    }

    /// <summary>Writes it to where it goes; the status of a write that fails.</summary>
    public int Deliver()
    {
        int status = 0;
        foreach (Sink sink in _sinks[1] == _sinks[2] ? _sinks[1..2] : _sinks[1..])
        {
            string text = sink.Text.ToString();
            switch (sink.Name)
            {
                case "1":
                    Output = text;
                    break;
                case "2":
                    Errors = text;
                    break;
                default:
                    if (text.Length > 0 && _files.Append(sink.Name, text) is { } refused)
                    {
                        Errors += refused + "\n";
                        status = 1;
                    }

                    break;
            }
        }

        return status;
    }

    private sealed class Sink(string name)
    {
        public string Name { get; } = name;

        public StringBuilder Text { get; } = new();
    }
}

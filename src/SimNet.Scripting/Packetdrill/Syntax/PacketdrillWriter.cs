using System.Globalization;
using System.Text;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>
/// Prints a script as users of packetdrill write it: times right-aligned so that what happens stands in one column, options without
/// spaces, structures of messages on lines of their own. What is printed reads as the same tree; comments and macros' names are lost.
/// </summary>
internal sealed partial class PacketdrillWriter
{
    // Where the widest of a script's times is narrower or wider, the column still stands here, as in nearly all scripts.
    private const int NarrowestTime = 5;
    private const int WidestTime = 8;

    private readonly StringBuilder _text = new();
    private int _lineStart;

    private PacketdrillWriter()
    {
    }

    /// <summary>The script's text, with line feeds, the last line ended.</summary>
    public static string Write(PacketdrillScript script)
    {
        PacketdrillWriter writer = new();
        writer.WriteScript(script);
        return writer._text.ToString();
    }

    /// <summary>One event as a line of its own (several where it has several), without a line feed at the end: for reports.</summary>
    public static string Write(ScriptEvent scriptEvent)
    {
        PacketdrillWriter writer = new();
        writer.WriteEvent(scriptEvent, width: 0);
        return writer._text.ToString();
    }

    private int Column => _text.Length - _lineStart;

    private void WriteScript(PacketdrillScript script)
    {
        foreach (ScriptOption option in script.Options)
        {
            WriteOption(option);
            NewLine();
        }

        if (script.Options.Count > 0)
        {
            NewLine();
        }

        if (script.InitialCommand is { } initial)
        {
            WriteMarked('`', initial, "`");
            NewLine();
            NewLine();
        }

        int widest = script.Events.Max(e => StartText(e.Time).Length);
        foreach (ScriptEvent scriptEvent in script.Events)
        {
            WriteEvent(scriptEvent, Math.Clamp(widest, NarrowestTime, WidestTime));
            NewLine();
        }

        if (script.CleanupCommand is { } cleanup)
        {
            NewLine();
            WriteMarked('`', cleanup, "`");
            NewLine();
        }
    }

    private void WriteOption(ScriptOption option)
    {
        _text.Append("--").Append(option.Name);
        if (option.Value is { } value)
        {
            bool isPlain = option.Name == "define" || (value.Length > 0 && !value.Any(c => c <= ' ' || c is '"' or '`'));
            _text.Append('=').Append(isPlain ? value : "\"" + value + "\"");
        }
    }

    private void WriteEvent(ScriptEvent scriptEvent, int width)
    {
        EventTime time = scriptEvent.Time;
        _text.Append(StartText(time).PadLeft(width));
        if (time.End is { } end)
        {
            _text.Append(time.IsRelative ? "~+" : "~").Append(SecondsText(end, shorten: true));
        }

        if (time.BlockingEnd is { } blockingEnd)
        {
            _text.Append("...").Append(SecondsText(blockingEnd, shorten: false));
        }

        _text.Append(' ');
        switch (scriptEvent)
        {
            case PacketEvent packet:
                WritePacket(packet.Packet);
                break;
            case SystemCallEvent call:
                WriteCall(call.Call);
                break;
            case CommandEvent command:
                WriteMarked('`', command.Command, "`");
                break;
            case CodeEvent code:
                WriteMarked('%', code.Code, "}%");
                break;
        }
    }

    private void WriteMarked(char mark, SourceText text, string end)
    {
        _text.Append(mark == '%' ? "%{" : "`").Append(text.Text).Append(end);
    }

    private void WriteCall(SystemCallSpec call)
    {
        _text.Append(call.Name).Append('(');
        WriteItems(call.Arguments, ", ");
        _text.Append(") = ");
        WriteExpression(call.Result);
        if (call.Error is { } error)
        {
            _text.Append(' ').Append(error.Name);
        }

        if (call.Note is { } note)
        {
            _text.Append(" (").Append(note).Append(')');
        }
    }

    private void NewLine()
    {
        _text.Append('\n');
        _lineStart = _text.Length;
    }

    private void NewLineTo(int column)
    {
        NewLine();
        _text.Append(' ', column);
    }

    private static string StartText(EventTime time) =>
        time.Kind == EventTimeKind.Any ? "*" : (time.IsRelative ? "+" : "") + SecondsText(time.Start, shorten: time.IsRelative);

    // `.01` where shortened, otherwise `0.01`.
    private static string SecondsText(Duration time, bool shorten)
    {
        string text = (time.Nanoseconds / 1_000_000_000m).ToString("0.#########", CultureInfo.InvariantCulture);
        return shorten && text.StartsWith("0.", StringComparison.Ordinal) ? text[1..] : text;
    }
}

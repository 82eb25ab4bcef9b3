namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Places of a block's text in the script's file.</summary>
internal sealed class CodePlace
{
    private readonly string _text;
    private readonly SourcePosition _start;
    private readonly int _skipped;

    /// <summary>As packetdrill does, takes spaces and tabs off both ends, so that the first line needs no indentation.</summary>
    public CodePlace(string text, SourcePosition start)
    {
        (_text, _start) = (text, start);
        Code = text.Trim(' ', '\t');
        _skipped = text.Length - text.TrimStart(' ', '\t').Length;
    }

    /// <summary>What Python would see.</summary>
    public string Code { get; }

    /// <summary>The position of a character of <see cref="Code"/>.</summary>
    public SourcePosition Of(int offset)
    {
        int at = Math.Clamp(_skipped + offset, 0, _text.Length);
        int lines = _text.AsSpan(0, at).Count('\n');
        int column = lines == 0 ? _start.Column + at : at - _text.LastIndexOf('\n', Math.Max(0, at - 1));
        return new SourcePosition(_start.File, _start.Line + lines, column);
    }
}

using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SimNet.Scripting.Yaml;

/// <summary>Reads YAML text into <see cref="ScriptNode"/>s, keeping every place and reporting duplicate keys.</summary>
internal sealed class NodeReader
{
    private const int MaximumDepth = 64;
    private const int MaximumWeight = 1_000_000;

    // YamlDotNet's words, and what a person can do about it.
    private static readonly (string Part, string Plain)[] Plain =
    [
        ("invalid tab", "a tab cannot indent; use spaces"),
        ("invalid mapping", "a second `: ` in one line; put the text in quotes, or begin a new line"),
        ("expected node content", "a value is missing; a `[`, `{` or list before may not be closed"),
        ("expected ',' or ']'", "`,` or `]` is missing"),
        ("expected ',' or '}'", "`,` or `}` is missing"),
        ("start any token", "a value cannot begin with this character; put the value in quotes"),
        ("end of stream", "the file ends within quotes"),
        ("expected key", "a key or a smaller indentation was expected here"),
    ];

    private readonly string _file;
    private readonly ErrorList _errors;
    private readonly Dictionary<string, ScriptNode> _anchors = new(StringComparer.Ordinal);
    private readonly IParser _parser;

    private NodeReader(string text, string file, ErrorList errors)
    {
        _file = file;
        _errors = errors;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>The one document of a file; null after an error.</summary>
    public static ScriptNode? Read(string text, string file, ErrorList errors)
    {
        var reader = new NodeReader(text, file, errors);
        try
        {
            return reader.Document();
        }
        catch (YamlException e)
        {
            errors.Add(PlaceOf(e, text, file), "this is not well-formed YAML: " + Rephrase(e));
            return null;
        }
        catch (InvalidOperationException) when (reader._parser.Current is { } last)
        {
            // YamlDotNet's scanner gives up in this way on some broken files.
            errors.Add(ScriptNode.PositionOf(file, last.End), "this is not well-formed YAML: it cannot be read from here on");
            return null;
        }
        catch (NodeException e)
        {
            errors.Add(e.Position, e.Message);
            return null;
        }
    }

    private static SourcePosition PlaceOf(YamlException e, string text, string file)
    {
        if (e.Message.Contains("invalid tab", StringComparison.Ordinal))
        {
            // The mark is that of the mapping around it.
            string[] lines = text.Split('\n');
            int line = Array.FindIndex(lines, l => l.AsSpan(0, l.Length - l.AsSpan().TrimStart().Length).Contains('\t'));
            return line < 0 ? ScriptNode.PositionOf(file, e.Start) : new SourcePosition(file, line + 1, lines[line].IndexOf('\t', StringComparison.Ordinal) + 1);
        }

        return ScriptNode.PositionOf(file, e.End.Line > e.Start.Line ? e.End : e.Start);
    }

    private static string Rephrase(YamlException e)
    {
        string message = (e.InnerException as YamlException ?? e).Message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
        // YamlDotNet puts "(Line: 1, Col: 2, Idx: 3) - (…): " before some messages.
        int colon = message.StartsWith('(') ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        message = colon >= 0 ? message[(colon + 3)..] : message;
        foreach ((string part, string plain) in Plain)
        {
            if (message.Contains(part, StringComparison.Ordinal))
            {
                return plain;
            }
        }

        return message.Length == 0 ? "it cannot be read" : char.ToLowerInvariant(message[0]) + message[1..];
    }

    private ScriptNode? Document()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            _errors.Add(new SourcePosition(_file, 1, 1), "the file is empty; a scenario needs at least `hosts:`");
            return null;
        }

        _parser.Consume<DocumentStart>();
        ScriptNode root = Node(0);
        _parser.Consume<DocumentEnd>();
        if (!_parser.Accept<StreamEnd>(out _))
        {
            _errors.Add(ScriptNode.PositionOf(_file, _parser.Current!.Start), "a second document begins here; a file holds one scenario");
        }

        return root;
    }

    private ScriptNode Node(int depth)
    {
        ParsingEvent current = _parser.Consume<ParsingEvent>();
        SourcePosition position = ScriptNode.PositionOf(_file, current.Start);
        if (depth > MaximumDepth)
        {
            throw new NodeException(position, $"lists and mappings are nested more than {MaximumDepth} deep here");
        }

        if (current is AnchorAlias alias)
        {
            return _anchors.TryGetValue(alias.Value.Value, out ScriptNode? known)
                ? known
                : throw new NodeException(position, $"alias `*{alias.Value}` has no anchor `&{alias.Value}` before it");
        }

        ScriptNode node = current switch
        {
            Scalar scalar => new ScriptNode
            {
                Kind = NodeKind.Scalar,
                Position = position,
                Text = scalar.Value,
                Quoted = scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any),
            },
            SequenceStart => Sequence(position, depth),
            MappingStart => Mapping(position, depth),
            _ => throw new NodeException(position, "a value was expected here"),
        };
        if (node.Weight > MaximumWeight)
        {
            throw new NodeException(position, "aliases make this file too large");
        }

        if (current is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            _anchors[anchored.Anchor.Value] = node;
        }

        return node;
    }

    private ScriptNode Sequence(SourcePosition position, int depth)
    {
        var node = new ScriptNode { Kind = NodeKind.Sequence, Position = position };
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            ScriptNode item = Node(depth + 1);
            node.Items.Add(item);
            node.Weight = Math.Min(node.Weight + item.Weight, MaximumWeight + 1);
        }

        return node;
    }

    private ScriptNode Mapping(SourcePosition position, int depth)
    {
        var node = new ScriptNode { Kind = NodeKind.Mapping, Position = position };
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            ScriptNode key = Node(depth + 1);
            ScriptNode value = Node(depth + 1);
            if (key.Kind != NodeKind.Scalar)
            {
                throw new NodeException(key.Position, $"a key must be a word, not {key.Describe()}");
            }

            ScriptEntry? earlier = node.Entries.Find(e => e.Key.Text == key.Text);
            if (earlier is not null)
            {
                _errors.Add(key.Position, $"duplicate key `{key.Text}`; it is in line {earlier.Key.Position.Line} already");
                continue;
            }

            node.Entries.Add(new ScriptEntry(key, value));
            node.Weight = Math.Min(node.Weight + value.Weight + 1, MaximumWeight + 1);
        }

        return node;
    }

    private sealed class NodeException(SourcePosition position, string message) : Exception(message)
    {
        public SourcePosition Position { get; } = position;
    }
}

using YamlDotNet.Core;

namespace SimNet.Scripting.Yaml;

/// <summary>What kind of YAML node it is.</summary>
internal enum NodeKind
{
    Scalar,
    Sequence,
    Mapping,
}

/// <summary>A YAML node with its place.</summary>
internal sealed class ScriptNode
{
    public required NodeKind Kind { get; init; }
    public required SourcePosition Position { get; init; }

    /// <summary>The text of a scalar.</summary>
    public string Text { get; set; } = "";

    /// <summary>True for a scalar in quotes or a block.</summary>
    public bool Quoted { get; init; }

    public List<ScriptNode> Items { get; } = [];
    public List<ScriptEntry> Entries { get; } = [];

    /// <summary>Nodes below it, itself included; aliases count as often as they are used.</summary>
    public int Weight { get; set; } = 1;

    public bool IsNull => Kind == NodeKind.Scalar && !Quoted && Text is "" or "~" or "null";

    public ScriptNode? Find(string key)
    {
        foreach (ScriptEntry entry in Entries)
        {
            if (entry.Key.Text == key)
            {
                return entry.Value;
            }
        }

        return null;
    }

    /// <summary>How an error message shows what was found.</summary>
    public string Describe() => Kind switch
    {
        NodeKind.Mapping => "a mapping",
        NodeKind.Sequence => "a list",
        _ when IsNull => "nothing",
        _ => $"`{(Text.Length > 60 ? Text[..57] + "..." : Text).ReplaceLineEndings(" ")}`",
    };

    public static SourcePosition PositionOf(string file, Mark mark) => new(file, (int)mark.Line, (int)mark.Column);
}

/// <summary>A key with its value.</summary>
internal sealed record ScriptEntry(ScriptNode Key, ScriptNode Value);

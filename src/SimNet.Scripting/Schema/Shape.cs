namespace SimNet.Scripting.Schema;

/// <summary>
/// What a mapping of the script language may hold. The binder checks keys against it, the JSON Schema is written from it.
/// </summary>
/// <param name="Name">As error messages and the schema's <c>$defs</c> call it.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Keys">The keys it knows.</param>
internal sealed record Shape(string Name, string Description, params ShapeKey[] Keys)
{
    /// <summary>A value that may stand in the mapping's place, as a <see cref="ShapeKey.Kind"/>; null: none.</summary>
    public string? Short { get; init; }

    /// <summary>Kind of the values of all other keys, which then are the user's own names; null: no other keys.</summary>
    public string? OtherKeys { get; init; }

    /// <summary>Pattern of those other keys in the schema; null: any name.</summary>
    public string? OtherPattern { get; init; }

    /// <summary>How many of the keys named must be there exactly (statements and expectations: one).</summary>
    public string[] OneOf { get; init; } = [];

    public ShapeKey? Find(string key)
    {
        foreach (ShapeKey k in Keys)
        {
            if (k.Name == key)
            {
                return k;
            }
        }

        return null;
    }
}

/// <summary>A key of a mapping.</summary>
/// <param name="Name">The key.</param>
/// <param name="Kind">
/// <c>string</c>, <c>name</c> in small letters, <c>integer:0..9</c>, <c>boolean</c>, <c>duration</c>, <c>rate</c>, <c>size</c>, <c>probability</c>, <c>timestamp</c>, <c>endpoint</c>,
/// <c>number-condition</c>, <c>any</c>, <c>enum:a,b</c>, <c>#shape</c>; <c>X[]</c> for a list; <c>map:X</c> for names to X; <c>X|Y</c> for either.
/// </param>
/// <param name="Description">One sentence for editors.</param>
/// <param name="Required">True: must be there.</param>
internal sealed record ShapeKey(string Name, string Kind, string Description, bool Required = false);

using System.Globalization;
using SimNet.Scripting.Yaml;

namespace SimNet.Scripting.Comparison;

/// <summary>A set of fields, and the names that users give them.</summary>
public readonly record struct ComparisonFields
{
    private readonly int _bits;

    private ComparisonFields(int bits) => _bits = bits;

    /// <summary>No field.</summary>
    public static ComparisonFields None => default;

    /// <summary>What is compared when nothing else is said.</summary>
    public static ComparisonFields Default { get; } =
        new ComparisonFields(-1).Without(ComparisonField.Id).Without(ComparisonField.FlowLabel).Without(ComparisonField.Arp);

    /// <summary>Names that may be ignored or asked for, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Enum.GetValues<ComparisonField>().Where(IsSelectable).Select(Name)];

    /// <summary>The name that users write: <c>flow-label</c>.</summary>
    public static string Name(ComparisonField field) =>
        field == ComparisonField.FlowLabel ? "flow-label" : field.ToString().ToLower(CultureInfo.InvariantCulture);

    /// <summary>Reads names separated by commas.</summary>
    /// <param name="text">As <c>psh,ttl</c>.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="error">When it returns false: what is wrong and what would be right, in one line; else empty.</param>
    public static bool TryParse(string text, out ComparisonFields fields, out string error)
    {
        ArgumentNullException.ThrowIfNull(text);
        fields = default;
        error = "";
        foreach (string name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            ComparisonField? field = Find(name);
            if (field is null)
            {
                string? nearest = Suggestions.Nearest(name, Names);
                error = $"unknown field `{name}`" + (nearest is null ? $"; fields: {string.Join(", ", Names)}" : $"; did you mean `{nearest}`?");
                return false;
            }

            fields = fields.With(field.Value);
        }

        return true;
    }

    /// <summary>True when the field is in the set.</summary>
    public bool Has(ComparisonField field) => (_bits & (1 << (int)field)) != 0;

    /// <summary>The set and one field more.</summary>
    public ComparisonFields With(ComparisonField field) => new(_bits | (1 << (int)field));

    /// <summary>The set without one field.</summary>
    public ComparisonFields Without(ComparisonField field) => new(_bits & ~(1 << (int)field));

    /// <summary>The fields of both sets.</summary>
    public ComparisonFields Union(ComparisonFields other) => new(_bits | other._bits);

    /// <summary>The fields that are not in the other set.</summary>
    public ComparisonFields Except(ComparisonFields other) => new(_bits & ~other._bits);

    /// <summary>The fields that are in both sets.</summary>
    public ComparisonFields Intersect(ComparisonFields other) => new(_bits & other._bits);

    private static bool IsSelectable(ComparisonField field) => field > ComparisonField.Protocol;

    private static ComparisonField? Find(string name)
    {
        foreach (ComparisonField field in Enum.GetValues<ComparisonField>())
        {
            if (IsSelectable(field) && string.Equals(Name(field), name, StringComparison.OrdinalIgnoreCase))
            {
                return field;
            }
        }

        return null;
    }
}

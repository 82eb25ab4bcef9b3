using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimNet.Scripting.Yaml;

namespace SimNet.Scripting.Tests.Schema;

/// <summary>As much of JSON Schema as the scenario schema uses.</summary>
internal sealed class SchemaValidator(JsonObject root)
{
    public bool Accepts(ScriptNode node) => Accepts(root, node);

    private bool Accepts(JsonObject schema, ScriptNode node)
    {
        if (schema["$ref"] is { } reference)
        {
            return Accepts(root["$defs"]![reference.GetValue<string>()["#/$defs/".Length..]]!.AsObject(), node);
        }

        return (schema["anyOf"] is not JsonArray any || any.Any(s => Accepts(s!.AsObject(), node)))
            && (schema["oneOf"] is not JsonArray one || one.Count(s => Accepts(s!.AsObject(), node)) == 1)
            && (schema["not"] is not JsonObject not || !Accepts(not, node))
            && (schema["type"] is not { } type || TypeMatches(type, node))
            && (schema["enum"] is not JsonArray values || (node.Kind == NodeKind.Scalar && values.Any(v => v!.GetValue<string>() == node.Text)))
            && (schema["const"] is null || node.Text == "0")
            && (schema["pattern"] is not { } pattern || Regex.IsMatch(node.Text, pattern.GetValue<string>(), RegexOptions.CultureInvariant))
            && Bound(schema, "minimum", node, (value, bound) => value >= bound)
            && Bound(schema, "maximum", node, (value, bound) => value <= bound)
            && (schema["items"] is not JsonObject items || node.Items.All(i => Accepts(items, i)))
            && (schema["required"] is not JsonArray required || required.All(k => node.Find(k!.GetValue<string>()) is not null))
            && PropertiesMatch(schema, node);
    }

    private bool PropertiesMatch(JsonObject schema, ScriptNode node)
    {
        foreach (ScriptEntry entry in node.Entries)
        {
            if (schema["properties"]?[entry.Key.Text] is JsonObject property)
            {
                if (!Accepts(property, entry.Value))
                {
                    return false;
                }

                continue;
            }

            JsonNode? other = schema["patternProperties"]?.AsObject().FirstOrDefault(p => Regex.IsMatch(entry.Key.Text, p.Key, RegexOptions.CultureInvariant)).Value
                ?? schema["additionalProperties"];
            if (other is JsonObject allowed ? !Accepts(allowed, entry.Value) : other is JsonValue value && !value.GetValue<bool>())
            {
                return false;
            }
        }

        return true;
    }

    private static bool TypeMatches(JsonNode type, ScriptNode node) =>
        type is JsonArray several ? several.Any(t => IsOf(t!.GetValue<string>(), node)) : IsOf(type.GetValue<string>(), node);

    private static bool IsOf(string type, ScriptNode node) => type switch
    {
        "object" => node.Kind == NodeKind.Mapping,
        "array" => node.Kind == NodeKind.Sequence,
        "integer" => !node.Quoted && node.Kind == NodeKind.Scalar && Number(node) is { } n && decimal.IsInteger(n),
        "number" => !node.Quoted && node.Kind == NodeKind.Scalar && Number(node) is not null,
        "boolean" => !node.Quoted && node.Text is "true" or "false",
        "null" => node.IsNull,
        "string" => node.Kind == NodeKind.Scalar && (node.Quoted || (Number(node) is null && node.Text is not ("true" or "false") && !node.IsNull)),
        _ => throw new InvalidOperationException(type),
    };

    private static bool Bound(JsonObject schema, string name, ScriptNode node, Func<decimal, decimal, bool> holds) =>
        schema[name] is not { } bound || (Number(node) is { } value && holds(value, decimal.Parse(bound.ToJsonString(), CultureInfo.InvariantCulture)));

    private static decimal? Number(ScriptNode node) =>
        node.Text.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(node.Text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex) ? hex
        : decimal.TryParse(node.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) ? value : null;
}

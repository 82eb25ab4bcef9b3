using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimNet.Scripting.Yaml;

namespace SimNet.Scripting.Schema;

/// <summary>Writes the JSON Schema of scenario files from the <see cref="Shapes"/>.</summary>
internal static class SchemaWriter
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema as text, the same on every machine.</summary>
    public static string Write()
    {
        var definitions = new JsonObject();
        foreach (Shape shape in Shapes.All.Skip(1))
        {
            definitions[shape.Name] = Definition(shape);
        }

        JsonObject root = Mapping(Shapes.Scenario);
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Simulator scenario",
        };
        foreach (KeyValuePair<string, JsonNode?> property in root)
        {
            schema[property.Key] = property.Value?.DeepClone();
        }

        definitions["variable"] = new JsonObject { ["description"] = "The value of a variable.", ["type"] = "string", ["pattern"] = @"^\$\{[^}]+\}$" };
        schema["$defs"] = definitions;
        return schema.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Definition(Shape shape)
    {
        JsonObject mapping = Mapping(shape);
        if (shape.Short is null)
        {
            return mapping;
        }

        var alternatives = new JsonArray();
        foreach (string kind in shape.Short.Split('|'))
        {
            alternatives.Add(Of(kind));
        }

        mapping.Remove("description");
        alternatives.Add(mapping);
        return new JsonObject { ["description"] = shape.Description, ["anyOf"] = alternatives };
    }

    private static JsonObject Mapping(Shape shape)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (ShapeKey key in shape.Keys)
        {
            JsonObject value = Of(key.Kind);
            value["description"] = key.Description;
            properties[key.Name] = value;
            if (key.Required)
            {
                required.Add(key.Name);
            }
        }

        var mapping = new JsonObject { ["description"] = shape.Description, ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0)
        {
            mapping["required"] = required;
        }

        if (shape.OtherPattern is not null)
        {
            mapping["patternProperties"] = new JsonObject { [shape.OtherPattern] = Of(shape.OtherKeys!) };
        }

        mapping["additionalProperties"] = shape.OtherKeys is not null && shape.OtherPattern is null ? Of(shape.OtherKeys) : JsonValue.Create(false);
        if (shape.OneOf.Length > 0)
        {
            AddOneOf(shape, mapping);
        }

        return mapping;
    }

    private static void AddOneOf(Shape shape, JsonObject mapping)
    {
        var choices = new JsonArray();
        foreach (string key in shape.OneOf)
        {
            choices.Add(new JsonObject { ["required"] = new JsonArray(key) });
        }

        if (shape == Shapes.Statement)
        {
            // `socket` is a call when it stands alone and an argument beside another call.
            choices.Add(new JsonObject
            {
                ["required"] = new JsonArray("socket"),
                ["not"] = new JsonObject { ["anyOf"] = choices.DeepClone() },
            });
        }

        mapping["oneOf"] = choices;
    }

    private static JsonObject Of(string kind)
    {
        if (kind.StartsWith("map:", StringComparison.Ordinal))
        {
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = Of(kind[4..]) };
        }

        if (kind.Contains('|', StringComparison.Ordinal))
        {
            return new JsonObject { ["anyOf"] = new JsonArray([.. kind.Split('|').Select(k => (JsonNode)Of(k))]) };
        }

        if (kind.EndsWith("[]", StringComparison.Ordinal))
        {
            return new JsonObject { ["type"] = "array", ["items"] = Of(kind[..^2]) };
        }

        int colon = kind.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? Simple(kind) : WithArgument(kind[..colon], kind[(colon + 1)..]);
    }

    private static JsonObject Simple(string kind) => kind switch
    {
        _ when kind[0] == '#' => new() { ["$ref"] = "#/$defs/" + kind[1..] },
        // YAML reads an unquoted 10 or true as no string, and no user should have to care.
        "string" => new() { ["type"] = new JsonArray("string", "number", "boolean", "null") },
        "name" => new() { ["type"] = "string", ["pattern"] = @"^([a-z]|\$\{)" },
        "any" => new() { ["type"] = new JsonArray("string", "number", "boolean") },
        "integer" => OrVariable(new() { ["type"] = "integer" }),
        "boolean" => OrVariable(new() { ["type"] = "boolean" }),
        "timestamp" => new() { ["type"] = "string", ["pattern"] = @"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d{1,9})?)?Z?$" },
        "endpoint" => new() { ["type"] = "string", ["pattern"] = @":\d{1,5}$" },
        "duration" => Either(Units.DurationPattern, new() { ["const"] = 0 }),
        "rate" => new() { ["type"] = "string", ["pattern"] = Units.RatePattern },
        "size" => Either(Units.SizePattern, new() { ["type"] = "integer", ["minimum"] = 0 }),
        "probability" => Either(Units.ProbabilityPattern, new() { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 1 }),
        "number-condition" => Either(@"^((<|>|<=|>=) ?)?-?\d+$|^-?\d+\.\.-?\d+$", new() { ["type"] = "integer" }),
        _ => throw new InvalidOperationException($"Kind '{kind}' is not known."),
    };

    private static JsonObject Either(string pattern, JsonObject number) =>
        new() { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string", ["pattern"] = pattern }, number, Variable()) };

    // Whatever is not text anyway may be the value of a variable.
    private static JsonObject OrVariable(JsonObject value) => new() { ["anyOf"] = new JsonArray(value, Variable()) };

    private static JsonObject Variable() => new() { ["$ref"] = "#/$defs/variable" };

    private static JsonObject WithArgument(string kind, string argument)
    {
        if (kind == "enum")
        {
            return new JsonObject { ["enum"] = new JsonArray([.. argument.Split(',').Select(v => (JsonNode)v)]) };
        }

        string[] bounds = argument.Split("..");
        return OrVariable(new JsonObject
        {
            ["type"] = "integer",
            ["minimum"] = long.Parse(bounds[0], CultureInfo.InvariantCulture),
            ["maximum"] = long.Parse(bounds[1], CultureInfo.InvariantCulture),
        });
    }
}

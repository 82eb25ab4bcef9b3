using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scenarios.Commands;

/// <summary>How JSON results are laid out: indented, with everything but control characters as it is.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The document as text.</summary>
    public static string Of(JsonNode document) => document.ToJsonString(Options);
}

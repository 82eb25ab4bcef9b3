using System.CommandLine.Parsing;

namespace Scenarios.CommandLine;

/// <summary>Says what is wrong with an option's value, and what would be right.</summary>
internal static class ValueMistake
{
    /// <summary>Notes the mistake; the parser then answers with it and status 2.</summary>
    /// <param name="result">The option with its value.</param>
    /// <param name="option">Its name.</param>
    /// <param name="right">What would be right; null where the value should have been a known name.</param>
    /// <param name="hint">Of a name: the nearest one, or all.</param>
    public static T? Wrong<T>(this ArgumentResult result, string option, string? right, string? hint = null)
    {
        string found = result.Tokens[0].Value;
        result.AddError(right is null ? $"{option}: unknown name `{found}`{hint}" : $"{option}: `{found}` is not {right}");
        return default;
    }
}

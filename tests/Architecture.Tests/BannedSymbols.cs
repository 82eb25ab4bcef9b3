namespace Architecture.Tests;

/// <summary>eng/BannedSymbols.txt: documentation id, semicolon, reason.</summary>
internal static class BannedSymbols
{
    public static IReadOnlyDictionary<string, string> All { get; } = File.ReadLines(Repository.PathOf("eng/BannedSymbols.txt"))
        .Select(line => line.Split(';', 2))
        .Where(parts => parts.Length == 2)
        .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
}

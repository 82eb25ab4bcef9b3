namespace SimNet.Scripting.Model;

/// <summary>A port to a real network; what leaves through it is lost while no device is behind it.</summary>
/// <param name="Name">As links call it.</param>
/// <param name="Device">The machine's device that belongs there unless another is named; null: none.</param>
/// <param name="Position">Where the script describes it.</param>
public sealed record BridgeDefinition(string Name, string? Device = null, SourcePosition Position = default);

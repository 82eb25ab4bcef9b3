namespace SimNet.Scripting.Model;

/// <summary>A port to a real network; what leaves through it is lost while no device is behind it.</summary>
/// <param name="Name">As links call it.</param>
/// <param name="Device">The machine's device that belongs there unless another is named; null: none.</param>
/// <param name="Position">Where the script describes it.</param>
public sealed record BridgeDefinition(string Name, string? Device = null, SourcePosition Position = default)
{
    /// <summary>
    /// Checksums and the cutting of long TCP packets into segments are left to whoever is last (<see cref="Bridge.TapOptions.Offload"/>), and segments that came
    /// in together are joined before a host (<see cref="Bridge.BridgePort.ReceiveOffload"/>). TAP devices can do it.
    /// </summary>
    public bool Offload { get; init; }
}

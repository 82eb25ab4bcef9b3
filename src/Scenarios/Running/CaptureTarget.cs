using SimNet.Scripting.Model;

namespace Scenarios.Running;

/// <summary>A point to capture at, and whereto.</summary>
/// <param name="Point">Whose interface.</param>
/// <param name="Path">The file; null for standard output.</param>
/// <param name="Stream">Takes the bytes.</param>
internal sealed record CaptureTarget(InterfaceName Point, string? Path, Stream Stream);

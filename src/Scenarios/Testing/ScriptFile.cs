namespace Scenarios.Testing;

/// <summary>A packetdrill script that was asked for.</summary>
/// <param name="Name">As reports name it: the path as given, or the folder as given and the way from there.</param>
/// <param name="FullPath">Where it is.</param>
/// <param name="Stem">Its output files' path below the output folder, without extension; no two scripts have the same.</param>
internal sealed record ScriptFile(string Name, string FullPath, string Stem);

namespace SimNet.Scripting.Comparison;

/// <summary>A packet as a difference shows it.</summary>
/// <param name="Frame">Its number in the file, from 1.</param>
/// <param name="Time">Since the file's first packet; null when the file has no times.</param>
/// <param name="Text">Addresses, flags, relative numbers and options.</param>
public sealed record ComparedPacket(long Frame, Duration? Time, string Text);

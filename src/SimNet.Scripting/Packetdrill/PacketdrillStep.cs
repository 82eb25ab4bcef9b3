namespace SimNet.Scripting.Packetdrill;

/// <summary>A line of a script that held.</summary>
/// <param name="Position">Of its time.</param>
/// <param name="Time">When it was over, since the script's beginning: a packet seen, a call made, a blocking call begun.</param>
/// <param name="PacketCount">How many of <see cref="PacketdrillResult.Packets"/> there were by then.</param>
public readonly record struct PacketdrillStep(SourcePosition Position, Duration Time, int PacketCount);

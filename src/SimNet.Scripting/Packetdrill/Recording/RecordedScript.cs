namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>A connection as a script, and what came of running it.</summary>
/// <param name="Connection">What was recorded.</param>
/// <param name="Plan">The way that was taken.</param>
/// <param name="Text">The script.</param>
/// <param name="Result">What came of it.</param>
internal sealed record RecordedScript(RecordedConnection Connection, CallPlan Plan, string Text, PacketdrillResult Result);

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>Why a changed script may pass all the same: a rule of packetdrill, or that the change changes nothing.</summary>
/// <param name="Name">In the table.</param>
/// <param name="Sentence">What the rule says.</param>
/// <param name="Source">Where it is from.</param>
internal sealed record Excuse(string Name, string Sentence, string Source);

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>What the machine can tell about a name such as <c>tcpi_snd_cwnd</c>.</summary>
/// <param name="name">As the code block writes it.</param>
internal delegate CodeLookupResult CodeLookup(string name);

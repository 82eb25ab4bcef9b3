namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>There is nothing that a script could be made of; the message is one line that says why.</summary>
internal sealed class RecordingException(string message) : Exception(message);

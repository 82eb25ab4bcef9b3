namespace SimNet.Scripting.Packetdrill;

/// <summary>One IP packet of a script's run, at the device of the machine under test.</summary>
/// <param name="Time">Since the script's beginning; negative for what an initial command caused.</param>
/// <param name="Outbound">True when the machine sent it, false when the script injected it.</param>
/// <param name="Bytes">From the IP header on, checksums valid. With segmentation offload, one packet of many segments.</param>
public sealed record PacketdrillPacket(Duration Time, bool Outbound, ReadOnlyMemory<byte> Bytes);

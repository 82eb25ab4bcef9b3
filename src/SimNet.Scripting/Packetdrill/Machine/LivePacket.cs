namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>One IP packet at the machine's device: what a packet socket on a tun device sees.</summary>
/// <param name="Time">When it left or arrived.</param>
/// <param name="Outbound">True when the machine sent it.</param>
/// <param name="Bytes">From the IP header on; an offload group as the one packet that it is before segmentation.</param>
/// <param name="Frames">How many frames were joined; 1 without segmentation offload.</param>
internal sealed record LivePacket(Instant Time, bool Outbound, ReadOnlyMemory<byte> Bytes, int Frames = 1);

namespace SimStack.Wire;

/// <summary>
/// What a queue discipline knows of a frame. A frame gets one when it first meets a discipline, and keeps it: elsewhere frames are small
/// enough for a line of the processor's cache, which counts when many are on their way.
/// </summary>
internal sealed class FrameTicket
{
    public IFrameOwner? Owner;
    public Instant Departure;
    public int Memory;
    public bool PartFollows;
    public Frame? NextPart;
    public Frame? NextPacket;
    public int PacketLength;
    public byte Band;
}

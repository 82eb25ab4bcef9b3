namespace SimNet.Links;

/// <summary>Where in its connection a TCP segment stands, as the link saw it.</summary>
/// <param name="Sequence">SEG.SEQ counted from the sender's SYN, which is 0; null for other packets.</param>
/// <param name="Acknowledgment">SEG.ACK counted from the receiver's SYN; null without ACK.</param>
/// <param name="IsRetransmission">It begins in sequence space that was seen before, and has some of its own.</param>
internal readonly record struct FlowPosition(uint? Sequence, uint? Acknowledgment, bool IsRetransmission);

namespace SimNet.Links;

/// <summary>What a sequence or acknowledgement number of an injected segment counts from.</summary>
public enum NumberOrigin
{
    /// <summary>
    /// The matched segment. In its direction: its SEG.SEQ and SEG.ACK. Towards its sender: its SEG.ACK as sequence number, and as
    /// acknowledgement what would acknowledge all of it.
    /// </summary>
    Matched,

    /// <summary>The SYN of the connection to which the matched segment belongs, which is 0.</summary>
    Connection,

    /// <summary>Zero: the number is as on the wire.</summary>
    Wire,
}

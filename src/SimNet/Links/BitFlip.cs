namespace SimNet.Links;

/// <summary>Bits of one byte to flip.</summary>
/// <param name="From">Where the offset counts from.</param>
/// <param name="Offset">In bytes, from 0; beyond the packet nothing flips.</param>
/// <param name="Mask">1 for every bit to flip.</param>
public readonly record struct BitFlip(FrameLayer From, int Offset, byte Mask);

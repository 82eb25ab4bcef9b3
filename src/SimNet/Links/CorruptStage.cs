using SimNet.Random;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>
/// Changes one bit behind the Ethernet header, where the checksums of IP, TCP, UDP and ICMP can catch it. Real Ethernet catches
/// nearly all errors by its frame check sequence, which captures don't show; so a frame without checksum inside (ARP) is dropped.
/// </summary>
internal readonly struct CorruptStage(SimRandom random)
{
    /// <summary>True when the frame carries IP.</summary>
    public static bool HasChecksum(ReadOnlySpan<byte> frame) =>
        EthernetView.TryParse(frame, out EthernetView ethernet, out _)
        && ethernet.EtherType is EtherType.Ipv4 or EtherType.Ipv6
        && frame.Length > EthernetView.HeaderLength;

    public void Flip(Span<byte> frame)
    {
        int bit = random.NextInt32((frame.Length - EthernetView.HeaderLength) * 8);
        frame[EthernetView.HeaderLength + bit / 8] ^= (byte)(1 << bit % 8);
    }
}

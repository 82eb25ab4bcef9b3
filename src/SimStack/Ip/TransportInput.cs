namespace SimStack.Ip;

/// <summary>Where the IP layer hands over what it received; the host implements it.</summary>
internal abstract class TransportInput
{
    /// <summary>A TCP segment for this host, checksum not yet verified.</summary>
    internal abstract void ReceiveTcp(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> segment);

    /// <summary>
    /// A UDP datagram, nothing verified. Call <see cref="IpLayer.RefusePort"/> before returning when no socket takes it.
    /// </summary>
    internal abstract void ReceiveUdp(Instant now, in IpPacketInfo ip, ReadOnlySpan<byte> datagram);

    /// <summary>
    /// An error about a packet that this host sent, or so it says: the transport checks ports and sequence number.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="error">The error and what identifies the packet.</param>
    /// <param name="quoted">What it quotes of the packet from the transport header on: at least 8 bytes.</param>
    internal abstract void ReceiveIcmpError(Instant now, in IcmpErrorInfo error, ReadOnlySpan<byte> quoted);

    /// <summary>An echo reply, whoever asked for it.</summary>
    internal virtual void ReceiveEchoReply(
        Instant now, in IpPacketInfo ip, ushort id, ushort sequence, ReadOnlySpan<byte> payload)
    {
    }
}

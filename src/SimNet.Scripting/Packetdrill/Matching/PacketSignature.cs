using SimStack.Tcp.Authentication;

namespace SimNet.Scripting.Packetdrill.Matching;

/// <summary>
/// <c>md5 "key"</c>: a digest that can't be written down beforehand, as it covers ports and numbers that differ from those of the script.
/// </summary>
internal static class PacketSignature
{
    /// <summary>Signs a packet that is about to arrive.</summary>
    public static void Sign(PacketImage live, byte[] key)
    {
        Span<byte> segment = live.ToBytes().AsSpan(live.IpHeaderLength);
        TcpMd5Signature.Write(segment, key, live.Source, live.Destination);
        live.Options = segment.Slice(TcpView.MinHeaderLength, live.Options.Length).ToArray();
    }

    /// <summary>Takes the digest away that a packet of the machine has by that key; another stays, and differs from the script's line.</summary>
    /// <param name="live">The packet's fields, with its own addresses.</param>
    /// <param name="packet">From the IP header on.</param>
    /// <param name="key">The key.</param>
    public static void TakeOff(PacketImage live, ReadOnlySpan<byte> packet, byte[] key)
    {
        if (live.IsTcp && TcpMd5Signature.IsRight(packet[live.IpHeaderLength..], key, live.Source, live.Destination)
            && TcpOptions.TryParse(live.Options, out TcpOptions options))
        {
            live.Options.AsSpan(options.Md5Offset, 16).Clear();
        }
    }
}

using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>An ICMP or ICMPv6 error and what it quotes of the packet that this host is said to have sent.</summary>
internal readonly struct IcmpErrorInfo
{
    internal bool IsV4 => Source.IsV4;

    /// <summary>An <see cref="IcmpType"/> or <see cref="Icmpv6Type"/>, by <see cref="IsV4"/>.</summary>
    internal byte Type { get; init; }
    internal byte Code { get; init; }

    /// <summary>Who sent the error.</summary>
    internal IpAddress Reporter { get; init; }

    /// <summary>
    /// Of "fragmentation needed" and Packet Too Big in bytes; 0 otherwise, or from a router older than RFC 1191.
    /// </summary>
    internal int Mtu => IsPacketTooBig ? (int)Math.Min(Info, int.MaxValue) : 0;

    /// <summary>What sock_extended_err calls info: the MTU, or the pointer of a parameter problem.</summary>
    internal uint Info { get; init; }

    /// <summary>The quoted packet's source: this host.</summary>
    internal IpAddress Source { get; init; }

    /// <summary>The quoted packet's destination.</summary>
    internal IpAddress Destination { get; init; }
    internal IpProtocol Protocol { get; init; }
    internal ushort SourcePort { get; init; }
    internal ushort DestinationPort { get; init; }

    /// <summary>The quoted TCP sequence number; 0 for other protocols.</summary>
    internal SequenceNumber Sequence { get; init; }

    /// <summary>Total length of the quoted packet in bytes, as its header says.</summary>
    internal int QuotedLength { get; init; }

    /// <summary>The packet was too big for a link: <see cref="Mtu"/> is what fits.</summary>
    internal bool IsPacketTooBig => IsV4
        ? Type == (byte)IcmpType.DestinationUnreachable && Code == 4
        : Type == (byte)Icmpv6Type.PacketTooBig;
}

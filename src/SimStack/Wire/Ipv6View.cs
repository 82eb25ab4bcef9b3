using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>An IPv6 header, its chain of extension headers and the payload behind them (RFC 8200).</summary>
/// <remarks><code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |Version| Traffic Class |           Flow Label                  |
/// |         Payload Length        |  Next Header  |   Hop Limit   |
/// |                 Source Address (16 bytes)                     |
/// |               Destination Address (16 bytes)                  |
/// </code></remarks>
public readonly ref struct Ipv6View
{
    /// <summary>Length of the fixed header in bytes.</summary>
    public const int HeaderLength = 40;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ExtensionChain _chain;

    private Ipv6View(ReadOnlySpan<byte> bytes, ExtensionChain chain)
    {
        _bytes = bytes;
        _chain = chain;
    }

    /// <summary>DSCP and ECN together.</summary>
    public byte TrafficClass => (byte)(BinaryPrimitives.ReadUInt16BigEndian(_bytes) >> 4);

    /// <summary>20 bits.</summary>
    public uint FlowLabel => BinaryPrimitives.ReadUInt32BigEndian(_bytes) & 0xF_FFFF;

    /// <summary>Extension headers and payload in bytes.</summary>
    public int PayloadLength => _bytes.Length - HeaderLength;

    /// <summary>The first header after the fixed one; <see cref="Protocol"/> is what the chain ends in.</summary>
    public IpProtocol NextHeader => (IpProtocol)_bytes[6];
    public byte HopLimit => _bytes[7];
    public IpAddress Source => IpAddress.FromBytes(_bytes.Slice(8, 16));
    public IpAddress Destination => IpAddress.FromBytes(_bytes.Slice(24, 16));

    /// <summary>The protocol behind the extension headers; for a fragment what its fragment header says.</summary>
    public IpProtocol Protocol => _chain.Protocol;

    /// <summary>What follows the extension headers; for a fragment its piece.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[_chain.PayloadOffset..];

    /// <summary>A real fragment: an offset or more to come. An atomic fragment (RFC 6946) is not one.</summary>
    public bool IsFragment => _chain.IsFragment;

    /// <summary>Where this fragment's piece belongs, in bytes (a multiple of 8).</summary>
    public int FragmentOffset => _chain.FragmentWord & 0xFFF8;
    public bool MoreFragments => (_chain.FragmentWord & 1) != 0;
    public uint FragmentId => _chain.FragmentId;

    /// <summary>Where the fragment header begins, from the packet's first byte; 0 without one.</summary>
    public int FragmentHeaderOffset => _chain.FragmentHeaderOffset;

    /// <summary>What a routing header still wants visited; a host that doesn't forward drops all but 0 (RFC 5095).</summary>
    public byte RoutingSegmentsLeft => _chain.RoutingSegmentsLeft;

    /// <summary>
    /// Where <see cref="Protocol"/> stands, from the packet's first byte: what an ICMPv6 parameter problem points at.
    /// </summary>
    public uint ProtocolFieldOffset => (uint)(_chain.LastHeaderOffset == 0 ? 6 : _chain.LastHeaderOffset);

    /// <summary>The whole packet.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// Checks version, lengths and the bounds of every extension header and option. Errors: <see cref="WireError.Truncated"/>,
    /// <see cref="WireError.BadVersion"/>, <see cref="WireError.BadHeaderLength"/> (an extension header beyond the packet),
    /// <see cref="WireError.BadOption"/>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Ipv6View view, out WireError error)
    {
        view = default;
        if (!TryReadVersion(bytes, out error))
        {
            return false;
        }

        int total = HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (total > bytes.Length)
        {
            error = WireError.Truncated;
            return false;
        }

        bytes = bytes[..total];
        if (!ExtensionChain.TryWalk(bytes, out ExtensionChain chain, out error))
        {
            return false;
        }

        view = new Ipv6View(bytes, chain);
        return true;
    }

    /// <summary>Takes the start of a packet, as an ICMPv6 error quotes it: <see cref="Payload"/> is what there is.</summary>
    public static bool TryParseQuoted(ReadOnlySpan<byte> bytes, out Ipv6View view)
    {
        view = default;
        if (!TryReadVersion(bytes, out _))
        {
            return false;
        }

        bytes = bytes[..Math.Min(bytes.Length, HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]))];
        if (!ExtensionChain.TryWalk(bytes, out ExtensionChain chain, out _))
        {
            return false;
        }

        view = new Ipv6View(bytes, chain);
        return true;
    }

    private static bool TryReadVersion(ReadOnlySpan<byte> bytes, out WireError error)
    {
        error = bytes.Length < HeaderLength ? WireError.Truncated : bytes[0] >> 4 != 6 ? WireError.BadVersion : WireError.None;
        return error == WireError.None;
    }

    /// <summary>What the walk over the extension headers found.</summary>
    private struct ExtensionChain
    {
        internal IpProtocol Protocol;
        internal byte RoutingSegmentsLeft;
        internal bool IsFragment;
        internal int PayloadOffset;
        internal int LastHeaderOffset;
        internal int FragmentHeaderOffset;
        internal int FragmentWord;
        internal uint FragmentId;

        internal static bool TryWalk(ReadOnlySpan<byte> bytes, out ExtensionChain chain, out WireError error)
        {
            chain = default;
            chain.Protocol = (IpProtocol)bytes[6];
            chain.PayloadOffset = HeaderLength;
            error = WireError.None;
            while (IsExtension(chain.Protocol) && !chain.IsFragment)
            {
                if (!chain.TryStep(bytes, out error))
                {
                    return false;
                }
            }

            return true;
        }

        private static bool IsExtension(IpProtocol protocol) =>
            protocol is IpProtocol.HopByHop or IpProtocol.DestinationOptions or IpProtocol.Routing or IpProtocol.Fragment;

        private bool TryStep(ReadOnlySpan<byte> bytes, out WireError error)
        {
            ReadOnlySpan<byte> rest = bytes[PayloadOffset..];
            int length = rest.Length < 8 ? int.MaxValue : Protocol == IpProtocol.Fragment ? 8 : (rest[1] + 1) * 8;
            if (length > rest.Length)
            {
                error = WireError.BadHeaderLength;
                return false;
            }

            error = WireError.None;
            switch (Protocol)
            {
                // Fragments of fragments do not exist.
                case IpProtocol.Fragment when FragmentHeaderOffset != 0:
                    error = WireError.BadHeaderLength;
                    return false;
                case IpProtocol.Fragment:
                    FragmentHeaderOffset = PayloadOffset;
                    FragmentWord = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
                    FragmentId = BinaryPrimitives.ReadUInt32BigEndian(rest[4..]);
                    IsFragment = (FragmentWord & 0xFFF9) != 0;
                    break;
                case IpProtocol.Routing:
                    RoutingSegmentsLeft = Math.Max(RoutingSegmentsLeft, rest[3]);
                    break;
                // Hop-by-hop options stand only right behind the fixed header (RFC 8200 §4.1).
                case IpProtocol.HopByHop when PayloadOffset != HeaderLength:
                    error = WireError.BadOption;
                    return false;
                default:
                    if (!OptionsAreSound(rest[2..length]))
                    {
                        error = WireError.BadOption;
                        return false;
                    }

                    break;
            }

            Protocol = (IpProtocol)rest[0];
            LastHeaderOffset = PayloadOffset;
            PayloadOffset += length;
            return true;
        }

        // RFC 8200 §4.2: an unknown option whose two highest bits are not 00 discards the packet.
        private static bool OptionsAreSound(ReadOnlySpan<byte> options)
        {
            while (!options.IsEmpty)
            {
                if (options[0] == 0)
                {
                    options = options[1..];
                    continue;
                }

                if (options.Length < 2 || options[1] + 2 > options.Length || (options[0] & 0xC0) != 0)
                {
                    return false;
                }

                options = options[(options[1] + 2)..];
            }

            return true;
        }
    }
}

using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// The options of every IPv4 packet of a connection: a loose or strict source route (RFC 791 §3.1), no-operations around it. The packet is
/// addressed to the route's first hop, and the destination takes the route's last place.
/// </summary>
internal sealed class IpOptions
{
    private const byte EndOfOptions = 0;
    private const byte NoOperation = 1;
    private const byte LooseSourceRoute = 0x83;
    private const byte StrictSourceRoute = 0x89;
    private const int FirstPointer = 4;

    private readonly byte[] _bytes;
    private readonly int _route;

    private IpOptions(byte[] bytes, int route, IpAddress firstHop, bool isReturnRoute)
    {
        _bytes = bytes;
        _route = route;
        FirstHop = firstHop;
        IsReturnRoute = isReturnRoute;
    }

    /// <summary>Where packets are addressed to.</summary>
    public IpAddress FirstHop { get; }

    /// <summary>It came from a packet and not from the user.</summary>
    public bool IsReturnRoute { get; }

    /// <summary>Bytes in the header: a multiple of four.</summary>
    public int Length => _bytes.Length;

    /// <summary>
    /// Options as setsockopt(IP_OPTIONS) takes them (Linux: ip_options_compile): of a route the first address is the first hop, and the
    /// destination is not in it.
    /// </summary>
    /// <returns>False for what is not one source route of whole addresses, or longer than 40 bytes; other options are not supported.</returns>
    public static bool TryCompile(ReadOnlySpan<byte> options, out IpOptions? compiled)
    {
        compiled = null;
        if (options.Length > 40 || !TryFindRoute(options, out int at))
        {
            return false;
        }

        if (at < 0)
        {
            return IsPadding(options);
        }

        int length = options[at + 1];
        if (options[at + 2] != FirstPointer || length < 7 || !IsPadding(options[..at]) || !IsPadding(options[(at + length)..]))
        {
            return false;
        }

        byte[] bytes = new byte[(options.Length + 3) & ~3];
        options.CopyTo(bytes);
        IpAddress firstHop = IpAddress.FromBytes(options.Slice(at + 3, 4));
        bytes.AsSpan(at + 7, length - 7).CopyTo(bytes.AsSpan(at + 3));
        bytes.AsSpan(at + length - 4, 4).Clear();
        compiled = new IpOptions(bytes, at, firstHop, isReturnRoute: false);
        return true;
    }

    /// <summary>
    /// The way back along the completed source route of a packet: its hops from the last to the first (Linux: __ip_options_echo). Null
    /// without a route, or one that is not complete.
    /// </summary>
    /// <param name="options">The packet's.</param>
    /// <param name="source">Its sender.</param>
    public static IpOptions? ReturnRoute(ReadOnlySpan<byte> options, in IpAddress source)
    {
        if (!TryFindRoute(options, out int at) || at < 0 || !IsComplete(options[at..]))
        {
            return null;
        }

        ReadOnlySpan<byte> hops = options.Slice(at + 3, options[at + 1] - 3);
        // RFC 1812 §5.3.13.4: a route that begins with its own sender would lead there twice.
        if (hops.Length > 0 && IpAddress.FromBytes(hops[..4]) == source)
        {
            hops = hops[4..];
        }

        if (hops.Length == 0)
        {
            return null;
        }

        byte[] bytes = new byte[(3 + hops.Length + 3) & ~3];
        bytes[0] = options[at];
        bytes[1] = (byte)(3 + hops.Length);
        bytes[2] = FirstPointer;
        for (int to = 3, from = hops.Length - 8; from >= 0; from -= 4, to += 4)
        {
            hops.Slice(from, 4).CopyTo(bytes.AsSpan(to));
        }

        return new IpOptions(bytes, 0, IpAddress.FromBytes(hops[^4..]), isReturnRoute: true);
    }

    /// <summary>Where a source route stands in a packet's options; -1: there is none. False: they can't be read.</summary>
    public static bool TryFindRoute(ReadOnlySpan<byte> options, out int at)
    {
        at = -1;
        for (int i = 0; i < options.Length && options[i] != EndOfOptions;)
        {
            if (options[i] == NoOperation)
            {
                i++;
                continue;
            }

            int length = i + 1 < options.Length ? options[i + 1] : 0;
            if (length < 2 || length > options.Length - i)
            {
                return false;
            }

            if (options[i] is LooseSourceRoute or StrictSourceRoute)
            {
                // Type, length, pointer, and whole addresses.
                at = i;
                return length >= 3 && (length - 3) % 4 == 0 && options[i + 2] >= FirstPointer && options[i + 2] % 4 == 0;
            }

            i += length;
        }

        return true;
    }

    /// <summary>The pointer of the route that begins here is behind its last address.</summary>
    public static bool IsComplete(ReadOnlySpan<byte> route) => route[2] > route[1];

    /// <summary>The packet's last destination: its own, or while a source route leads on, the route's last address.</summary>
    public static IpAddress FinalDestination(in Ipv4View packet)
    {
        ReadOnlySpan<byte> options = packet.OptionBytes;
        return TryFindRoute(options, out int at) && at >= 0 && !IsComplete(options[at..])
            ? IpAddress.FromBytes(options.Slice(at + options[at + 1] - 4, 4))
            : packet.Destination;
    }

    /// <summary>As they stand in a packet to that destination.</summary>
    public void Write(Span<byte> header, in IpAddress destination)
    {
        _bytes.CopyTo(header);
        destination.WriteTo(header.Slice(_route + header[_route + 1] - 4, 4));
    }

    /// <summary>As the user gave them, for getsockopt: the first hop in front, without the destination.</summary>
    public byte[] ToUser()
    {
        byte[] bytes = [.. _bytes];
        int length = bytes[_route + 1];
        bytes.AsSpan(_route + 3, length - 7).CopyTo(bytes.AsSpan(_route + 7));
        FirstHop.WriteTo(bytes.AsSpan(_route + 3, 4));
        return bytes;
    }

    private static bool IsPadding(ReadOnlySpan<byte> options) => options.TrimStart(NoOperation).TrimEnd(EndOfOptions).Length == 0;
}

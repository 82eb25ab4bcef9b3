using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// What ICMP tells about single destinations: path MTU (RFC 1191, RFC 8201) and redirects (RFC 1122 §3.2.2.2). Kept and expired as
/// Linux does, bounded in number.
/// </summary>
public sealed partial class IpLayer
{
    private const int MaxExceptions = 4096;
    private const int MinMtuV6 = 1280;

    // Linux: ip_rt_gc_timeout.
    private static readonly Duration RedirectExpires = Duration.FromSeconds(300);

    private readonly Dictionary<IpAddress, PathException> _exceptions = [];
    private readonly Queue<IpAddress> _exceptionOrder = [];

    /// <summary>Destinations with a path MTU or a router of their own.</summary>
    public int PathExceptionCount => _exceptions.Count;

    /// <summary>How often something was learned about a destination.</summary>
    internal int Changes { get; private set; }

    /// <summary>The latest instant that anybody told.</summary>
    internal Instant Clock { get; private set; }

    /// <summary>For whoever looks at a path before anything is sent or received.</summary>
    internal void SetClock(Instant now) => Clock = Instant.Max(Clock, now);

    /// <summary>
    /// A router said that packets to that destination must be shorter; paths to it become invalid and are found anew. IPv4: a value
    /// below <c>min_pmtu</c> (0: an old router) means that, without DF. IPv6: a value below 1,280 is not believed (RFC 8201 §4).
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="destination">Where the packet went that was too big.</param>
    /// <param name="mtu">Bytes, as the message says.</param>
    /// <returns>True when the path MTU became smaller.</returns>
    public bool LowerPathMtu(Instant now, IpAddress destination, int mtu)
    {
        Clock = Instant.Max(Clock, now);
        if (FindPath(destination, default) is not { IsLoopback: false, Route: not { IsMtuLocked: true } } path)
        {
            return false;
        }

        bool locked = false;
        int seconds = _sysctls.Path6MtuExpires;
        if (destination.IsV4)
        {
            seconds = _sysctls.PathMtuExpires;
            mtu = _sysctls.NoPathMtuDiscovery == 1 ? 0 : mtu;
            locked = mtu < _sysctls.MinPathMtu;
            mtu = locked ? Math.Min(path.Mtu, _sysctls.MinPathMtu) : mtu;
        }

        bool news = mtu < path.Mtu || (locked && !path.IsMtuLocked);
        bool believed = destination.IsV4 ? _sysctls.NoPathMtuDiscovery != 2 : mtu >= MinMtuV6;
        // The same again makes it last longer.
        if (!believed || (!news && (mtu != path.Mtu || !_exceptions.ContainsKey(destination))))
        {
            return false;
        }

        PathException exception = ExceptionFor(destination);
        exception.SetMtu(mtu, locked, now + Duration.FromSeconds(seconds));
        exception.Change = ++Changes;
        return news;
    }

    private void ReceiveRedirect(Instant now, in IpPacketInfo ip, in IcmpView message)
    {
        if (_sysctls.IpForward || !_sysctls.AcceptRedirects || message.Code > 3
            || !Ipv4View.TryParseQuoted(message.Payload, out Ipv4View quoted) || !IsOwnAddress(quoted.Source)
            || FindPath(quoted.Destination, default) is not { } path || path.Interface != ip.Interface)
        {
            return;
        }

        // RFC 1122 §3.2.2.2: from the router in use, to another one on the same network.
        IpAddress better = IpAddress.FromV4((uint)(message.Id << 16 | message.Sequence));
        bool onLink = ip.Interface.AddressList.Exists(a => a.Contains(better)) && !IsBroadcast(ip.Interface, better);
        if (path.NextHop != ip.Source || better == ip.Source || !onLink || IsOwnAddress(better)
            || ip.Interface.Neighbours.FindOrAdd(better, now) is not { } neighbour)
        {
            return;
        }

        // Linux: the first message makes it ask for the new router's Ethernet address, one after the answer is obeyed.
        if (!neighbour.IsValid)
        {
            ip.Interface.Neighbours.Solicit(now, neighbour, ip.Destination);
            return;
        }

        PathException exception = ExceptionFor(quoted.Destination);
        exception.SetNextHop(better, now + RedirectExpires);
        exception.Change = ++Changes;
    }

    /// <summary>
    /// Which of the <see cref="Changes"/> was the last about that destination; 0: none. Paths compare it, since not all that are in
    /// use are in the cache of paths, which is bounded.
    /// </summary>
    internal int ChangeOf(in IpAddress destination) =>
        _exceptions.Count > 0 && _exceptions.TryGetValue(destination, out PathException? found) ? found.Change : 0;

    private PathException? ExceptionTo(in IpAddress destination)
    {
        if (_exceptions.Count == 0 || !_exceptions.TryGetValue(destination, out PathException? found))
        {
            return null;
        }

        found.Expire(Clock);
        return found.IsEmpty ? null : found;
    }

    private PathException ExceptionFor(in IpAddress destination)
    {
        if (_exceptions.TryGetValue(destination, out PathException? found))
        {
            found.Expire(Clock);
            return found;
        }

        if (_exceptions.Count >= MaxExceptions)
        {
            _exceptions.Remove(_exceptionOrder.Dequeue());
            Changes++;
        }

        PathException added = new();
        _exceptions.Add(destination, added);
        _exceptionOrder.Enqueue(destination);
        return added;
    }
}

using SimStack.Ip;
using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>
/// Demultiplexing by 4-tuple: a keyed hash table with chains through the flows themselves, so that a look-up allocates nothing.
/// </summary>
internal sealed class FlowTable(ulong key)
{
    private TcpFlow?[] _buckets = new TcpFlow?[16];

    // Segments of a flow mostly come several in a row.
    private TcpFlow? _last;

    public int Count { get; private set; }

    public TcpFlow? Find(in IpAddress local, ushort localPort, in IpAddress remote, ushort remotePort)
    {
        if (_last is { } last && last.Matches(local, localPort, remote, remotePort))
        {
            return last;
        }

        uint hash = HashOf(local, localPort, remote, remotePort);
        for (TcpFlow? flow = _buckets[hash & (uint)(_buckets.Length - 1)]; flow is not null; flow = flow.HashNext)
        {
            if (flow.Hash == hash && flow.Matches(local, localPort, remote, remotePort))
            {
                return _last = flow;
            }
        }

        return null;
    }

    public void Add(TcpFlow flow)
    {
        if (Count >= _buckets.Length)
        {
            Grow();
        }

        flow.Hash = HashOf(flow.LocalAddress, flow.LocalPort, flow.RemoteAddress, flow.RemotePort);
        ref TcpFlow? bucket = ref _buckets[flow.Hash & (uint)(_buckets.Length - 1)];
        flow.HashNext = bucket;
        bucket = flow;
        _last = flow;
        Count++;
    }

    public void Remove(TcpFlow flow)
    {
        ref TcpFlow? link = ref _buckets[flow.Hash & (uint)(_buckets.Length - 1)];
        _last = null;
        while (link is not null)
        {
            if (ReferenceEquals(link, flow))
            {
                link = flow.HashNext;
                flow.HashNext = null;
                Count--;
                return;
            }

            link = ref link.HashNext;
        }
    }

    /// <summary>
    /// Whether any flow has that local port, on that address or, if it is unspecified, on any that it covers, and does not share it. Looks at
    /// all flows.
    /// </summary>
    /// <param name="local">The address and port.</param>
    /// <param name="shared">What of a flow's is shared with whoever wants it.</param>
    /// <param name="both">False: whoever wants it decides about SO_REUSEADDR alone.</param>
    public bool Uses(in IpEndpoint local, Func<PortSharing, PortSharing> shared, bool both)
    {
        foreach (TcpFlow? bucket in _buckets)
        {
            for (TcpFlow? flow = bucket; flow is not null; flow = flow.HashNext)
            {
                // A handshake of a SYN queue has its port through the listening socket.
                if (flow.LocalPort == local.Port && flow is not Listen.SynQueueEntry && TcpLayer.Covers(local.Address, flow.LocalAddress)
                    && shared(both ? flow.Sharing : flow.Sharing | PortSharing.Address) is PortSharing.None)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>All flows, in no particular order.</summary>
    public void CopyTo(List<TcpFlow> destination)
    {
        foreach (TcpFlow? bucket in _buckets)
        {
            for (TcpFlow? flow = bucket; flow is not null; flow = flow.HashNext)
            {
                destination.Add(flow);
            }
        }
    }

    /// <summary>Shows all flows to an overview.</summary>
    public void AddTo(Instant now, SocketOverview overview)
    {
        foreach (TcpFlow? bucket in _buckets)
        {
            for (TcpFlow? flow = bucket; flow is not null; flow = flow.HashNext)
            {
                overview.Add(now, flow);
            }
        }
    }

    private uint HashOf(in IpAddress local, ushort localPort, in IpAddress remote, ushort remotePort)
    {
        // A multiplicative mix under a secret key: enough against a peer who picks ports to make chains long, and a few cycles.
        ulong h = key ^ remote.Low;
        h = (h ^ (h >> 32)) * 0x9E37_79B9_7F4A_7C15;
        h ^= local.Low + ((ulong)remotePort << 16 | localPort);
        h = (h ^ (h >> 29)) * 0xBF58_476D_1CE4_E5B9;
        h ^= remote.High ^ ulong.RotateLeft(local.High, 31);
        h = (h ^ (h >> 32)) * 0x94D0_49BB_1331_11EB;
        return (uint)(h >> 32);
    }

    private void Grow()
    {
        TcpFlow?[] old = _buckets;
        _buckets = new TcpFlow?[old.Length * 2];
        foreach (TcpFlow? bucket in old)
        {
            TcpFlow? flow = bucket;
            while (flow is not null)
            {
                TcpFlow? next = flow.HashNext;
                ref TcpFlow? home = ref _buckets[flow.Hash & (uint)(_buckets.Length - 1)];
                flow.HashNext = home;
                home = flow;
                flow = next;
            }
        }
    }
}

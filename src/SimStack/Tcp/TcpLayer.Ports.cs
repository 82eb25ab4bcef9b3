using SimStack.Ip;
using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>
/// Who has which port: bound sockets, and the choice of an ephemeral port (RFC 6056, algorithm 3, as Linux).
/// </summary>
internal sealed partial class TcpLayer
{
    private readonly Dictionary<ushort, List<TcpSocket>> _bound = [];
    private uint _portStep;

    /// <summary>
    /// bind(2)'s rules: one owner of an address and port, or several that all set SO_REUSEADDR and of which none listens, or that all set
    /// SO_REUSEPORT. Connections count, in TIME-WAIT too, with what their socket had set (Linux: inet_csk_bind_conflict).
    /// </summary>
    public Errno Bind(TcpSocket socket, IpEndpoint local)
    {
        if (local.Port == 0)
        {
            ushort port = ChoosePort(local.Address, default, forBind: true);
            if (port == 0)
            {
                return Errno.EADDRINUSE;
            }

            local = local with { Port = port };
        }

        if (IsTaken(socket, local))
        {
            return Errno.EADDRINUSE;
        }

        if (!_bound.TryGetValue(local.Port, out List<TcpSocket>? others))
        {
            _bound[local.Port] = others = [];
        }

        others.Add(socket);
        socket.SetBound(local);
        return Errno.OK;
    }

    /// <summary>listen(2) asks once more: others may have begun to listen since bind.</summary>
    public bool MayListen(TcpSocket socket, IpEndpoint local) => !IsTaken(socket, local);

    private bool IsTaken(TcpSocket socket, IpEndpoint local)
    {
        if (_bound.TryGetValue(local.Port, out List<TcpSocket>? others))
        {
            foreach (TcpSocket other in others)
            {
                bool overlap = Covers(other.LocalEndpoint.Address, local.Address) || Covers(local.Address, other.LocalEndpoint.Address);
                PortSharing shared = socket.Sharing & other.Sharing & (other.State is TcpState.Listen ? PortSharing.Port : (PortSharing)byte.MaxValue);
                if (overlap && shared is PortSharing.None && !ReferenceEquals(other, socket))
                {
                    return true;
                }
            }
        }

        return Flows.Uses(local, socket.Sharing, both: Profile.SegmentationOffload);
    }

    public void Unbind(TcpSocket socket, ushort port)
    {
        if (_bound.TryGetValue(port, out List<TcpSocket>? sockets) && sockets.Remove(socket) && sockets.Count == 0)
        {
            _bound.Remove(port);
        }
    }

    /// <summary>A socket bound to the first address takes what comes for the second; <c>::</c> takes IPv4 too.</summary>
    public static bool Covers(in IpAddress bound, in IpAddress address) =>
        bound == address || (bound.IsUnspecified && (bound.IsV6 || address.IsV4));

    /// <summary>
    /// An unused port for a connection to that remote end, or for bind(2), on which nothing may be left; 0 when all are taken.
    /// </summary>
    public ushort ChoosePort(IpAddress local, IpEndpoint remote, bool forBind = false, Instant? now = null)
    {
        int first = Sysctls.PortRangeFirst;
        int count = Math.Max(1, Sysctls.PortRangeLast - first + 1);
        uint offset = (uint)HashOfTuple(new IpEndpoint(local, 0), remote, 0xB0B) + _portStep;
        for (int i = 0; i < count; i++)
        {
            ushort port = (ushort)(first + (int)((offset + (uint)i) % (uint)count));
            bool taken = _bound.ContainsKey(port)
                || (forBind
                    ? Flows.Uses(new IpEndpoint(local, port), PortSharing.None, both: true)
                    : Flows.Find(local, port, remote.Address, remote.Port) is { } flow
                        && !(now is { } at && flow is TimeWait.TimeWaitRecord record && record.MayReuse(at, portIsBound: false)));
            if (!taken)
            {
                // The next connection does not start to look at the same place.
                _portStep += (uint)i + 1;
                return port;
            }
        }

        return 0;
    }
}

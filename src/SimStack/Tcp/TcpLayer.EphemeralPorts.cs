using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp.TimeWait;

namespace SimStack.Tcp;

/// <summary>
/// The port of a connection whose user named none: RFC 6056 §3.3.4, double-hash port selection, as Linux has it (__inet_hash_connect).
/// </summary>
internal sealed partial class TcpLayer
{
    private const uint PerturbationPurpose = 0x6056;

    /// <summary>How far each entry of the table has gone on from where it began; Linux's table has as many places.</summary>
    private readonly Dictionary<ushort, uint> _perturbation = [];

    /// <summary>
    /// A port for a connection to that remote end. Where to begin hangs on both addresses and the remote port, and on how many such choices were made;
    /// ports of the parity of the range's start come first, the others are bind's. A port that somebody bound is passed over; one that
    /// has connections is good for another remote end.
    /// </summary>
    /// <returns>The port; 0 when none is free.</returns>
    public ushort ChoosePort(Instant now, TcpSocket socket, IpAddress local, IpEndpoint remote)
    {
        (int low, int high, bool own) = socket.PortRange;
        int step = own ? 1 : 2;
        int count = !own && high - low > 1 ? (high - low) & ~1 : high - low;
        ulong hash = HashOfTuple(new IpEndpoint(local, 0), remote, PortPurpose);
        ushort index = (ushort)hash;
        uint perturbation = _perturbation.TryGetValue(index, out uint went) ? went : (uint)_secret.Compute(PerturbationPurpose, index);
        int offset = (int)((perturbation + (uint)(hash >> 32)) % (uint)count) & ~(step - 1);
        for (int pass = 0; pass < step && pass < count; pass++, offset++)
        {
            int port = low + offset;
            for (int i = 0; i < count; i += step, port += step)
            {
                port -= port >= high ? count : 0;
                if (!Sysctls.IsPortReserved(port) && IsFreeFor(now, local, (ushort)port, remote))
                {
                    // A little chance for the next choice, as long as there is room for it.
                    _perturbation[index] = perturbation + (uint)(Math.Max(i, (int)(DrawForPort() & 7) * step) + step);
                    return (ushort)port;
                }
            }
        }

        return 0;
    }

    private bool IsFreeFor(Instant now, IpAddress local, ushort port, IpEndpoint remote) =>
        !_ports.TryGetValue(port, out PortUse use) || (!use.IsBound && Flows.Find(local, port, remote.Address, remote.Port) switch
        {
            null => true,
            TimeWaitRecord record => record.MayReuse(now, portIsBound: false),
            _ => false,
        });
}

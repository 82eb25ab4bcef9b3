using SimStack.Ip;
using SimStack.Sockets;

namespace SimStack.Tcp.Authentication;

/// <summary>
/// The keys of a socket, made with the first of them: a listening socket's are for whoever may connect, a connection's for its peer.
/// </summary>
internal sealed class TcpAuthentication
{
    public Md5Keys Md5 { get; private set; } = new();

    /// <summary>Null without TCP-AO.</summary>
    public AoKeys? Ao { get; set; }

    /// <summary>TCP-AO is asked of a peer: always, or because there is a key for it (Linux: tcp_ao_required).</summary>
    public bool RequiresAoOf(in IpAddress peer) => Ao is { } ao && (ao.Required || ao.Find(peer) is not null);

    /// <summary>
    /// connect(2): which of MD5 and TCP-AO it is to be (Linux: tcp_connect). The other is given up.
    /// </summary>
    /// <returns>OK; EKEYREJECTED where both are wanted, or where the peer has no TCP-AO key.</returns>
    public Errno BeginConnection(in IpAddress peer)
    {
        if (!Md5.IsEmpty)
        {
            bool wantsAo = RequiresAoOf(peer);
            bool wantsMd5 = Md5.Find(peer) is not null;
            if (wantsAo && wantsMd5)
            {
                return Errno.EKEYREJECTED;
            }

            if (wantsMd5)
            {
                Ao = null;
            }
            else if (wantsAo)
            {
                Md5 = new Md5Keys();
            }
        }

        return Ao is null || Ao.BeginConnection(peer) ? Errno.OK : Errno.EKEYREJECTED;
    }
}

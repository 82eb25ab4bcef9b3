using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp.Authentication;
using SimStack.Tcp.FastOpen;
using SimStack.Wire;

namespace SimStack.Tcp.Listen;

/// <summary>
/// Fast Open on a listening socket (RFC 7413 §4.2.2; Linux: tcp_try_fastopen): a SYN with a good cookie makes a connection at once, which has
/// the SYN's data and may be accepted before the handshake is complete.
/// </summary>
internal sealed partial class TcpListener
{
    /// <summary>The socket does not listen any more; connections that it opened may still be on their way.</summary>
    public bool IsClosed { get; private set; }

    private FastOpenKeys FastOpenKeys => Socket.FastOpenQueue?.Keys ?? _tcp.DrawFastOpenKeys();

    /// <summary>Judges the SYN's option. What the SYN-ACK has to say to it is left in the entry.</summary>
    /// <returns>True when the connection is made and its SYN-ACK sent; false for an ordinary handshake.</returns>
    private bool TryFastOpen(Instant now, scoped in TcpSegment segment, SynQueueEntry entry)
    {
        FastOpenCookie offered = FastOpenCookie.Of(segment.Options);
        if (offered.Length == 0)
        {
            _tcp.Counters[SnmpCounter.TcpExtTCPFastOpenCookieReqd]++;
        }

        bool asked = segment.Data.Length > 0 || offered.IsPresent;
        if ((_tcp.Sysctls.FastOpen & Sysctls.FastOpenServer) == 0 || !asked || Socket.FastOpenQueue is not { Limit: > 0 } queue)
        {
            return false;
        }

        if (!queue.HasRoom(now))
        {
            _tcp.Counters[SnmpCounter.TcpExtTCPFastOpenListenOverflow]++;
            return false;
        }

        bool free = _tcp.NeedsNoCookie(Sysctls.FastOpenServerNoCookie, Socket.Options.FastOpenNoCookie, entry.Path);
        int key = 0;
        if (!free && offered.IsPresent)
        {
            FastOpenKeys keys = FastOpenKeys;
            key = keys.Find(offered, segment.Source, segment.Destination);
            entry.Cookie = keys.Make(segment.Source, segment.Destination).As(offered.IsExperimental);
        }

        if ((free || key > 0) && !AcceptQueueIsFull)
        {
            // A good cookie needs no answer, unless the key was replaced since.
            entry.Cookie = key == 2 ? entry.Cookie : default;
            _tcp.Counters[SnmpCounter.TcpExtTCPFastOpenPassiveAltKey] += key == 2 ? 1 : 0;
            _tcp.Counters[SnmpCounter.TcpExtTCPFastOpenPassive]++;
            OpenAtOnce(now, segment, entry, queue);
            return true;
        }

        if (free || offered.HasCookie)
        {
            _tcp.Counters[SnmpCounter.TcpExtTCPFastOpenPassiveFail]++;
        }

        return false;
    }

    private void OpenAtOnce(Instant now, scoped in TcpSegment segment, SynQueueEntry entry, FastOpenQueue queue)
    {
        // The SYN was let in by one of the keys: there are some.
        TryMakeChildKeys(entry, out TcpAuthentication? keys);
        queue.Add();
        TcpConnection connection = NewConnection(entry, keys);
        connection.OpenFast(now, segment, new FastOpenRequest(entry, queue));
        entry.ReceiveNext = connection.Rcv.Nxt;
        Report(now, entry, TcpState.Listen, TcpState.SynReceived, "rcv SYN");
        SendSynAck(now, entry, retransmission: false);
        _tcp.Add(connection);
        _acceptQueue.Add(connection);
        Notify(now, "Fast Open");
        Socket.Wake(PollEvents.POLLIN);
    }

    /// <summary>The SYN-ACK goes once more: without a cookie, which only answers the SYN.</summary>
    public void ResendSynAck(Instant now, SynQueueEntry entry) => SendSynAck(now, entry, retransmission: true);

    private static void AddCookie(SynQueueEntry entry, ref TcpOptions options)
    {
        if (!entry.Resent)
        {
            entry.Cookie.WriteTo(ref options);
        }
    }
}

using SimStack.Tcp.Authentication;
using SimStack.Wire;

namespace SimStack.Tcp.Listen;

/// <summary>Handshakes that are signed, by the listening socket's keys.</summary>
internal sealed partial class TcpListener
{
    /// <summary>
    /// The SYN's options. Beside a signature timestamps give way to SACK, whose blocks would have no room (Linux: tcp_synack_options).
    /// </summary>
    private TcpOptions OptionsBesideSignature(scoped in TcpSegment segment)
    {
        TcpOptions options = segment.Options;
        if (Socket.Authentication is { } keys && options.SackPermitted && _tcp.Sysctls.Sack
            && (options.HasAuthentication || keys.Md5.Find(segment.Source) is not null))
        {
            options.HasTimestamps = false;
        }

        return options;
    }

    /// <summary>How the handshake's segments are signed (Linux: tcp_make_synack, tcp_v4_reqsk_send_ack).</summary>
    /// <param name="entry">The handshake.</param>
    /// <param name="seq">The segment's number.</param>
    /// <param name="signing">The key; none where segments are not signed.</param>
    /// <returns>False when the key that the peer asked for is not there: then nothing is sent.</returns>
    private bool TryFindKey(SynQueueEntry entry, SequenceNumber seq, out SigningKey signing)
    {
        signing = default;
        if (Socket.Authentication is not { } keys)
        {
            return !entry.UsesAo;
        }

        if (!entry.UsesAo)
        {
            signing = SigningKey.OfMd5(keys.Md5.Find(entry.RemoteAddress));
            return true;
        }

        if (keys.Ao?.Find(entry.RemoteAddress, sendId: entry.SendKeyId) is not { } key)
        {
            return false;
        }

        AoSecret traffic = key.Derive(entry.Local, entry.Remote, entry.Iss.Value, entry.Irs.Value);
        signing = SigningKey.OfAo(key, traffic, entry.ReceiveKeyId, AoKeys.ExtensionOf(0, entry.Iss.Value, seq.Value));
        return true;
    }

    /// <summary>What the connection inherits: the peer's MD5 key, or every TCP-AO key that is for the peer.</summary>
    /// <returns>False for a handshake with TCP-AO when the peer's keys are gone.</returns>
    private bool TryMakeChildKeys(SynQueueEntry entry, out TcpAuthentication? child)
    {
        child = null;
        TcpAuthentication? keys = Socket.Authentication;
        if (entry.UsesAo)
        {
            AoKeys? inherited = keys?.Ao?.ForChild(entry.RemoteAddress, entry.SendKeyId, entry.ReceiveKeyId);
            child = new TcpAuthentication { Ao = inherited };
            return inherited is not null;
        }

        if (keys?.Md5.Find(entry.RemoteAddress) is { } md5)
        {
            child = new TcpAuthentication();
            child.Md5.Set(entry.RemoteAddress, PeerPrefix.Longest(entry.RemoteAddress), md5);
        }

        return true;
    }
}

using SimStack.Tcp.Authentication;
using SimStack.Tcp.Listen;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>Which segments are let in, by their signature (Linux: tcp_inbound_hash), and how answers for nobody are signed.</summary>
internal sealed partial class TcpLayer
{
    private SegmentSigner? _signer;

    public SegmentSigner Signer => _signer ??= new SegmentSigner();

    /// <summary>A segment for a connection, a handshake or a listening socket; what may not pass is dropped without an answer.</summary>
    /// <param name="keys">The socket's keys; null when it has none.</param>
    /// <param name="flow">The connection or handshake; null for a listening socket.</param>
    /// <param name="segment">The segment.</param>
    public bool MayPass(TcpAuthentication? keys, TcpFlow? flow, scoped in TcpSegment segment) =>
        (keys is null && !segment.Options.IsSigned) || Admits(keys, flow, segment);

    private bool Admits(TcpAuthentication? keys, TcpFlow? flow, scoped in TcpSegment segment)
    {
        ref readonly TcpOptions options = ref segment.Options;
        bool signedByAo = options.HasAuthentication && Profile.HasTcpAo;
        if (Profile.RfcSegmentChecks && keys is null)
        {
            return true; // RFC 5925 §7.5 has such segments taken, RFC 2385 does not say.
        }

        if (options.SignatureIsMalformed)
        {
            return false;
        }

        if (flow is SynQueueEntry entry && entry.UsesAo != signedByAo)
        {
            Counters[SnmpCounter.TcpExtTCPAOBad]++;
            return false;
        }

        return signedByAo ? AdmitsAo(keys?.Ao, flow, segment)
            : options.HasMd5 ? AdmitsMd5(keys, segment)
            : keys is null || AdmitsUnsigned(keys, segment);
    }

    private bool AdmitsUnsigned(TcpAuthentication keys, scoped in TcpSegment segment)
    {
        if (keys.RequiresAoOf(segment.Source))
        {
            Counters[SnmpCounter.TcpExtTCPAORequired]++;
            keys.Ao!.RequiredButMissing++;
            return false;
        }

        if (keys.Md5.Find(segment.Source) is null)
        {
            return true;
        }

        Counters[SnmpCounter.TcpExtTCPMD5NotFound]++;
        return false;
    }

    private bool AdmitsMd5(TcpAuthentication? keys, scoped in TcpSegment segment)
    {
        if (keys?.Md5.Find(segment.Source) is not { } key)
        {
            Counters[SnmpCounter.TcpExtTCPMD5Unexpected]++;
            return false;
        }

        if (Signer.IsSignedBy(key, segment))
        {
            return true;
        }

        Counters[SnmpCounter.TcpExtTCPMD5Failure]++;
        return false;
    }

    /// <summary>Linux: tcp_inbound_ao_hash.</summary>
    private bool AdmitsAo(AoKeys? keys, TcpFlow? flow, scoped in TcpSegment segment)
    {
        if (keys is null)
        {
            Counters[SnmpCounter.TcpExtTCPAOKeyNotFound]++;
            return false;
        }

        if (flow is TcpConnection { State: not TcpState.SynSent } connection)
        {
            return AdmitsAo(keys, connection, segment);
        }

        if (keys.Find(segment.Source, receiveId: segment.Options.KeyId) is not { } key)
        {
            return IsUnknownKey(keys);
        }

        uint fromIsn = segment.Seq.Value, toIsn = 0;
        switch (flow)
        {
            case SynQueueEntry entry when !IsFirst(segment):
                (fromIsn, toIsn) = (entry.Irs.Value, entry.Iss.Value);
                break;
            case TcpConnection opening when !IsFirst(segment):
                // The number of a RST is 0 here, and what the peer knows of the connection is our number alone.
                toIsn = opening.Snd.Iss.Value;
                fromIsn = segment.Has(TcpFlags.Syn | TcpFlags.Rst) ? fromIsn : 0;
                break;
            case null when !segment.Has(TcpFlags.Syn):
                if (!segment.Has(TcpFlags.Ack))
                {
                    return false; // The initial numbers can't be known.
                }

                // Maybe the answer to a SYN cookie, which tells both.
                (fromIsn, toIsn) = ((segment.Seq - 1).Value, (segment.Ack - 1).Value);
                break;
        }

        AoSecret traffic = key.Derive(
            new(segment.Source, segment.SourcePort), new(segment.Destination, segment.DestinationPort), fromIsn, toIsn);
        return IsSignedBy(keys, key, traffic, AoKeys.ExtensionOf(0, fromIsn, segment.Seq.Value), segment);
    }

    private bool AdmitsAo(AoKeys keys, TcpConnection connection, scoped in TcpSegment segment)
    {
        byte keyId = segment.Options.KeyId;
        AoKey? key = keys.RNext?.ReceiveId == keyId ? keys.RNext : keys.Find(receiveId: keyId);
        if (key is null)
        {
            return IsUnknownKey(keys);
        }

        if (IsFirst(segment))
        {
            // Its SYN, late and again.
            AoSecret first = key.Derive(connection.Remote, connection.Local, segment.Seq.Value, 0);
            return IsSignedBy(keys, key, first, 0, segment);
        }

        uint extension = keys.ExtensionReceived(connection.Rcv.Nxt.Value, segment.Seq.Value);
        if (key.Receiving is null || !IsSignedBy(keys, key, key.Receiving, extension, segment))
        {
            return false;
        }

        // RFC 5925 §7.5, step 5: the peer says by which key it wants to be answered.
        byte wanted = segment.Options.RNextKeyId;
        if (keys.Current is null || keys.Current.SendId != wanted)
        {
            keys.Current = keys.Find(sendId: wanted) ?? keys.Current;
        }

        return true;
    }

    private static bool IsFirst(scoped in TcpSegment segment) => segment.Has(TcpFlags.Syn) && !segment.Has(TcpFlags.Ack);

    private bool IsUnknownKey(AoKeys keys)
    {
        Counters[SnmpCounter.TcpExtTCPAOKeyNotFound]++;
        keys.KeyNotFound++;
        return false;
    }

    private bool IsSignedBy(AoKeys keys, AoKey key, AoSecret traffic, uint extension, scoped in TcpSegment segment)
    {
        bool good = Signer.IsSignedBy(key, traffic, extension, segment);
        Counters[good ? SnmpCounter.TcpExtTCPAOGood : SnmpCounter.TcpExtTCPAOBad]++;
        if (good)
        {
            keys.Good++;
            key.Good++;
        }
        else
        {
            keys.Bad++;
            key.Bad++;
        }

        return good;
    }

    /// <summary>
    /// How a RST is signed (Linux: tcp_v4_send_reset). A signed segment is not answered where no signature can be given: the peer would not
    /// believe it.
    /// </summary>
    /// <param name="segment">The segment that is answered.</param>
    /// <param name="listener">The listening socket that it came to, or whose handshake it belongs to.</param>
    /// <param name="flow">The connection or handshake that it belongs to.</param>
    /// <param name="key">The key; none for a RST without a signature.</param>
    private bool TrySignReset(scoped in TcpSegment segment, TcpListener? listener, TcpFlow? flow, out SigningKey key)
    {
        key = default;
        var connection = flow as TcpConnection;
        TcpAuthentication? keys = connection is not null ? connection.Authentication : listener?.Socket.Authentication;
        if (keys is null && (!segment.Options.IsSigned || Profile.RfcSegmentChecks))
        {
            return true;
        }

        if (segment.Options.SignatureIsMalformed)
        {
            return false;
        }

        if (segment.Options.HasAuthentication && Profile.HasTcpAo)
        {
            uint seq = segment.Has(TcpFlags.Ack) ? segment.Ack.Value : 0;
            return connection is not null
                ? connection.TryFindResetKey(segment, seq, out key)
                : TryFindResetKey(segment, keys?.Ao, flow as SynQueueEntry, seq, out key);
        }

        if (connection is not null || listener is not null)
        {
            key = SigningKey.OfMd5(keys?.Md5.Find(segment.Source));
            return true;
        }

        return !segment.Options.HasMd5 || TryFindLostKey(segment, out key);
    }

    /// <summary>
    /// Both numbers of the connection that the peer believes in are in the segment. Linux derives the key from the direction of the segment
    /// answered, by which no peer can check it; here it is that of the answer (RFC 5925 §5.2).
    /// </summary>
    private static bool TryFindResetKey(scoped in TcpSegment segment, AoKeys? keys, SynQueueEntry? entry, uint seq, out SigningKey signing)
    {
        signing = default;
        if (keys?.Find(segment.Source, sendId: segment.Options.RNextKeyId) is not { } key)
        {
            return false;
        }

        bool answersAck = segment.Has(TcpFlags.Ack);
        uint ownIsn = entry?.Iss.Value ?? (answersAck ? (segment.Ack - 1).Value : 0);
        uint peerIsn = entry?.Irs.Value ?? (answersAck ? (segment.Seq - 1).Value : segment.Seq.Value);
        AoSecret traffic = key.Derive(
            new(segment.Destination, segment.DestinationPort), new(segment.Source, segment.SourcePort), ownIsn, peerIsn);
        signing = SigningKey.OfAo(key, traffic, segment.Options.KeyId, AoKeys.ExtensionOf(0, ownIsn, seq));
        return true;
    }

    /// <summary>
    /// There is no socket, as after a restart: Linux looks for the key at a listening socket on the port that the segment comes from, since BGP
    /// speakers listen on the port that they call.
    /// </summary>
    private bool TryFindLostKey(scoped in TcpSegment segment, out SigningKey key)
    {
        byte[]? md5 = FindListener(segment.Destination, segment.SourcePort)?.Socket.Authentication?.Md5.Find(segment.Source);
        key = SigningKey.OfMd5(md5);
        return md5 is not null && Signer.IsSignedBy(md5, segment);
    }
}

using SimStack.Tcp.Authentication;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>Segments that carry a signature: MD5 (RFC 2385) or TCP-AO (RFC 5925).</summary>
internal sealed partial class TcpConnection
{
    /// <summary>The socket's keys; null for all but the few connections that are signed.</summary>
    public TcpAuthentication? Authentication { get; set; }

    /// <summary>Bytes that the signature takes in every segment.</summary>
    private int SignatureLength => Authentication is null ? 0 : LengthOfSignature();

    /// <summary>As many SACK blocks as fit beside timestamps and signature; less than 1: none.</summary>
    private int MostSackBlocks => (36 - (_timestampsOn ? TimestampsLength : 0) - SignatureLength) / 8;

    /// <summary>A key was added; where both initial numbers are known it can be used at once.</summary>
    public void DeriveKeys(AoKey key)
    {
        if (_state is not (TcpState.Closed or TcpState.SynSent))
        {
            key.DeriveFor(Local, Remote, _snd.Iss.Value, _rcv.Irs.Value);
        }
    }

    /// <summary>The peer's initial number is known.</summary>
    private void DeriveKeys() => Authentication?.Ao?.Establish(Local, Remote, _snd.Iss.Value, _rcv.Irs.Value);

    /// <summary>The key that TCP-AO signs an answer of no data by, as the segment answered asks for (Linux: tcp_ao_prepare_reset).</summary>
    public bool TryFindResetKey(scoped in TcpSegment segment, uint seq, out SigningKey signing)
    {
        AoKeys? keys = Authentication?.Ao;
        AoKey? key = keys?.Find(sendId: segment.Options.RNextKeyId);
        bool found = key?.Sending is not null && keys!.RNext is not null;
        signing = found
            ? SigningKey.OfAo(key!, key!.Sending!, keys!.RNext!.ReceiveId, keys.ExtensionToSend(_snd.Una.Value, seq))
            : default;
        return found;
    }

    private int LengthOfSignature() =>
        Authentication!.Ao is { } keys ? keys.Current?.OptionLength ?? 0 : SigningKey.OfMd5(Authentication.Md5.Find(RemoteAddress)).OptionLength;

    private SigningKey KeyFor(SequenceNumber seq, TcpFlags flags)
    {
        if (Authentication!.Ao is not { } keys)
        {
            return SigningKey.OfMd5(Authentication.Md5.Find(RemoteAddress));
        }

        if (keys.Current is not { } key || keys.RNext is not { } rNext)
        {
            return default;
        }

        // RFC 5925 §5.2: the peer's initial number is taken for 0 in a SYN without ACK.
        AoSecret traffic = (flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn || key.Sending is null
            ? key.Derive(Local, Remote, _snd.Iss.Value, 0)
            : key.Sending;
        return SigningKey.OfAo(key, traffic, rNext.ReceiveId, keys.ExtensionToSend(_snd.Una.Value, seq.Value));
    }

    private int WriteSignedHeader(
        Span<byte> bytes, SequenceNumber seq, SequenceNumber ack, TcpFlags flags, ushort window, ushort urgent, TcpOptions options)
    {
        SegmentSigner.Mark(ref options, KeyFor(seq, flags));
        return TcpWriter.Write(bytes, LocalPort, RemotePort, seq, ack, flags, window, urgent, options, Profile.OptionLayout);
    }

    private void Sign(Span<byte> segment, int headerLength, SequenceNumber seq, TcpFlags flags) =>
        _tcp.Signer.Sign(segment, headerLength, KeyFor(seq, flags), LocalAddress, RemoteAddress);
}

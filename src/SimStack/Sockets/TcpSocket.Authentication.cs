using SimStack.Ip;
using SimStack.Tcp;
using SimStack.Tcp.Authentication;

namespace SimStack.Sockets;

/// <summary>Keys for signing segments: TCP_MD5SIG (RFC 2385) and TCP_AO_* (RFC 5925), as Linux has them.</summary>
public sealed partial class TcpSocket
{
    private TcpAuthentication? _authentication;

    internal TcpAuthentication? Authentication => _authentication;

    private bool MayChooseKeys => State is not TcpState.Listen;

    /// <summary>
    /// TCP_MD5SIG: a key for one peer; segments from it must be signed by it and those to it are. Of a listening socket, connections that are
    /// accepted inherit it. It may change while connected.
    /// </summary>
    /// <param name="peer">The peer's address.</param>
    /// <param name="key">1 to 80 bytes; none takes the peer's key away.</param>
    /// <returns>OK; EINVAL; ENOENT when there is no key to take away; EKEYREJECTED where the peer has a TCP-AO key.</returns>
    public Errno SetMd5Key(IpAddress peer, ReadOnlySpan<byte> key) => SetMd5Key(peer, PeerPrefix.Longest(peer), key);

    /// <summary>TCP_MD5SIG_EXT with TCP_MD5SIG_FLAG_PREFIX: a key for the peers of a prefix. The longest prefix counts.</summary>
    /// <param name="prefix">An address of the prefix.</param>
    /// <param name="prefixLength">Bits, 0 to 32 or 128.</param>
    /// <param name="key">1 to 80 bytes; none takes the key of just that address and length away.</param>
    /// <returns>As <see cref="SetMd5Key(IpAddress, ReadOnlySpan{byte})"/>.</returns>
    public Errno SetMd5Key(IpAddress prefix, int prefixLength, ReadOnlySpan<byte> key)
    {
        if (_closed)
        {
            return Errno.EBADF;
        }

        if (!IsForFamily(prefix) || prefixLength < 0 || prefixLength > PeerPrefix.Longest(prefix))
        {
            return Errno.EINVAL;
        }

        if (key.IsEmpty)
        {
            return _authentication?.Md5.Remove(prefix, prefixLength) ?? Errno.ENOENT;
        }

        if (key.Length > Md5Keys.LongestKey)
        {
            return Errno.EINVAL;
        }

        if (_authentication?.RequiresAoOf(prefix) == true)
        {
            return Errno.EKEYREJECTED;
        }

        EnsureAuthentication().Md5.Set(prefix, prefixLength, key.ToArray());
        return Errno.OK;
    }

    /// <summary>TCP_AO_ADD_KEY (Linux: tcp_ao_add_cmd).</summary>
    /// <returns>
    /// OK; EINVAL for an address, length or flag that will not do; EISCONN for the first key of a socket that is connected already;
    /// EKEYREJECTED where the peer has an MD5 key; EEXIST where one of both IDs is taken for the peer; ENOENT for an unknown algorithm;
    /// EMSGSIZE for a MAC that leaves no room for other options; ENOPROTOOPT where the profile's system has no TCP-AO.
    /// </returns>
    public Errno AddAoKey(TcpAoKey key)
    {
        Errno refused = CheckAoCall();
        if (refused is not Errno.OK)
        {
            return refused;
        }

        if (key.Key.Length > TcpAoKey.MaxKeyLength || key.MacLength is < 0 or > byte.MaxValue || !IsAoPrefix(key.Address, key.PrefixLength)
            || (key.Flags & ~TcpAoKeyFlags.TCP_AO_KEYF_EXCLUDE_OPT) != 0 || ((key.IsCurrent || key.IsRNext) && !MayChooseKeys))
        {
            return Errno.EINVAL;
        }

        if (_authentication?.Md5.Find(key.Address) is not null)
        {
            return Errno.EKEYREJECTED;
        }

        AoKeys? keys = _authentication?.Ao;
        if (keys is not null && (keys.Find(key.Address, receiveId: key.ReceiveId, prefixLength: key.PrefixLength) is not null
            || keys.Find(key.Address, sendId: key.SendId, prefixLength: key.PrefixLength) is not null))
        {
            return Errno.EEXIST;
        }

        Errno error = AoKey.TryCreate(key, out AoKey made);
        if (error is not Errno.OK)
        {
            return error;
        }

        keys ??= EnsureAuthentication().Ao = new AoKeys();
        _connection?.DeriveKeys(made);
        keys.Add(made);
        keys.Current = key.IsCurrent ? made : keys.Current;
        keys.RNext = key.IsRNext ? made : keys.RNext;
        return Errno.OK;
    }

    /// <summary>TCP_AO_DEL_KEY (Linux: tcp_ao_del_cmd).</summary>
    /// <returns>OK; ENOENT; EBUSY for a key in use that no other is named for; EINVAL; EISCONN and ENOPROTOOPT as <see cref="AddAoKey"/>.</returns>
    public Errno RemoveAoKey(TcpAoKeyRemoval removal)
    {
        Errno refused = CheckAoCall();
        if (refused is not Errno.OK)
        {
            return refused;
        }

        bool chooses = removal.CurrentKey is not null || removal.RNextKey is not null;
        return (chooses && !MayChooseKeys) || (removal.IsAsynchronous && MayChooseKeys)
            ? Errno.EINVAL
            : _authentication?.Ao?.Remove(removal) ?? Errno.ENOENT;
    }

    /// <summary>TCP_AO_INFO of setsockopt (Linux: tcp_ao_info_cmd).</summary>
    /// <returns>
    /// OK; ENOENT for a key that is not there; EKEYREJECTED to require TCP-AO of a socket with MD5 keys; EINVAL; EISCONN and ENOPROTOOPT as
    /// <see cref="AddAoKey"/>.
    /// </returns>
    public Errno SetAoInfo(TcpAoInfo info)
    {
        Errno refused = CheckAoCall();
        if (refused is not Errno.OK)
        {
            return refused;
        }

        if ((info.CurrentKey is not null || info.RNextKey is not null) && !MayChooseKeys)
        {
            return Errno.EINVAL;
        }

        if (info.AoRequired && _authentication is { Md5.IsEmpty: false })
        {
            return Errno.EKEYREJECTED;
        }

        AoKeys keys = _authentication?.Ao ?? new AoKeys();
        if (!keys.TryFindNext(info.CurrentKey, info.RNextKey, out AoKey? current, out AoKey? rNext))
        {
            return Errno.ENOENT;
        }

        if (info.SetCounters)
        {
            keys.Good = info.Good;
            keys.Bad = info.Bad;
            keys.KeyNotFound = info.KeyNotFound;
            keys.RequiredButMissing = info.Required;
            keys.DroppedIcmps = info.DroppedIcmps;
        }

        keys.Required = info.AoRequired;
        keys.AcceptIcmps = info.AcceptIcmps;
        keys.Current = current ?? keys.Current;
        keys.RNext = rNext ?? keys.RNext;
        EnsureAuthentication().Ao = keys;
        return Errno.OK;
    }

    /// <summary>TCP_AO_INFO of getsockopt; null for a socket without TCP-AO (Linux: ENOENT).</summary>
    public TcpAoInfo? GetAoInfo() => _authentication?.Ao is { } keys
        ? new TcpAoInfo
        {
            CurrentKey = keys.Current?.SendId,
            RNextKey = keys.RNext?.ReceiveId,
            AoRequired = keys.Required,
            AcceptIcmps = keys.AcceptIcmps,
            Good = keys.Good,
            Bad = keys.Bad,
            KeyNotFound = keys.KeyNotFound,
            Required = keys.RequiredButMissing,
            DroppedIcmps = keys.DroppedIcmps,
        }
        : null;

    /// <summary>TCP_AO_GET_KEYS: all keys, the newest first; none for a socket without TCP-AO.</summary>
    public IReadOnlyList<TcpAoKey> GetAoKeys()
    {
        List<TcpAoKey> told = [];
        foreach (AoKey key in _authentication?.Ao?.Keys ?? [])
        {
            told.Add(new TcpAoKey
            {
                Address = key.Address,
                PrefixLength = key.PrefixLength,
                SendId = key.SendId,
                ReceiveId = key.ReceiveId,
                Algorithm = key.AlgorithmName,
                Key = key.MasterKey,
                MacLength = key.MacLength,
                Flags = key.ExcludesOptions ? TcpAoKeyFlags.TCP_AO_KEYF_EXCLUDE_OPT : TcpAoKeyFlags.None,
                IsCurrent = key == _authentication!.Ao!.Current,
                IsRNext = key == _authentication.Ao.RNext,
                Good = key.Good,
                Bad = key.Bad,
            });
        }

        return told;
    }

    /// <summary>TCP-AO can't begin on a connection that is there.</summary>
    private Errno CheckAoCall() =>
        _closed ? Errno.EBADF
        : !Host.Profile.HasTcpAo ? Errno.ENOPROTOOPT
        : _authentication?.Ao is null && State is not (TcpState.Closed or TcpState.Listen) ? Errno.EISCONN
        : Errno.OK;

    private bool IsForFamily(in IpAddress address) => address.IsV4 || Family is AddressFamily.AF_INET6;

    /// <summary>Linux: tcp_ao_verify_ipv4, tcp_ao_verify_ipv6.</summary>
    private bool IsAoPrefix(IpAddress prefix, int length)
    {
        if (length == 0)
        {
            return prefix.IsUnspecified && prefix.IsV4 == (Family is AddressFamily.AF_INET);
        }

        bool fits = IsForFamily(prefix) && length > 0 && length <= PeerPrefix.Longest(prefix) && !prefix.IsUnspecified
            && PeerPrefix.IsExact(prefix, length);
        return fits && (_connection is null || PeerPrefix.Covers(prefix, length, RemoteEndpoint.Address));
    }

    private TcpAuthentication EnsureAuthentication()
    {
        if (_authentication is null)
        {
            _authentication = new TcpAuthentication();
            if (_connection is not null)
            {
                _connection.Authentication = _authentication;
            }
        }

        return _authentication;
    }
}

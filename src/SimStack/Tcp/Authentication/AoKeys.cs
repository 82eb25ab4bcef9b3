using SimStack.Ip;
using SimStack.Sockets;

namespace SimStack.Tcp.Authentication;

/// <summary>The TCP-AO keys of a socket and which of them are in use (RFC 5925 §3; Linux: struct tcp_ao_info).</summary>
internal sealed class AoKeys
{
    // The newest first, as in Linux's list.
    private readonly List<AoKey> _keys = [];
    private uint _sendExtension, _sendBasis;
    private uint _receiveExtension, _receiveBasis;

    /// <summary>Current_key: it signs.</summary>
    public AoKey? Current { get; set; }

    /// <summary>RNext_key: the peer is asked to sign by it.</summary>
    public AoKey? RNext { get; set; }

    public bool Required { get; set; }

    public bool AcceptIcmps { get; set; }

    public long Good { get; set; }

    public long Bad { get; set; }

    public long KeyNotFound { get; set; }

    public long RequiredButMissing { get; set; }

    public long DroppedIcmps { get; set; }

    public IReadOnlyList<AoKey> Keys => _keys;

    /// <summary>The SNE of the last number acknowledged: Linux signs in TIME-WAIT by it.</summary>
    public uint SendExtension => _sendExtension;

    /// <summary>SNE of a sequence number that lies near another whose SNE is known (Linux: tcp_ao_compute_sne).</summary>
    public static uint ExtensionOf(uint knownExtension, uint known, uint seq)
    {
        bool before = unchecked((int)(seq - known)) < 0;
        return before
            ? seq > known ? knownExtension - 1 : knownExtension
            : seq < known ? knownExtension + 1 : knownExtension;
    }

    /// <summary>The first key of those IDs, on a connection, where all keys are for its peer; -1 for any.</summary>
    public AoKey? Find(int sendId = -1, int receiveId = -1)
    {
        foreach (AoKey key in _keys)
        {
            if ((sendId < 0 || key.SendId == sendId) && (receiveId < 0 || key.ReceiveId == receiveId))
            {
                return key;
            }
        }

        return null;
    }

    /// <summary>The first key of those IDs that is for the peer, or for a prefix that overlaps.</summary>
    public AoKey? Find(in IpAddress peer, int sendId = -1, int receiveId = -1, int prefixLength = 255)
    {
        foreach (AoKey key in _keys)
        {
            if ((sendId < 0 || key.SendId == sendId) && (receiveId < 0 || key.ReceiveId == receiveId) && key.Matches(peer, prefixLength))
            {
                return key;
            }
        }

        return null;
    }

    public void Add(AoKey key) => _keys.Insert(0, key);

    /// <summary>TCP_AO_DEL_KEY (Linux: tcp_ao_del_cmd).</summary>
    /// <returns>OK; ENOENT; EBUSY for a key in use.</returns>
    public Errno Remove(in TcpAoKeyRemoval removal)
    {
        if (!TryFindNext(removal.CurrentKey, removal.RNextKey, out AoKey? current, out AoKey? rNext))
        {
            return Errno.ENOENT;
        }

        foreach (AoKey key in _keys)
        {
            if (key.SendId != removal.SendId || key.ReceiveId != removal.ReceiveId || key.PrefixLength != removal.PrefixLength
                || key.Address != removal.Address || key == current || key == rNext)
            {
                continue;
            }

            if (removal.IsAsynchronous)
            {
                Current = Current == key ? null : Current;
                RNext = RNext == key ? null : RNext;
            }
            else
            {
                Current = current ?? Current;
                RNext = rNext ?? RNext;
            }

            if (Current == key || RNext == key)
            {
                return Errno.EBUSY;
            }

            _keys.Remove(key);
            return Errno.OK;
        }

        return Errno.ENOENT;
    }

    /// <summary>The keys that are to be used next; false when one of them is not there.</summary>
    public bool TryFindNext(byte? sendId, byte? receiveId, out AoKey? current, out AoKey? rNext)
    {
        current = sendId is { } send ? Find(sendId: send) : null;
        rNext = receiveId is { } receive ? Find(receiveId: receive) : null;
        return sendId is null == current is null && receiveId is null == rNext is null;
    }

    /// <summary>
    /// A connection is being opened: keys for other peers go, and one of the others is used unless the user said which (Linux:
    /// tcp_ao_connect_init).
    /// </summary>
    /// <returns>False when no key is left.</returns>
    public bool BeginConnection(in IpAddress peer)
    {
        for (int i = _keys.Count - 1; i >= 0; i--)
        {
            AoKey key = _keys[i];
            if (!key.Matches(peer, 255))
            {
                Current = Current == key ? null : Current;
                RNext = RNext == key ? null : RNext;
                _keys.RemoveAt(i);
            }
        }

        if (_keys.Count == 0)
        {
            return false;
        }

        Current ??= _keys[0];
        RNext ??= _keys[0];
        return true;
    }

    /// <summary>The keys of a connection that was accepted (Linux: tcp_ao_copy_all_matching).</summary>
    /// <param name="peer">Its peer.</param>
    /// <param name="sendId">The key that the peer asked for in its SYN.</param>
    /// <param name="receiveId">The key that it signed its SYN by.</param>
    /// <returns>Null when there is none for the peer any more.</returns>
    public AoKeys? ForChild(in IpAddress peer, byte sendId, byte receiveId)
    {
        var child = new AoKeys { Required = Required, AcceptIcmps = AcceptIcmps };
        foreach (AoKey key in _keys)
        {
            if (key.Matches(peer, 255))
            {
                child.Add(key.Copy());
            }
        }

        if (child._keys.Count == 0)
        {
            return null;
        }

        child.Current = child.Find(sendId: sendId) ?? child._keys[0];
        child.RNext = child.Find(receiveId: receiveId) ?? child._keys[0];
        return child;
    }

    /// <summary>Both initial numbers are known: every key has its traffic keys from here on.</summary>
    public void Establish(IpEndpoint local, IpEndpoint remote, uint localIsn, uint remoteIsn)
    {
        _sendExtension = _receiveExtension = 0;
        _sendBasis = localIsn;
        _receiveBasis = remoteIsn;
        foreach (AoKey key in _keys)
        {
            key.DeriveFor(local, remote, localIsn, remoteIsn);
        }
    }

    /// <summary>SNE of a number that is sent.</summary>
    /// <param name="una">SND.UNA, which never goes back.</param>
    /// <param name="seq">The segment's.</param>
    public uint ExtensionToSend(uint una, uint seq)
    {
        _sendExtension += una < _sendBasis ? 1u : 0;
        _sendBasis = una;
        return ExtensionOf(_sendExtension, una, seq);
    }

    /// <summary>SNE of a number that arrived.</summary>
    /// <param name="next">RCV.NXT, which never goes back.</param>
    /// <param name="seq">The segment's.</param>
    public uint ExtensionReceived(uint next, uint seq)
    {
        _receiveExtension += next < _receiveBasis ? 1u : 0;
        _receiveBasis = next;
        return ExtensionOf(_receiveExtension, next, seq);
    }
}

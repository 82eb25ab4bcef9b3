using SimStack.Ip;
using SimStack.Sockets;

namespace SimStack.Tcp.Authentication;

/// <summary>The MD5 keys of a socket, by peer (RFC 2385; Linux: struct tcp_md5sig_info).</summary>
internal sealed class Md5Keys
{
    /// <summary>Linux: TCP_MD5SIG_MAXKEYLEN.</summary>
    public const int LongestKey = 80;

    // The newest first, as in Linux's list; of several that fit equally well it is the one used.
    private readonly List<(IpAddress Prefix, int Length, byte[] Key)> _keys = [];

    public bool IsEmpty => _keys.Count == 0;

    /// <summary>The key of the longest prefix that the peer's address is in; null without one.</summary>
    public byte[]? Find(in IpAddress peer)
    {
        byte[]? found = null;
        int longest = -1;
        foreach ((IpAddress prefix, int length, byte[] key) in _keys)
        {
            if (length > longest && PeerPrefix.Covers(prefix, length, peer))
            {
                (found, longest) = (key, length);
            }
        }

        return found;
    }

    public void Set(IpAddress prefix, int length, byte[] key)
    {
        int index = IndexOf(prefix, length);
        if (index < 0)
        {
            _keys.Insert(0, (prefix, length, key));
        }
        else
        {
            _keys[index] = (prefix, length, key);
        }
    }

    /// <returns>OK; ENOENT when there is no key of just that prefix.</returns>
    public Errno Remove(IpAddress prefix, int length)
    {
        int index = IndexOf(prefix, length);
        if (index < 0)
        {
            return Errno.ENOENT;
        }

        _keys.RemoveAt(index);
        return Errno.OK;
    }

    private int IndexOf(IpAddress prefix, int length) => _keys.FindIndex(key => key.Length == length && key.Prefix == prefix);
}

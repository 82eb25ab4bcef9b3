namespace SimStack.Sockets;

/// <summary>TCP_SAVED_SYN.</summary>
public sealed partial class TcpSocket
{
    /// <summary>
    /// getsockopt(TCP_SAVED_SYN): the headers of the SYN that this accepted connection began with, where the listening socket had TCP_SAVE_SYN. They
    /// are told once.
    /// </summary>
    /// <param name="room">Bytes that the caller has room for; with less than there are nothing is taken.</param>
    /// <param name="headers">IP and TCP header, with TCP_SAVE_SYN 2 the link's before them; empty when none were kept or they were taken.</param>
    /// <returns>OK; EINVAL when the room is too small, and then the length needed is that of <paramref name="headers"/>.</returns>
    public Errno TakeSavedSyn(int room, out byte[] headers)
    {
        headers = _connection?.SavedSyn ?? [];
        if (room < headers.Length)
        {
            return Errno.EINVAL;
        }

        if (_connection is not null)
        {
            _connection.SavedSyn = null;
        }

        return Errno.OK;
    }
}

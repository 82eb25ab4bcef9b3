using SimStack.Tcp;
using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>
/// One call of sendmsg(2) that <see cref="TcpSocket.Send(Instant, ReadOnlySpan{byte}, MessageFlags, SendProgress)"/> carries out, in several
/// attempts where it blocks. What concerns the call as a whole is kept here: the notice of MSG_ZEROCOPY, and the byte whose times are told.
/// </summary>
/// <param name="length">Bytes of all attempts together.</param>
public sealed class SendProgress(long length)
{
    private const int PageSize = 4096;

    private int _element;
    private long _offset;

    /// <summary>Bytes of all attempts together.</summary>
    public long Length => length;

    /// <summary>The lengths of the buffers in bytes; empty where there is one. MSG_ZEROCOPY makes fragments of them.</summary>
    public IReadOnlyList<int> Elements { get; init; } = [];

    /// <summary>
    /// The caller tries again when not all was taken, until it calls <see cref="TcpSocket.EndSend"/>. Otherwise the first attempt is the last.
    /// </summary>
    public bool Blocks { get; init; }

    /// <summary>
    /// A control message SO_TIMESTAMPING: of the socket's own flags those that ask for times are replaced by these; null without one.
    /// </summary>
    public TimestampingFlags? Timestamping { get; init; }

    /// <summary>Its control messages are such as Linux refuses, once there is a connection (EINVAL; tcp_sendmsg_locked).</summary>
    public bool HasWrongControl { get; init; }

    /// <summary>The caller's buffer is none: what would be copied from it can't be (EFAULT).</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>Bytes that were taken.</summary>
    public long Taken { get; internal set; }

    internal ZerocopyNotice? Notice { get; set; }

    internal bool Ended { get; set; }

    /// <summary>
    /// Pins the pages of the next bytes, as many as there is room for: a fragment for each page, and for each buffer at least one. As if
    /// every buffer began with a page.
    /// </summary>
    /// <param name="most">Bytes at most.</param>
    /// <param name="limit">Fragments at most.</param>
    /// <param name="notices">Learns of the fragments. A pinned page counts whole, however little of it is sent.</param>
    /// <param name="start">Where the bytes will be in the stream.</param>
    /// <returns>Bytes.</returns>
    internal int Pin(int most, int limit, ZerocopyNotices notices, SequenceNumber start)
    {
        int pinned = 0;
        while (pinned < most && limit > 0)
        {
            long left = (_element < Elements.Count ? Elements[_element] : length) - _offset;
            if (left == 0)
            {
                _element++;
                _offset = 0;
                continue;
            }

            int size = (int)Math.Min(Math.Min(left, most - pinned), PageSize - (_offset % PageSize));
            pinned += size;
            _offset += size;
            limit--;
            notices.AddFragment(start + pinned, PageSize - size);
        }

        return pinned;
    }
}

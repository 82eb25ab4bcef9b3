using SimStack.Ip;
using SimStack.Sockets;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>A TCP socket of either stack. Calls do not block, and tell what errno they would set.</summary>
internal abstract class PeerSocket
{
    /// <summary>The stack that it belongs to.</summary>
    public abstract Peer Owner { get; }

    /// <summary>0 while it has none.</summary>
    public abstract ushort LocalPort { get; }

    /// <summary>TCP_INFO; of a kernel's socket what is common to all versions of Linux since 6.2.</summary>
    public abstract TcpInfo Info { get; }

    /// <summary>SIOCATMARK.</summary>
    public abstract bool IsAtMark { get; }

    public abstract Errno Bind(ushort port);

    public abstract Errno Listen(int backlog);

    /// <summary>Begins to connect: EINPROGRESS when all is well.</summary>
    public abstract Errno Connect(IpEndpoint remote);

    /// <summary>The oldest connection of the queue; null when there is none.</summary>
    public abstract PeerSocket? TryAccept();

    public abstract SocketResult Send(ReadOnlySpan<byte> data, MessageFlags flags = MessageFlags.None);

    public abstract SocketResult Receive(Span<byte> data, MessageFlags flags = MessageFlags.None);

    public abstract Errno Shutdown(ShutdownHow how);

    public abstract void Close();

    public abstract Errno Set(SocketOption option, int value);

    /// <summary>SO_ERROR, which is cleared.</summary>
    public abstract Errno TakeError();

    /// <summary>TCP_MD5SIG.</summary>
    public abstract Errno SetMd5Key(IpAddress peer, byte[] key);

    /// <summary>Closes with SO_LINGER 0.</summary>
    public void Abort()
    {
        Assert.Equal(Errno.OK, Set(SocketOption.SO_LINGER, 0));
        Close();
    }

    /// <summary>Gets rid of it, whether it is closed already or not.</summary>
    public void Discard()
    {
        _ = Set(SocketOption.SO_LINGER, 0);
        Close();
    }

    /// <summary>Sends all of it, waiting for room.</summary>
    public void SendAll(ReadOnlySpan<byte> data)
    {
        int sent = 0;
        byte[] copy = data.ToArray();
        Until.True(
            () =>
            {
                SocketResult result = Send(copy.AsSpan(sent));
                Assert.True(result.Succeeded || result.Error == Errno.EAGAIN, $"{Owner}: send says {result.Error}");
                sent += Math.Max(0, result.Value);
                return sent == copy.Length;
            },
            () => $"{Owner}: {sent} of {copy.Length} bytes sent, {Info}");
    }

    /// <summary>Waits for so many bytes.</summary>
    public byte[] ReceiveAll(int count)
    {
        byte[] data = new byte[count];
        int received = 0;
        Until.True(
            () =>
            {
                SocketResult result = Receive(data.AsSpan(received));
                Assert.True(result.Succeeded ? result.Value > 0 : result.Error == Errno.EAGAIN, $"{Owner}: recv says {result} after {received} bytes");
                received += Math.Max(0, result.Value);
                return received == count;
            },
            () => $"{Owner}: {received} of {count} bytes received, {Info}");
        return data;
    }

    /// <summary>Waits until receiving ends, by 0 bytes or an error other than EAGAIN.</summary>
    public SocketResult ReceiveEnd()
    {
        SocketResult result = default;
        byte[] one = new byte[1];
        Until.True(() => (result = Receive(one)).Error != Errno.EAGAIN, () => $"{Owner}: nothing arrives, {Info}");
        return result;
    }

    /// <summary>Waits for a connection and takes it.</summary>
    public PeerSocket Accept()
    {
        PeerSocket? accepted = null;
        Until.True(() => (accepted = TryAccept()) is not null, () => $"{Owner}: nothing to accept");
        return accepted!;
    }
}

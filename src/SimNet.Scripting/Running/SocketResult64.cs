using SimStack.Sockets;

namespace SimNet.Scripting.Running;

/// <summary>What a statement returned; a read until end of file may count more than one call can.</summary>
internal readonly record struct SocketResult64(long Value, Errno Error)
{
    public static SocketResult64 Ok(long value) => new(value, Errno.OK);

    public static SocketResult64 Fail(Errno error) => new(-1, error);

    public static SocketResult64 Of(Errno error) => error == Errno.OK ? Ok(0) : Fail(error);
}

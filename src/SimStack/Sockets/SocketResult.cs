namespace SimStack.Sockets;

/// <summary>What a socket call returned.</summary>
/// <param name="Value">A count of bytes or an option's value; -1 when the call failed.</param>
/// <param name="Error">The errno; <see cref="Errno.OK"/> on success.</param>
public readonly record struct SocketResult(int Value, Errno Error)
{
    public bool Succeeded => Error == Errno.OK;

    public static SocketResult Ok(int value) => new(value, Errno.OK);

    public static SocketResult Fail(Errno error) => new(-1, error);

    /// <summary><c>26</c> or <c>-1 EAGAIN</c>, as strace prints it.</summary>
    public override string ToString() => Succeeded ? $"{Value}" : $"-1 {Error}";
}

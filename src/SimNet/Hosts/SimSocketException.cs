using SimStack.Sockets;

namespace SimNet.Hosts;

/// <summary>A socket call failed. The message is one line: <c>connect to 192.0.2.1:80: ECONNREFUSED</c>.</summary>
public sealed class SimSocketException : IOException
{
    /// <summary>A failure of a call.</summary>
    /// <param name="call">What was tried.</param>
    /// <param name="errno">What it returned.</param>
    public SimSocketException(string call, Errno errno)
        : base($"{call}: {errno}") => Errno = errno;

    public SimSocketException()
    {
    }

    public SimSocketException(string message)
        : base(message)
    {
    }

    public SimSocketException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The error by Linux's name and number.</summary>
    public Errno Errno { get; } = Errno.EIO;
}

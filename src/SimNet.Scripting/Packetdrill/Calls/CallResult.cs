using System.Globalization;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>What a system call returned.</summary>
/// <param name="Value">The result; -1 when the call failed.</param>
/// <param name="Errno">Linux's number; 0 on success.</param>
internal readonly record struct CallResult(long Value, int Errno)
{
    public bool Succeeded => Errno == 0;

    public static CallResult Ok(long value = 0) => new(value, 0);

    public static CallResult Fail(int errno) => new(-1, errno);

    public static CallResult Fail(Errno errno) => new(-1, (int)errno);

    public static CallResult From(Errno errno) => errno is SimStack.Sockets.Errno.OK ? Ok() : Fail(errno);

    public static CallResult From(SocketResult result) => new(result.Value, (int)result.Error);

    /// <summary><c>26</c> or <c>-1 EAGAIN (Resource temporarily unavailable)</c>, as strace prints it.</summary>
    public override string ToString() =>
        Succeeded ? Value.ToString(CultureInfo.InvariantCulture) : $"-1 {LinuxErrno.Describe(Errno)}";
}

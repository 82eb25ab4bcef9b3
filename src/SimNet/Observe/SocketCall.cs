using SimNet.Hosts;
using SimStack;
using SimStack.Sockets;

namespace SimNet.Observe;

/// <summary>A socket call of a simulated application, as strace would show it; raised when it returns.</summary>
/// <param name="Host">Whose.</param>
/// <param name="Socket">On which socket.</param>
/// <param name="Call"><c>connect</c>, <c>accept</c>, <c>recv</c>, <c>send</c>, <c>shutdown</c>, <c>close</c> …</param>
/// <param name="Arguments"><c>192.0.2.1:80</c>; empty when there are none to show.</param>
/// <param name="Start">When it was called.</param>
/// <param name="End">When it returned.</param>
/// <param name="Result">What it returned.</param>
public readonly record struct SocketCall(
    SimHost Host, HostSocket Socket, string Call, string Arguments, Instant Start, Instant End, SocketResult Result)
{
    /// <summary><c>connect(192.0.2.1:80) = 0</c></summary>
    public override string ToString() => $"{Call}({Arguments}) = {Result}";
}

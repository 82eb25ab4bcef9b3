using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Model;

/// <summary>sendto(2), once or several times. The result is the datagram's length, or with a count the number of datagrams sent.</summary>
/// <param name="Remote">Whereto.</param>
/// <param name="Body">The payload; generated content goes on from one datagram to the next.</param>
/// <param name="Count">How many; 0: one.</param>
/// <param name="Interval">Between them.</param>
public sealed record SendToStatement(IpEndpoint Remote, Content Body, int Count, Duration Interval) : Statement
{
    /// <summary>What stands for the datagram's number, from 1, in a text of several.</summary>
    public const string NumberMark = "{n}";

    public override string Word => "sendto";

    /// <inheritdoc/>
    public override string Describe() => Count == 0 ? Call($"sendto({Remote}, {Body.Length})") : Call($"sendto({Remote}, {Body.Length}) × {Count}");
}

/// <summary>recvfrom(2), once or several times. The result is the datagram's length, or with a count the number of datagrams received.</summary>
/// <param name="Bytes">The buffer's size.</param>
/// <param name="Count">How many at most; 0: one.</param>
/// <param name="Timeout">How long it waits for each; zero: without end.</param>
/// <param name="Flags">Of recvfrom.</param>
public sealed record ReceiveFromStatement(int Bytes, int Count, Duration Timeout, MessageFlags Flags) : Statement
{
    public override string Word => "recvfrom";

    /// <inheritdoc/>
    public override string Describe() => Count == 0 ? Call($"recvfrom({Bytes})") : Call($"recvfrom({Bytes}) × {Count}");
}

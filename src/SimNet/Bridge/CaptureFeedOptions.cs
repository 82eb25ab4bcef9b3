using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>How a capture is fed to simulated hosts.</summary>
public sealed record CaptureFeedOptions
{
    /// <summary>
    /// The addresses of the capture whose part the simulated hosts play, each with the simulated host's own address in its place. Empty: those
    /// that simulated hosts have themselves, else the ones that the capture says it was made at.
    /// </summary>
    public IReadOnlyList<(IpAddress Captured, IpAddress Simulated)> As { get; init; } = [];

    /// <summary>Which of the other side's packets enter, by its address, its port (0 without ports) and the protocol; null: all.</summary>
    public Func<IpAddress, ushort, IpProtocol, bool>? Filter { get; init; }

    /// <summary>When the capture's first frame has its time. 0 unless set.</summary>
    public Duration Start { get; init; }

    /// <summary>
    /// How long a packet waits for the simulated host to send what it answers, all others behind it with it; then it comes unasked. Zero: it
    /// never waits. 60 s unless set.
    /// </summary>
    public Duration Patience { get; init; } = Duration.FromSeconds(60);

    /// <summary>
    /// False: acknowledgement numbers, timestamps echoed and ports are left as they were captured, although the simulated host has chosen others.
    /// </summary>
    public bool AdaptsNumbers { get; init; } = true;
}

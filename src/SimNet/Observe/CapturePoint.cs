namespace SimNet.Observe;

/// <summary>A place in the network where packets can be looked at.</summary>
/// <param name="kind">What it is.</param>
/// <param name="name">Its name, unique in a simulation.</param>
public sealed class CapturePoint(CapturePointKind kind, string name)
{
    /// <summary>What it is.</summary>
    public CapturePointKind Kind { get; } = kind;

    /// <summary><c>client.eth0</c> for an interface, <c>client.eth0>server.eth0</c> for a direction of a link.</summary>
    public string Name { get; } = name;

    public override string ToString() => Name;
}

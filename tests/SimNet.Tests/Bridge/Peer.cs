using SimStack.Ip;
using SimStack.Tcp;

namespace SimNet.Tests.Bridge;

/// <summary>One of the two stacks at the ends of a bridge, with what both can be asked in the same words.</summary>
internal abstract class Peer
{
    /// <summary>For messages.</summary>
    public abstract string Name { get; }

    /// <summary>Where it is reached.</summary>
    public abstract IpAddress Address(bool v6);

    /// <summary>A new TCP socket.</summary>
    public abstract PeerSocket Open(bool v6);

    /// <summary>Sets a sysctl by its dotted name.</summary>
    public abstract void Sysctl(string name, string value);

    /// <summary>All counters that are not 0, by nstat's names.</summary>
    public abstract IReadOnlyDictionary<string, long> Counters();

    /// <summary>The state of the connection between two ports; CLOSED when there is none.</summary>
    public abstract TcpState StateOf(ushort localPort, ushort remotePort);

    /// <summary>A counter's value.</summary>
    public long Counter(string name) => Counters().GetValueOrDefault(name);

    public override string ToString() => Name;
}

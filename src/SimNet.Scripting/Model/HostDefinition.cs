using SimNet.Hosts;
using SimStack.Ip;
using SimStack.Ip.Queues;

namespace SimNet.Scripting.Model;

/// <summary>A simulated host.</summary>
public sealed class HostDefinition
{
    /// <summary>Name; how links, applications and expectations refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>At least one; <c>eth0</c> when the script names none.</summary>
    public required IReadOnlyList<InterfaceDefinition> Interfaces { get; init; }

    /// <summary>Name of the behaviour profile.</summary>
    public string Profile { get; set; } = "linux";

    /// <summary>Settings that differ from the profile.</summary>
    public IReadOnlyList<SysctlSetting> Sysctls { get; init; } = [];

    /// <summary>Beyond those of the interfaces' own prefixes.</summary>
    public IReadOnlyList<RouteDefinition> Routes { get; internal set; } = [];

    /// <summary>True: it forwards, and stands under <c>routers</c>.</summary>
    public bool IsRouter { get; init; }

    /// <summary>True: the hosts on the same link are in the ARP or neighbour cache from the start.</summary>
    public bool WarmNeighbours { get; init; }

    /// <summary>Further cache entries.</summary>
    public IReadOnlyList<NeighbourDefinition> Neighbours { get; init; } = [];

    /// <summary>From a frame's arrival to its handling by the stack.</summary>
    public Duration ProcessingDelay { get; init; }

    /// <summary>From a socket's readiness to the return of the call that waits for it.</summary>
    public Duration WakeupDelay { get; init; }

    /// <summary>Times at which no application that waits for a socket gets to run, one behind the other.</summary>
    public IReadOnlyList<BusyTime> BusyTimes { get; init; } = [];

    /// <summary>How long a read or write of a program lasts that has something to do; segments that arrive meanwhile wait.</summary>
    public Duration CallTime { get; init; }

    /// <summary>Times at which such calls last to the end of the time, one behind the other.</summary>
    public IReadOnlyList<BusyTime> SlowCalls { get; init; } = [];

    /// <summary>The timestamp clock; null leaves it to the profile.</summary>
    public TimestampClockDefinition? Timestamps { get; init; }

    /// <summary>Where the script names the host.</summary>
    public SourcePosition Position { get; init; }
}

/// <summary>An Ethernet interface.</summary>
/// <param name="Name"><c>eth0</c>.</param>
/// <param name="Addresses">With their prefix lengths.</param>
/// <param name="Mac">Null: given by the simulation, from the host's place in the script.</param>
/// <param name="Mtu">Bytes of IP packet, 68 to 65,535 (1,280 at least for IPv6).</param>
/// <param name="Queue">What orders packets before the link; null: nothing.</param>
public sealed record InterfaceDefinition(
    string Name, IReadOnlyList<AddressPrefix> Addresses, MacAddress? Mac, int Mtu, QueueDefinition? Queue = null);

/// <summary>A queue discipline of an interface.</summary>
public sealed record QueueDefinition
{
    /// <summary><c>fq</c>, <c>pfifo</c> or <c>bfifo</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Of pfifo in packets, of bfifo in bytes.</summary>
    public long Limit { get; init; }

    /// <summary>Of fq.</summary>
    public FairQueueOptions Fair { get; init; } = new();

    /// <summary>One for an interface of that MTU.</summary>
    internal QueueDiscipline Create(int mtu) => Kind == "fq" ? new FairQueue(mtu, Fair) : new PacketFifo(Limit, Kind == "bfifo");
}

/// <summary>An address with the length of its network's prefix.</summary>
/// <param name="Address">The address.</param>
/// <param name="Length">0 to 32, or 0 to 128.</param>
public readonly record struct AddressPrefix(IpAddress Address, int Length)
{
    /// <summary>True when <paramref name="other"/> lies in the same network.</summary>
    public bool Contains(IpAddress other)
    {
        if (Address.IsV4 != other.IsV4)
        {
            return false;
        }

        int bits = Address.IsV4 ? Length + 96 : Length;
        ulong highMask = bits >= 64 ? ulong.MaxValue : bits == 0 ? 0 : ulong.MaxValue << (64 - bits);
        ulong lowMask = bits >= 128 ? ulong.MaxValue : bits <= 64 ? 0 : ulong.MaxValue << (128 - bits);
        return ((Address.High ^ other.High) & highMask) == 0 && ((Address.Low ^ other.Low) & lowMask) == 0;
    }

    /// <summary><c>10.0.0.1/24</c>.</summary>
    public override string ToString() => $"{Address}/{Length}";
}

/// <summary>A kernel setting.</summary>
/// <param name="Name"><c>net.ipv4.tcp_syn_retries</c>.</param>
/// <param name="Value">As written.</param>
/// <param name="Position">Where it is set.</param>
public sealed record SysctlSetting(string Name, string Value, SourcePosition Position);

/// <summary>A route by a next hop, or one that leads nowhere.</summary>
/// <param name="To">Destination network.</param>
/// <param name="Via">Next hop on a network of one of the host's interfaces; null when packets are refused.</param>
/// <param name="Position">Where the script says so.</param>
/// <param name="Type">Whether and how packets are refused.</param>
public sealed record RouteDefinition(AddressPrefix To, IpAddress? Via, SourcePosition Position, RouteType Type = RouteType.Unicast);

/// <summary>An entry of the ARP or neighbour cache.</summary>
/// <param name="Address">A neighbour's address.</param>
/// <param name="Mac">Its Ethernet address.</param>
public sealed record NeighbourDefinition(IpAddress Address, MacAddress Mac);

/// <summary>The clock behind TCP timestamps (RFC 7323), which ticks each millisecond.</summary>
/// <param name="Offset">Its value in the tick in which the run starts.</param>
/// <param name="Phase">How long ago that tick began when the run starts; less than a tick.</param>
public sealed record TimestampClockDefinition(uint Offset, Duration Phase);

using SimStack.Ip;
using SimStack.Profiles;

namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>What a machine under test is made of; addresses that are null have packetdrill's suite's defaults.</summary>
internal sealed record TestMachineOptions
{
    public Profile Profile { get; init; } = Profile.Linux;

    public PacketdrillIpVersion IpVersion { get; init; }

    /// <summary>The machine's own address.</summary>
    public IpAddress? Local { get; init; }

    /// <summary>Bits of the local network; 0 = 16 for IPv4, 48 for IPv6.</summary>
    public int LocalPrefixLength { get; init; }

    /// <summary>The peer's address; never the address of a host.</summary>
    public IpAddress? Remote { get; init; }

    /// <summary>Bits of the route to the peer; 0 = the address alone.</summary>
    public int RemotePrefixLength { get; init; }

    /// <summary>The router on the way to the peer.</summary>
    public IpAddress? Gateway { get; init; }

    /// <summary>In bytes; 0 = 1500 for IPv4 packets, 1520 for IPv6, so that the MSS is the same.</summary>
    public int Mtu { get; init; }

    /// <summary>Inbound segments that are longer count as joined of such (<c>--mss</c>), in bytes; 0: none do.</summary>
    public int ReceiveSegmentSize { get; init; }

    /// <summary>What <c>bind(fd, ..., ...)</c> takes.</summary>
    public ushort BindPort { get; init; } = 8080;

    /// <summary>Where <c>connect(fd, ..., ...)</c> goes.</summary>
    public ushort ConnectPort { get; init; } = 8080;

    /// <summary>Seed of what a host draws at random.</summary>
    public ulong Secret { get; init; } = 1;
}

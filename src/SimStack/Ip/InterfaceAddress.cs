namespace SimStack.Ip;

/// <summary>An address of an interface and the prefix that is on its link.</summary>
/// <param name="Address">The host's own address.</param>
/// <param name="PrefixLength">0 to 32 for IPv4, 0 to 128 for IPv6.</param>
public readonly record struct InterfaceAddress(IpAddress Address, int PrefixLength)
{
    /// <summary>The other address lies in this one's prefix.</summary>
    public bool Contains(in IpAddress other) => other.IsV4 == Address.IsV4 && IpPrefix.CommonBits(Address, other) >= PrefixLength;

    /// <summary>The subnet's directed broadcast address (RFC 919); never so for IPv6 and prefixes of 31 and 32.</summary>
    public bool IsBroadcast(in IpAddress other) =>
        Address.IsV4 && other.IsV4 && PrefixLength < 31 && other.V4 == (Address.V4 | uint.MaxValue >> PrefixLength);

    /// <summary><c>192.0.2.1/24</c></summary>
    public override string ToString() => $"{Address}/{PrefixLength}";
}

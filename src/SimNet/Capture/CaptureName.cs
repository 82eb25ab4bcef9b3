using SimStack.Ip;

namespace SimNet.Capture;

/// <summary>A host name that a pcapng name resolution block gives for an address.</summary>
/// <param name="Address">The IPv4 or IPv6 address.</param>
/// <param name="Name">The name; never empty.</param>
public readonly record struct CaptureName(IpAddress Address, string Name);

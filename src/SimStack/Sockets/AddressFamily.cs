namespace SimStack.Sockets;

/// <summary>The first argument of socket(2). An AF_INET6 socket takes IPv4-mapped addresses too (IPV6_V6ONLY 0).</summary>
public enum AddressFamily
{
    AF_INET = 2,
    AF_INET6 = 10,
}
